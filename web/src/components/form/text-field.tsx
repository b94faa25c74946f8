import { TextInput, type TextInputProps } from "@patternfly/react-core";

import { Field, hintIdOf, type FieldProps } from "./field.tsx";

export interface TextFieldProps extends Omit<FieldProps, "children"> {
  readonly value: string;
  readonly onChange: (typed: string) => void;
  /** What else the input is told: `type`, `min`, `autoComplete`, … */
  readonly input?: Omit<TextInputProps, "id" | "value" | "onChange" | "ref">;
}

export function TextField({ value, onChange, input, ...field }: TextFieldProps) {
  return (
    <Field {...field}>
      <TextInput
        autoComplete="off"
        {...input}
        id={field.id}
        name={field.name ?? field.id}
        value={value}
        isRequired={field.isRequired ?? false}
        validated={field.errors?.length ? "error" : "default"}
        aria-describedby={hintIdOf(field.id)}
        onChange={(_, typed) => onChange(typed)}
      />
    </Field>
  );
}
