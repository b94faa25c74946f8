import { Checkbox, FormGroup, Radio } from "@patternfly/react-core";

import type { EventType } from "../../api/event-type-queries.ts";
import { EventSwitches } from "../../components/endpoint/event-switches.tsx";
import type { EndpointFieldsProps } from "./endpoint-form.tsx";

export function EventChoice({ draft, onChange, types }: EndpointFieldsProps & { types: readonly EventType[] }) {
  return (
    <>
      <FormGroup role="radiogroup" fieldId="events" label="Events" isStack>
        <Radio
          id="events_all"
          name="events"
          label="Every event"
          description="Also those that a later version of Bellwire brings"
          isChecked={draft.sendsAll}
          onChange={() => onChange({ sendsAll: true })}
        />
        <Radio
          id="events_chosen"
          name="events"
          label="Only these"
          isChecked={!draft.sendsAll}
          onChange={() => onChange({ sendsAll: false })}
        />
      </FormGroup>
      {!draft.sendsAll && (
        <EventSwitches types={types} settings={draft} onChange={(switches) => onChange({ switches })} />
      )}
      <Checkbox
        id="provider_actions"
        name="provider_actions"
        label="Also what admins do"
        description="In the Admin Portal, or with an access token. Unchecked: only what developers do is sent"
        isChecked={draft.provider_actions}
        onChange={(_, provider_actions) => onChange({ provider_actions })}
      />
      <Checkbox
        id="all_actors"
        name="all_actors"
        label="Also activation by e-mail, provider key and background changes"
        description="Unchecked: changes that no signed-in person and no access token made are recorded, and not sent"
        isChecked={draft.all_actors}
        onChange={(_, all_actors) => onChange({ all_actors })}
      />
    </>
  );
}
