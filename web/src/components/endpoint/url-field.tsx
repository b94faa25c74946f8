import { FormGroup, FormHelperText, HelperText, HelperTextItem, TextInput } from "@patternfly/react-core";

export interface UrlFieldProps {
  readonly url: string;
  /** 3scale's limit, where nothing else is said. */
  readonly lengthMax?: number;
  readonly errors: readonly string[];
  readonly onChange: (url: string) => void;
}

export function UrlField({ url, lengthMax = 255, errors, onChange }: UrlFieldProps) {
  const hasErrors = errors.length > 0;
  return (
    <FormGroup label="URL" fieldId="url">
      <TextInput
        id="url"
        name="url"
        type="text"
        inputMode="url"
        autoComplete="off"
        spellCheck={false}
        maxLength={lengthMax}
        value={url}
        validated={hasErrors ? "error" : "default"}
        aria-describedby="url-hint"
        onChange={(_, typed) => onChange(typed)}
      />
      <FormHelperText>
        <HelperText id="url-hint" isLiveRegion>
          {hasErrors ? (
            errors.map((error) => (
              <HelperTextItem key={error} variant="error">
                {error}
              </HelperTextItem>
            ))
          ) : (
            <HelperTextItem>This address is notified about all the events selected below</HelperTextItem>
          )}
        </HelperText>
      </FormHelperText>
    </FormGroup>
  );
}
