import { useQuery } from "@tanstack/react-query";
import { useId } from "react";

import {
  fieldsDefinitionsQuery,
  type FieldsDefinition,
  type FieldTarget,
} from "../../api/management/fields-definition-queries.ts";
import type { Values } from "../../api/management/management-client.ts";
import { useManagement } from "../../api/management/management-context.ts";
import { SelectField } from "./select-field.tsx";
import { textOf } from "./text-of.ts";
import { TextField } from "./text-field.tsx";

export interface DefinedFieldsProps {
  readonly target: FieldTarget;
  readonly values: Values;
  /** What the fields hold until it is changed. */
  readonly saved: Values;
  readonly errors: Readonly<Record<string, readonly string[]>>;
  readonly onChange: (changed: Values) => void;
}

/** What the provider has defined for its accounts, users or applications, in their order. */
export function useDefinitions(target: FieldTarget): readonly FieldsDefinition[] {
  const { data = [] } = useQuery(fieldsDefinitionsQuery(useManagement()));
  return data.filter((it) => it.target === target).toSorted((a, b) => a.position - b.position);
}

/** The fields that the provider has defined for its accounts, users or applications, in their order. */
export function DefinedFields({ target, values, saved, errors, onChange }: DefinedFieldsProps) {
  // A page may show those of its account while a dialog over it shows those of a user, and some are called the same.
  const id = useId();
  return useDefinitions(target).map((definition) => (
    <DefinedField
      key={definition.name}
      id={`${id}${definition.name}`}
      definition={definition}
      value={textOf(values[definition.name])}
      held={textOf(saved[definition.name])}
      errors={errors[definition.name]}
      onChange={(value) => onChange({ [definition.name]: value })}
    />
  ));
}

interface DefinedFieldProps {
  readonly id: string;
  readonly definition: FieldsDefinition;
  readonly value: string;
  readonly held: string;
  readonly errors: readonly string[] | undefined;
  readonly onChange: (value: string) => void;
}

function DefinedField({
  id,
  definition: { name, label, required, hidden, choices },
  value,
  held,
  errors,
  onChange,
}: DefinedFieldProps) {
  const field = { id, name, label, isRequired: required, errors, value, onChange };
  const hint = hidden && "Developers do not see this field";
  if (!choices?.length) return <TextField {...field} hint={hint} />;
  // What is held and not offered any more can be kept.
  const options = [...new Set(["", ...choices, held])].map((choice) => ({ value: choice, label: choice || "None" }));
  return <SelectField {...field} hint={hint} options={options} />;
}
