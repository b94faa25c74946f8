import { TextField } from "../form/text-field.tsx";
import { WholeUrlButton } from "./whole-url-button.tsx";

export interface UrlFieldProps {
  readonly url: string;
  /** 3scale's limit, where nothing else is said. */
  readonly lengthMax?: number;
  readonly errors: readonly string[];
  readonly onChange: (url: string) => void;
  /** Of the endpoint whose URL it is, once there is one. */
  readonly endpointId?: number | undefined;
  /** The saved URL with its secrets, when it has been asked for. */
  readonly onRead?: (url: string) => void;
}

export const UrlField = ({ url, lengthMax = 255, errors, onChange, endpointId, onRead = onChange }: UrlFieldProps) => (
  <>
    <TextField
      id="url"
      label="URL"
      hint="This address is notified about all the events selected below"
      errors={errors}
      value={url}
      input={{ inputMode: "url", spellCheck: false, maxLength: lengthMax }}
      onChange={onChange}
    />
    {endpointId !== undefined && <WholeUrlButton endpointId={endpointId} url={url} onRead={onRead} />}
  </>
);
