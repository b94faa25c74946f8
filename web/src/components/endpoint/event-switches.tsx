import { Button, Checkbox, FormGroup, Grid, GridItem, HelperText, HelperTextItem } from "@patternfly/react-core";
import { type EventType, type EventTypeName, isOperational } from "../../api/events.ts";

/** The selected events, and the settings that decide which events can fire. */
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

/** The events by group. An event that cannot fire under the present settings says so and can still be selected. */
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
        <Button variant="link" isInline aria-label={`${opposite}: ${group}`} onClick={() => onTurn(members, !areAllOn)}>
          {opposite}
        </Button>
      }
      isStack
    >
      {members.map((member) => (
        <Checkbox
          key={member.type}
          id={member.switch ?? member.type}
          name={member.switch ?? member.type}
          label={member.label}
          description={<BlockedReason reason={blockedReason(member, settings)} />}
          isChecked={settings.switches.has(member.type)}
          onChange={(_, isOn) => onTurn([member], isOn)}
        />
      ))}
    </FormGroup>
  );
}

function BlockedReason({ reason }: { reason: string | undefined }) {
  if (!reason) return null;
  return (
    <HelperText>
      <HelperTextItem variant="warning">{reason}</HelperTextItem>
    </HelperText>
  );
}

/**
 * Returns the reason that no change can fire this event for the default endpoint under these settings, or undefined.
 * Changes by developers always fire. Changes by admins and access tokens need `provider_actions`. Changes with the
 * provider key, which uses the API too, and background changes need `all_actors`.
 */
export function blockedReason(
  { type, interfaces }: Pick<EventType, "type" | "interfaces">,
  settings: { readonly provider_actions: boolean; readonly all_actors: boolean },
): string | undefined {
  if (isOperational(type)) return undefined;
  if (interfaces.length === 0) return "Cannot fire: no operation causes it";
  if (interfaces.includes("developer_portal") || settings.provider_actions) return undefined;
  if (settings.all_actors && (interfaces.includes("api") || interfaces.includes("background"))) return undefined;
  return "Cannot fire while actions in the admin portal do not trigger webhooks";
}

/** The labels of the settings that can stop an event. Events that were not sent refer to them. */
export const settingLabels = {
  active: "Webhooks enabled",
  provider_actions: "Actions in the admin portal also trigger webhooks",
  all_actors: "Also activation by email, provider key and background changes",
} as const;

interface Actors {
  readonly provider_actions: boolean;
  readonly all_actors: boolean;
}

export interface ActorChoicesProps {
  readonly settings: Actors;
  readonly onChange: (changed: Partial<Actors>) => void;
}

/** Chooses the actors, besides developers, whose changes are sent. */
export function ActorChoices({ settings, onChange }: ActorChoicesProps) {
  return (
    <>
      <Checkbox
        id="provider_actions"
        name="provider_actions"
        label={settingLabels.provider_actions}
        description="Includes access tokens. If unchecked, only changes in the Developer Portal trigger webhooks"
        isChecked={settings.provider_actions}
        onChange={(_, provider_actions) => onChange({ provider_actions })}
      />
      <Checkbox
        id="all_actors"
        name="all_actors"
        label={settingLabels.all_actors}
        description="If unchecked, changes without a signed-in user or access token are recorded but not sent"
        isChecked={settings.all_actors}
        onChange={(_, all_actors) => onChange({ all_actors })}
      />
    </>
  );
}
