import { Alert, Checkbox } from "@patternfly/react-core";

import { SelectField } from "../../components/form/select-field.tsx";
import type { EndpointFieldsProps } from "./endpoint-form.tsx";

const formats = [
  { value: "json", label: "JSON, as Standard Webhooks recommends" },
  { value: "cloudevents", label: "CloudEvents, structured: one JSON object" },
  { value: "cloudevents-binary", label: "CloudEvents, binary: attributes in headers, data in the body" },
  { value: "3scale", label: "XML, as 3scale sends it" },
] as const;

const hints = {
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
        hint={hints[draft.format]}
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
