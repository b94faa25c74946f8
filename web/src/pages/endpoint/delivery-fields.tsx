import { Alert, Checkbox, FormGroup, Radio } from "@patternfly/react-core";
import { endpointDefaults, endpointLimits } from "../../api/facts.ts";
import { SelectField, TextField } from "../../components/form/fields.tsx";
import { describeWaits, isLeftToFormat, readWaits } from "./check-draft.ts";
import type { EndpointDraft } from "./endpoint-draft.ts";
import type { EndpointFieldsProps } from "./endpoint-form.tsx";

const formats = [
  { value: "json", label: "JSON, as Standard Webhooks recommends" },
  { value: "cloudevents", label: "CloudEvents, structured: one JSON object" },
  { value: "cloudevents-binary", label: "CloudEvents, binary: attributes in headers, data in the body" },
  { value: "3scale", label: "XML, as 3scale sends it" },
] as const;

const formatHints = {
  json: "{“type”, “timestamp”, “data”}: every field of the XML, and what changed. Any Standard Webhooks library can check it",
  cloudevents: "application/cloudevents+json with the same data as JSON has. Any CloudEvents 1.0 library can read it",
  "cloudevents-binary":
    "Headers ce-id, ce-type, ce-subject and so on; the body is the data. For brokers and functions that look at headers only",
  "3scale":
    "For receivers that were written for 3scale. The signature comes along in headers, which an old receiver ignores",
} as const;

export function FormatFields({ draft, onChange }: EndpointFieldsProps) {
  return (
    <>
      <SelectField
        id="format"
        label="Format"
        hint={formatHints[draft.format]}
        value={draft.format}
        options={formats}
        onChange={(format) => onChange({ format })}
      />
      {draft.format !== "3scale" ? (
        <Checkbox
          id="include_credentials"
          name="include_credentials"
          label="Include credentials"
          description="User keys, application keys and secrets of your developers"
          isChecked={draft.include_credentials}
          onChange={(_, include_credentials) => onChange({ include_credentials })}
        />
      ) : (
        <Alert
          isInline
          isPlain
          component="h3"
          variant="info"
          title="This format carries the keys of your developers, as 3scale does"
        />
      )}
      {draft.format !== "3scale" && draft.include_credentials && (
        <Alert isInline component="h3" variant="warning" title="Whoever reads these requests can call your API">
          Use https, keep the bodies out of logs, and choose this only if the receiver cannot do without.
        </Alert>
      )}
    </>
  );
}

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
          fromFormat
            ? `${whatTheFormatDoes(draft.format)}. ${whatRetryAfterDoes}`
            : describeRetries(readWaits(draft.waits))
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
        hint={`Time limit of one attempt, at most ${endpointLimits.timeout_seconds.max}`}
        errors={errors["timeout_seconds"]}
        value={draft.timeout}
        input={{ type: "number", ...endpointLimits.timeout_seconds }}
        onChange={(timeout) => onChange({ timeout })}
      />
    </>
  );
}

/** 3scale's own webhook has always treated 410 as any other error. */
const whatGoneDoes = (name: string): string =>
  name === "default"
    ? "So is 410, which disables every endpoint but this one"
    : "410 ends it and disables the endpoint";

const whatRetryAfterDoes = "A receiver that answers 429 or 503 with Retry-After is waited for, up to a day";

/** Waits that cannot be parsed are not described. */
function describeRetries(waits: readonly number[] | undefined): string {
  if (!waits) return whatRetryAfterDoes;
  return waits.length === 0 ? describeWaits(waits) : `${describeWaits(waits)}. ${whatRetryAfterDoes}`;
}

const whatTheFormatDoes = (format: EndpointDraft["format"]): string =>
  format === "3scale"
    ? "If empty: 6 attempts, one minute apart, as 3scale does, unless your operator configured other waits"
    : `If empty: ${describeWaits(endpointDefaults[format].retry_waits_seconds)}, with growing waits`;

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
        input={{ type: "number", ...endpointLimits.max_in_flight }}
        onChange={(inFlight) => onChange({ inFlight })}
      />
      <TextField
        id="max_per_second"
        label="Most per second"
        hint="Left empty: no limit"
        errors={errors["max_per_second"]}
        value={draft.perSecond}
        input={{ type: "number", ...endpointLimits.max_per_second }}
        onChange={(perSecond) => onChange({ perSecond })}
      />
    </>
  );
}
