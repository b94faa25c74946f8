import { TextField } from "../form/text-field.tsx";

export interface UrlFieldProps {
  readonly url: string;
  /** 3scale's limit, where nothing else is said. */
  readonly lengthMax?: number;
  readonly errors: readonly string[];
  readonly onChange: (url: string) => void;
}

export const UrlField = ({ url, lengthMax = 255, errors, onChange }: UrlFieldProps) => (
  <TextField
    id="url"
    label="URL"
    hint="This address is notified about all the events selected below"
    errors={errors}
    value={url}
    input={{ inputMode: "url", spellCheck: false, maxLength: lengthMax }}
    onChange={onChange}
  />
);
