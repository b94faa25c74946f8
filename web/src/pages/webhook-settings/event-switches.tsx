import { Button, Checkbox, FormFieldGroup, FormFieldGroupHeader, HelperText, HelperTextItem } from "@patternfly/react-core";

import type { EventType, EventTypeName } from "../../api/event-type-queries.ts";
import { cannotFire } from "./cannot-fire.ts";
import type { Settings } from "./settings.ts";

export interface EventSwitchesProps {
  readonly types: readonly EventType[];
  readonly settings: Settings;
  readonly onChange: (switches: ReadonlySet<EventTypeName>) => void;
}

/** The events in their groups. One that the present settings keep from firing says so, and can still be switched on. */
export function EventSwitches({ types, settings, onChange }: EventSwitchesProps) {
  const groups = Map.groupBy(types, ({ group }) => group);
  const turn = (changed: readonly EventType[], isOn: boolean): void => {
    const switches = new Set(settings.switches);
    for (const { type } of changed) {
      if (isOn) switches.add(type);
      else switches.delete(type);
    }
    onChange(switches);
  };
  return [...groups].map(([group, members]) => {
    const areAllOn = members.every(({ type }) => settings.switches.has(type));
    return (
      <FormFieldGroup
        key={group}
        header={
          <FormFieldGroupHeader
            titleText={{ text: group, id: `events-${group}` }}
            actions={
              <Button variant="link" onClick={() => turn(members, !areAllOn)} aria-label={`${areAllOn ? "None" : "All"} of ${group}`}>
                {areAllOn ? "None" : "All"}
              </Button>
            }
          />
        }
      >
        {members.map((it) => (
          <Checkbox
            key={it.type}
            id={it.switch}
            name={it.switch}
            label={it.label}
            description={<WhyNot reason={cannotFire(it, settings)} />}
            isChecked={settings.switches.has(it.type)}
            onChange={(_, isOn) => turn([it], isOn)}
          />
        ))}
      </FormFieldGroup>
    );
  });
}

function WhyNot({ reason }: { reason: string | undefined }) {
  if (!reason) return null;
  return (
    <HelperText>
      <HelperTextItem variant="warning">{reason}</HelperTextItem>
    </HelperText>
  );
}
