import { TextArea } from "@patternfly/react-core";

import { Field, hintIdOf, type FieldProps } from "./field.tsx";

export interface TextAreaFieldProps extends Omit<FieldProps, "children"> {
  readonly value: string;
  readonly onChange: (typed: string) => void;
}

/** For a text of several lines. */
export const TextAreaField = ({ value, onChange, ...field }: TextAreaFieldProps) => (
  <Field {...field}>
    <TextArea
      id={field.id}
      name={field.name ?? field.id}
      value={value}
      isRequired={field.isRequired ?? false}
      validated={field.errors?.length ? "error" : "default"}
      aria-describedby={hintIdOf(field.id)}
      resizeOrientation="vertical"
      autoResize
      onChange={(_, typed) => onChange(typed)}
    />
  </Field>
);
