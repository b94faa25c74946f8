import { SelectField } from "../../components/form/select-field.tsx";
import { TextField } from "../../components/form/text-field.tsx";
import type { EndpointDraft } from "./endpoint-draft.ts";
import type { EndpointFieldsProps } from "./endpoint-form.tsx";
import { describeWaits, readWaits } from "./retry-waits.ts";

const successRules = [
  { value: "200", label: "200 and nothing else" },
  { value: "200-207", label: "200 to 207" },
  { value: "2xx", label: "Any 2xx" },
] as const;

export function RetryFields({ draft, errors, onChange, isNew }: EndpointFieldsProps & { isNew: boolean }) {
  const waits = readWaits(draft.waits);
  const unread = waits ? undefined : ["Write waits as 30s, 5m, 2h or 1d, with commas between them"];
  const fromFormat = isNew && draft.waits.trim() === "";
  return (
    <>
      <SelectField
        id="success"
        label="Answers that count as delivered"
        hint="Any other answer, a redirect included, is tried again. 410 ends it and disables the endpoint"
        value={draft.success}
        options={successRules}
        onChange={(success) => onChange({ success })}
      />
      <TextField
        id="retry_waits_seconds"
        label="Waits before each further attempt"
        hint={fromFormat ? whatTheFormatDoes(draft.format) : describeWaits(waits ?? [])}
        errors={unread ?? errors["retry_waits_seconds"]}
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

const whatTheFormatDoes = (format: EndpointDraft["format"]): string =>
  format === "3scale"
    ? "Left empty: as 3scale does, 6 attempts a minute apart, unless your operator has set it otherwise"
    : "Left empty: 10 attempts over three days, ever further apart";
