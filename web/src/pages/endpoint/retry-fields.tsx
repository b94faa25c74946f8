import { SelectField } from "../../components/form/select-field.tsx";
import { TextField } from "../../components/form/text-field.tsx";
import type { EndpointDraft } from "./endpoint-draft.ts";
import type { EndpointFieldsProps } from "./endpoint-form.tsx";
import { describeWaits, isLeftToFormat, readWaits } from "./retry-waits.ts";

const successRules = [
  { value: "200", label: "200 and nothing else" },
  { value: "200-207", label: "200 to 207" },
  { value: "2xx", label: "Any 2xx" },
] as const;

export function RetryFields({ draft, errors, onChange, isNew }: EndpointFieldsProps & { isNew: boolean }) {
  const fromFormat = isNew && isLeftToFormat(draft.waits);
  return (
    <>
      <SelectField
        id="success"
        label="Answers that count as delivered"
        hint={`Any other answer, a redirect included, is tried again. ${whatGoneDoes(draft.name)}`}
        value={draft.success}
        options={successRules}
        onChange={(success) => onChange({ success })}
      />
      <TextField
        id="retry_waits_seconds"
        label="Waits before each further attempt"
        hint={
          fromFormat ? `${whatTheFormatDoes(draft.format)}. ${whatRetryAfterDoes}` : whatFollows(readWaits(draft.waits))
        }
        errors={errors["retry_waits_seconds"]}
        value={draft.waits}
        input={{ placeholder: "5s, 5m, 30m, 2h, 5h, 10h" }}
        onChange={(typed) => onChange({ waits: typed })}
      />
      <TextField
        id="timeout_seconds"
        label="Timeout in seconds"
        isRequired
        hint="How long one attempt may take in all, up to 60"
        errors={errors["timeout_seconds"]}
        value={draft.timeout}
        input={{ type: "number", min: 1, max: 60 }}
        onChange={(timeout) => onChange({ timeout })}
      />
    </>
  );
}

/** 3scale's own webhook has always taken 410 for an error like any other. */
const whatGoneDoes = (name: string): string =>
  name === "default"
    ? "So is 410, which disables every endpoint but this one"
    : "410 ends it and disables the endpoint";

const whatRetryAfterDoes = "A receiver that answers 429 or 503 with Retry-After is waited for, up to a day";

/** Of waits that cannot be read it is not said what follows from them. */
function whatFollows(waits: readonly number[] | undefined): string {
  if (!waits) return whatRetryAfterDoes;
  return waits.length === 0 ? describeWaits(waits) : `${describeWaits(waits)}. ${whatRetryAfterDoes}`;
}

const whatTheFormatDoes = (format: EndpointDraft["format"]): string =>
  format === "3scale"
    ? "Left empty: as 3scale does, 6 attempts a minute apart, unless your operator has set it otherwise"
    : "Left empty: 10 attempts over three days, ever further apart";
