import { FormSelect, FormSelectOption } from "@patternfly/react-core";

import { Field, hintIdOf, type FieldProps } from "./field.tsx";

export interface SelectFieldProps<Value extends string> extends Omit<FieldProps, "children"> {
  readonly value: Value;
  readonly options: readonly { readonly value: Value; readonly label: string }[];
  readonly onChange: (chosen: Value) => void;
}

export function SelectField<Value extends string>({ value, options, onChange, ...field }: SelectFieldProps<Value>) {
  const choose = (chosen: string): void => {
    const option = options.find((it) => it.value === chosen);
    if (option) onChange(option.value);
  };
  return (
    <Field {...field}>
      <FormSelect
        id={field.id}
        name={field.name ?? field.id}
        value={value}
        isRequired={field.isRequired ?? false}
        validated={field.errors?.length ? "error" : "default"}
        aria-describedby={hintIdOf(field.id)}
        onChange={(_, chosen) => choose(chosen)}
      >
        {options.map((option) => (
          <FormSelectOption key={option.value} value={option.value} label={option.label} />
        ))}
      </FormSelect>
    </Field>
  );
}
