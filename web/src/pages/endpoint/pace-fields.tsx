import { Radio, FormGroup } from "@patternfly/react-core";

import { TextField } from "../../components/form/text-field.tsx";
import type { EndpointFieldsProps } from "./endpoint-form.tsx";

const orderings = [
  {
    value: "account",
    label: "One after another for each account",
    says: "A user never arrives before its account. While one delivery is being retried, the later ones of that account wait",
  },
  {
    value: "object",
    label: "One after another for each object",
    says: "Two changes of one application arrive in their order; an account and its user may overtake each other",
  },
  {
    value: "none",
    label: "As they come",
    says: "The fastest. The receiver puts them in order by bellwire-sequence, or does not mind",
  },
] as const;

export function PaceFields({ draft, errors, onChange }: EndpointFieldsProps) {
  return (
    <>
      <FormGroup role="radiogroup" fieldId="ordering" label="Order" isStack>
        {orderings.map(({ value, label, says }) => (
          <Radio
            key={value}
            id={`ordering_${value}`}
            name="ordering"
            label={label}
            description={says}
            isChecked={draft.ordering === value}
            onChange={() => onChange({ ordering: value })}
          />
        ))}
      </FormGroup>
      <TextField
        id="max_in_flight"
        label="Most in flight"
        hint="Requests under way at once. Left empty: Bellwire finds out what the receiver can take"
        errors={errors["max_in_flight"]}
        value={draft.inFlight}
        input={{ type: "number", min: 1, max: 1000 }}
        onChange={(inFlight) => onChange({ inFlight })}
      />
      <TextField
        id="max_per_second"
        label="Most per second"
        hint="Left empty: no limit"
        errors={errors["max_per_second"]}
        value={draft.perSecond}
        input={{ type: "number", min: 1, max: 100_000 }}
        onChange={(perSecond) => onChange({ perSecond })}
      />
    </>
  );
}
