import { ActionGroup, Button, Form } from "@patternfly/react-core";
import { type QueryKey, useQuery } from "@tanstack/react-query";
import { type FormEvent, useId } from "react";
import { type Values, useManagement } from "../../api/management-client.ts";
import { type FieldTarget, type FieldsDefinition, fieldsDefinitionsQuery } from "../../api/settings.ts";
import { SelectField, TextField } from "./fields.tsx";
import { textOf, useChange, useTyped } from "./use-change.ts";

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

export interface DetailsFormProps {
  readonly target: FieldTarget;
  /** Where the object is, in the API. */
  readonly path: string;
  readonly saved: Values;
  readonly stale: readonly QueryKey[];
  /** What is changed, in words: "account". */
  readonly noun: string;
}

/** The defined fields of an account or application, to be read and changed. */
export function DetailsForm({ target, path, saved, stale, noun }: DetailsFormProps) {
  const api = useManagement();
  const { values, typed, change, forget } = useTyped(saved);
  const { mutate, isPending, errors, reset, take } = useChange({
    change: () => api.change(path, typed),
    stale,
    done: `The ${noun} was changed`,
    failed: `The ${noun} could not be changed`,
    fields: useDefinitions(target).map(({ name }) => name),
    onDone: forget,
  });
  const submit = (event: FormEvent): void => {
    take(event);
    mutate(undefined);
  };
  return (
    // What was saved without a field that is required by now may stay so: the API refuses what must not be.
    <Form noValidate onSubmit={submit} isWidthLimited maxWidth="40rem">
      <DefinedFields target={target} values={values} saved={saved} errors={errors} onChange={change} />
      <ActionGroup>
        <Button type="submit" isLoading={isPending} isDisabled={isPending || !typed}>
          Save
        </Button>
        {typed && (
          <Button
            variant="link"
            onClick={() => {
              forget();
              reset();
            }}
          >
            Discard changes
          </Button>
        )}
      </ActionGroup>
    </Form>
  );
}
