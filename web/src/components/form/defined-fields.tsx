import { ActionGroup, Button, Form } from "@patternfly/react-core";
import { type QueryKey, useQuery } from "@tanstack/react-query";
import { type FormEvent, useId } from "react";
import { type Values, useManagement } from "../../api/management-client.ts";
import { type FieldTarget, type FieldsDefinition, fieldsDefinitionsQuery } from "../../api/settings.ts";
import { SelectField, TextField } from "./fields.tsx";
import { nameInText } from "../words.ts";
import { LeaveQuestion } from "./form-dialog.tsx";
import { fieldText, useChange, useEdits } from "./use-change.ts";

export interface DefinedFieldsProps {
  readonly target: FieldTarget;
  readonly values: Values;
  /** The saved values. */
  readonly saved: Values;
  readonly errors: Readonly<Record<string, readonly string[]>>;
  readonly onChange: (changed: Values) => void;
  /** An object saved before a field became required may stay without it, but not lose it. */
  readonly isSaved?: boolean;
}

/** Returns the fields that the provider has defined for the target, in their order. */
export function useDefinitions(target: FieldTarget): readonly FieldsDefinition[] {
  const { data = [] } = useQuery(fieldsDefinitionsQuery(useManagement()));
  return data.filter((definition) => definition.target === target).toSorted((a, b) => a.position - b.position);
}

/** Inputs for the fields that the provider has defined for the target, in their order. */
export function DefinedFields({ target, values, saved, errors, onChange, isSaved = false }: DefinedFieldsProps) {
  // A dialog over the page can show fields of the same names, so ids need a prefix.
  const id = useId();
  return useDefinitions(target).map((definition) => (
    <DefinedField
      key={definition.name}
      id={`${id}${definition.name}`}
      definition={definition}
      value={fieldText(values[definition.name])}
      held={fieldText(saved[definition.name])}
      mayLack={isSaved && fieldText(saved[definition.name]) === ""}
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
  readonly mayLack: boolean;
  readonly errors: readonly string[] | undefined;
  readonly onChange: (value: string) => void;
}

function DefinedField({
  id,
  definition: { name, label, required, hidden, choices },
  value,
  held,
  mayLack,
  errors,
  onChange,
}: DefinedFieldProps) {
  const field = { id, name, label: nameInText(label), isRequired: required && !mayLack, errors, value, onChange };
  const hint = hidden && "Developers do not see this field";
  if (!choices?.length) return <TextField {...field} hint={hint} />;
  // A saved choice that is no longer offered can be kept.
  const options = [...new Set(["", ...choices, held])].map((choice) => ({ value: choice, label: choice || "None" }));
  return <SelectField {...field} hint={hint} options={options} />;
}

export interface DetailsFormProps {
  readonly target: FieldTarget;
  /** The object's path in the API. */
  readonly path: string;
  readonly saved: Values;
  readonly stale: readonly QueryKey[];
  /** The object's kind in messages and in the API: "account". */
  readonly noun: "account" | "application";
}

/** A form for the defined fields of an account or application. */
export function DetailsForm({ target, path, saved, stale, noun }: DetailsFormProps) {
  const api = useManagement();
  const { values, typed, change, forget, refuseConflicts, forgetSaved } = useEdits(saved);
  const { mutate, isPending, errors, reset, take } = useChange({
    change: async (sent: Values = {}) => {
      refuseConflicts(await api.readObject(path), sent);
      return api.update(path, sent);
    },
    stale,
    done: `The ${noun} was updated`,
    failed: `The ${noun} could not be updated`,
    fields: useDefinitions(target).map(({ name }) => name),
    onDone: (_, sent) => forgetSaved(sent),
  });
  const submit = (event: FormEvent): void => {
    take(event);
    mutate(typed);
  };
  return (
    <Form noValidate={false} onSubmit={submit} isWidthLimited maxWidth="40rem">
      <DefinedFields target={target} values={values} saved={saved} errors={errors} onChange={change} isSaved />
      <ActionGroup>
        <Button type="submit" isLoading={isPending} isAriaDisabled={isPending || !typed}>
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
        {typed && !isPending && <LeaveQuestion />}
      </ActionGroup>
    </Form>
  );
}
