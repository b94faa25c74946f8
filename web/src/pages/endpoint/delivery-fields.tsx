import { Alert, Checkbox, FormGroup, Radio } from "@patternfly/react-core";
import { isForChat } from "../../api/endpoints.ts";
import { endpointDefaults, endpointLimits } from "../../api/facts.ts";
import { SelectField, TextField } from "../../components/form/fields.tsx";
import { describeWaits, usesFormatWaits, parseWaits, type EndpointDraft } from "./endpoint-draft.ts";
import type { EndpointFieldsProps } from "./endpoint-form.tsx";

const formats = [
  { value: "json", label: "JSON (Standard Webhooks)" },
  { value: "cloudevents", label: "CloudEvents, structured: one JSON object" },
  { value: "cloudevents-binary", label: "CloudEvents, binary: attributes in headers, data in the body" },
  { value: "3scale", label: "XML (3scale)" },
  { value: "chat", label: "Message in Slack, Mattermost or Google Chat" },
  { value: "chat-discord", label: "Message in Discord" },
  { value: "chat-teams", label: "Message in Microsoft Teams" },
] as const;

const formatHints = {
  json: "{“type”, “timestamp”, “data”}: every field of the XML, and the changed values. Any Standard Webhooks library can verify it",
  cloudevents: "application/cloudevents+json with the same data as JSON has. Any CloudEvents 1.0 library can read it",
  "cloudevents-binary":
    "Headers ce-id, ce-type, ce-subject and so on; the body is the data. For brokers and functions that read only headers",
  "3scale": "For receivers written for 3scale. The signature is in headers, which older receivers ignore",
  chat: "{“text”}: a message about each alert. The URL is that of an incoming webhook, and a secret as a whole",
  "chat-discord":
    "{“content”}: a message about each alert. The URL is that of a webhook of the channel, and a secret as a whole",
  "chat-teams":
    "An Adaptive Card about each alert. The URL is that of a workflow with the trigger “When a Teams webhook request is received”",
} as const;

/** A new endpoint may have any format. An existing one remains for events, or for a chat program. */
const formatsOf = ({ format }: EndpointDraft, isNew: boolean) =>
  isNew ? formats : formats.filter(({ value }) => isForChat(value) === isForChat(format));

export function FormatFields({ draft, onChange, isNew }: EndpointFieldsProps & { isNew: boolean }) {
  return (
    <>
      <SelectField
        id="format"
        label="Format"
        hint={formatHints[draft.format]}
        value={draft.format}
        options={formatsOf(draft, isNew)}
        onChange={(format) => onChange({ format })}
      />
      {!isForChat(draft.format) && <CredentialFields draft={draft} onChange={onChange} />}
    </>
  );
}

function CredentialFields({ draft, onChange }: Pick<EndpointFieldsProps, "draft" | "onChange">) {
  return (
    <>
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
          title="This format contains the keys of your developers, as 3scale's does"
        />
      )}
      {draft.format !== "3scale" && draft.include_credentials && (
        <Alert isInline component="h3" variant="warning" title="Anyone with access to these requests can call your API">
          Use https, keep the bodies out of logs, and choose this only if the receiver needs the credentials.
        </Alert>
      )}
    </>
  );
}

const successRules = [
  { value: "200", label: "Only 200" },
  { value: "200-207", label: "200 to 207" },
  { value: "2xx", label: "Any 2xx" },
] as const;

export function RetryFields({ draft, errors, onChange, isNew }: EndpointFieldsProps & { isNew: boolean }) {
  const fromFormat = isNew && usesFormatWaits(draft.waits);
  return (
    <>
      <SelectField
        id="success"
        label="Responses that count as delivered"
        hint={`Any other response, including a redirect, is retried. ${describeGone(draft.name)}`}
        value={draft.success}
        options={successRules}
        onChange={(success) => onChange({ success })}
      />
      <TextField
        id="retry_waits_seconds"
        label="Waits before retries"
        hint={
          fromFormat ? `${formatWaitsHint(draft.format)}. ${retryAfterHint}` : describeRetries(parseWaits(draft.waits))
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
        input={{ inputMode: "numeric" }}
        onChange={(timeout) => onChange({ timeout })}
      />
    </>
  );
}

/** 3scale's own webhook has always treated 410 as any other error. */
const describeGone = (name: string): string =>
  name === "default"
    ? "This includes 410, which disables every other endpoint"
    : "410 fails the delivery and disables the endpoint";

const retryAfterHint = "After 429 or 503 with Retry-After, Bellwire waits as long as requested, up to a day";

/** Waits that cannot be parsed are not described. */
function describeRetries(waits: readonly number[] | undefined): string {
  if (!waits) return retryAfterHint;
  return waits.length === 0 ? describeWaits(waits) : `${describeWaits(waits)}. ${retryAfterHint}`;
}

const formatWaitsHint = (format: EndpointDraft["format"]): string =>
  format === "3scale"
    ? "If empty: 6 attempts, one minute apart, as 3scale does, unless your operator configured other waits"
    : `If empty: ${describeWaits(endpointDefaults[format].retry_waits_seconds)}, with growing waits`;

const orderings = [
  {
    value: "account",
    label: "In order for each account",
    hint: "A user never arrives before its account. While a delivery is retried, later ones of the same account wait",
  },
  {
    value: "object",
    label: "In order for each object",
    hint: "Two changes of one application arrive in order, but a user can arrive before its account",
  },
  {
    value: "none",
    label: "No order",
    hint: "The fastest. The receiver sorts by bellwire-sequence, or does not need the order",
  },
] as const;

export function PaceFields({ draft, errors, onChange }: EndpointFieldsProps) {
  return (
    <>
      <FormGroup role="radiogroup" fieldId="ordering" label="Order" isStack>
        {orderings.map(({ value, label, hint }) => (
          <Radio
            key={value}
            id={`ordering_${value}`}
            name="ordering"
            label={label}
            description={hint}
            isChecked={draft.ordering === value}
            onChange={() => onChange({ ordering: value })}
          />
        ))}
      </FormGroup>
      <TextField
        id="max_in_flight"
        label="Maximum requests in flight"
        hint="Concurrent requests. If empty, Bellwire adapts to the receiver"
        errors={errors["max_in_flight"]}
        value={draft.inFlight}
        input={{ inputMode: "numeric" }}
        onChange={(inFlight) => onChange({ inFlight })}
      />
      <TextField
        id="max_per_second"
        label="Maximum requests per second"
        hint="If empty: no limit"
        errors={errors["max_per_second"]}
        value={draft.perSecond}
        input={{ inputMode: "numeric" }}
        onChange={(perSecond) => onChange({ perSecond })}
      />
    </>
  );
}
