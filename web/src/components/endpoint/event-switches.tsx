import { Button, Checkbox, FormGroup, Grid, GridItem, HelperText, HelperTextItem } from "@patternfly/react-core";

import type { EventType, EventTypeName } from "../../api/event-type-queries.ts";
import { cannotFire } from "./cannot-fire.ts";

/** What it takes to know which events are on, and which of them can fire. */
export interface Choices {
  readonly switches: ReadonlySet<EventTypeName>;
  readonly provider_actions: boolean;
  readonly all_actors: boolean;
}

export interface EventSwitchesProps {
  readonly types: readonly EventType[];
  readonly settings: Choices;
  readonly onChange: (switches: ReadonlySet<EventTypeName>) => void;
}

/** The events in their groups. One that the present settings keep from firing says so, and can still be switched on. */
export function EventSwitches({ types, settings, onChange }: EventSwitchesProps) {
  const groups = Map.groupBy(types, ({ group }) => group);
  const turn = (changed: readonly EventType[], isOn: boolean): void => {
    const names = new Set(changed.map(({ type }) => type));
    onChange(isOn ? settings.switches.union(names) : settings.switches.difference(names));
  };
  return (
    <Grid hasGutter md={6} className="bellwire-switch-groups">
      {[...groups].map(([group, members]) => (
        <GridItem key={group}>
          <SwitchGroup group={group} members={members} settings={settings} onTurn={turn} />
        </GridItem>
      ))}
    </Grid>
  );
}

interface SwitchGroupProps {
  readonly group: string;
  readonly members: readonly EventType[];
  readonly settings: Choices;
  readonly onTurn: (changed: readonly EventType[], isOn: boolean) => void;
}

function SwitchGroup({ group, members, settings, onTurn }: SwitchGroupProps) {
  const areAllOn = members.every(({ type }) => settings.switches.has(type));
  const opposite = areAllOn ? "None" : "All";
  return (
    <FormGroup
      role="group"
      fieldId={`events-${group}`}
      label={group}
      labelInfo={
        <Button
          variant="link"
          isInline
          aria-label={`${opposite} of ${group}`}
          onClick={() => onTurn(members, !areAllOn)}
        >
          {opposite}
        </Button>
      }
      isStack
    >
      {members.map((it) => (
        <Checkbox
          key={it.type}
          id={it.switch}
          name={it.switch}
          label={it.label}
          description={<WhyNot reason={cannotFire(it, settings)} />}
          isChecked={settings.switches.has(it.type)}
          onChange={(_, isOn) => onTurn([it], isOn)}
        />
      ))}
    </FormGroup>
  );
}

function WhyNot({ reason }: { reason: string | undefined }) {
  if (!reason) return null;
  return (
    <HelperText>
      <HelperTextItem variant="warning">{reason}</HelperTextItem>
    </HelperText>
  );
}
