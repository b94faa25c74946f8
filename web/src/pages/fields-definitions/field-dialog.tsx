import { Checkbox } from "@patternfly/react-core";
import { useState } from "react";
import { useManagement } from "../../api/management-client.ts";
import { type FieldTarget, type FieldsDefinition, fieldTargets } from "../../api/settings.ts";
import { ChoiceGroup, SelectField, TextAreaField, TextField } from "../../components/form/fields.tsx";
import { FormDialog } from "../../components/form/form-dialog.tsx";
import { fieldText, useChange, useEdits } from "../../components/form/use-change.ts";

export interface FieldDialogProps {
  /** Without it, the dialog creates a field. */
  readonly definition?: FieldsDefinition;
  readonly onClose: () => void;
}

export const targetNames: Readonly<Record<FieldTarget, string>> = {
  Account: "Accounts",
  User: "Users",
  Cinstance: "Applications",
};

const rules = [
  { name: "required", label: "Required", hint: "Cannot be empty. Not available together with the other two rules" },
  { name: "hidden", label: "Hidden", hint: "Developers do not see it" },
  { name: "read_only", label: "Read only", hint: "Developers see it, but only you can change it" },
] as const;

const fields = ["target", "name", "label", "choices", ...rules.map(({ name }) => name)];

export function FieldDialog({ definition, onClose }: FieldDialogProps) {
  const api = useManagement();
  const { values, typed, change } = useEdits({ target: "Account", ...definition });
  const [lines, setLines] = useState<string>();
  const { mutate, isPending, errors } = useChange({
    change: () => {
      const changes = { ...typed, ...(lines !== undefined && { choices: parseChoices(lines) }) };
      return definition
        ? api.update(`fields_definitions/${definition.id}`, changes)
        : api.create("fields_definitions", { target: values["target"], ...changes });
    },
    stale: [["fields definitions"]],
    done: definition ? "The field was updated" : "The field was created",
    failed: definition ? "The field could not be updated" : "The field could not be created",
    fields,
    onDone: onClose,
  });
  const text = (id: "name" | "label") => ({
    id,
    value: fieldText(values[id]),
    errors: errors[id],
    onChange: (value: string) => change({ [id]: value }),
  });
  return (
    <FormDialog
      title={definition ? `Edit ${definition.label}` : "Create a field"}
      {...(definition && {
        description: `Its name in the API and in webhooks is ${definition.name}.`,
      })}
      submit={definition ? "Save" : "Create"}
      isBusy={isPending}
      isDisabled={!typed && lines === undefined}
      onSubmit={() => mutate(undefined)}
      onClose={onClose}
    >
      {!definition && (
        <>
          <SelectField
            id="target"
            label="Object"
            value={String(values["target"])}
            errors={errors["target"]}
            options={fieldTargets.map((value) => ({ value, label: targetNames[value] }))}
            onChange={(target) => change({ target })}
          />
          <TextField
            {...text("name")}
            label="Name"
            isRequired
            hint="The name in the API and in webhooks: a letter, then letters, digits, - and _. Cannot be changed later"
          />
        </>
      )}
      <TextField {...text("label")} label="Label" isRequired hint="The name in forms" />
      <TextAreaField
        id="choices"
        label="Choices"
        hint={`One per line. If empty: any text.${keepsHint(definition)}`}
        errors={errors["choices"]}
        value={lines ?? choicesToLines(definition?.choices ?? [])}
        onChange={setLines}
      />
      {!(definition && isBuiltIn(definition)) && (
        <ChoiceGroup kind="group" id="rules" label="Rules" errors={rules.flatMap(({ name }) => errors[name] ?? [])}>
          {rules.map(({ name, label, hint }) => (
            <Checkbox
              key={name}
              id={name}
              label={label}
              description={hint}
              isValid={!errors[name]}
              isChecked={values[name] === true}
              onChange={(_, isOn) => change({ [name]: isOn })}
            />
          ))}
        </ChoiceGroup>
      )}
    </FormDialog>
  );
}

/** Saved values are never deleted. */
const keepsHint = (definition: FieldsDefinition | undefined): string =>
  definition ? " Saved values that are no longer a choice stay until somebody changes them" : "";

const builtInFields: Readonly<Record<FieldTarget, readonly string[]>> = {
  Account: ["org_name"],
  User: ["username", "email"],
  Cinstance: ["name"],
};

/** Returns true for fields that the API keeps required and does not delete. */
export const isBuiltIn = ({ target, name }: Pick<FieldsDefinition, "target" | "name">): boolean =>
  builtInFields[target].includes(name);

/** Returns the choices as text, one per line, since a choice can contain commas. */
export const choicesToLines = (choices: readonly string[]): string => choices.join("\n");

/** Parses the lines: trims them, and drops empty ones and duplicates. */
export const parseChoices = (lines: string): string[] => [
  ...new Set(
    lines
      .split(/\r?\n/)
      .map((line) => line.trim())
      .filter((line) => line !== ""),
  ),
];
