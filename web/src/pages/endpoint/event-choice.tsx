import { FormGroup, Radio } from "@patternfly/react-core";

import type { EventType } from "../../api/event-type-queries.ts";
import { ActorChoices } from "../../components/endpoint/actor-choices.tsx";
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
      <ActorChoices settings={draft} onChange={onChange} />
    </>
  );
}
