import { Checkbox } from "@patternfly/react-core";

import { useState } from "react";

import {
  fieldTargets,
  type FieldsDefinition,
  type FieldTarget,
} from "../../api/management/fields-definition-queries.ts";
import { useManagement } from "../../api/management/management-context.ts";
import { ChoiceGroup } from "../../components/form/choice-group.tsx";
import { FormDialog } from "../../components/form/form-dialog.tsx";
import { SelectField } from "../../components/form/select-field.tsx";
import { TextAreaField } from "../../components/form/text-area-field.tsx";
import { textOf } from "../../components/form/text-of.ts";
import { TextField } from "../../components/form/text-field.tsx";
import { useChange } from "../../components/use-change.ts";
import { useTyped } from "../../components/use-typed.ts";

import { isAlwaysThere } from "./always-there.ts";
import { choicesIn, linesOf } from "./choice-lines.ts";

export interface FieldDialogProps {
  /** None: a new one is made. */
  readonly definition?: FieldsDefinition;
  readonly onClose: () => void;
}

export const targetNames: Readonly<Record<FieldTarget, string>> = {
  Account: "Accounts",
  User: "Users",
  Cinstance: "Applications",
};

const rules = [
  { name: "required", label: "Required", says: "Cannot be left empty. Not together with the other two" },
  { name: "hidden", label: "Hidden", says: "Developers do not see it" },
  { name: "read_only", label: "Read only", says: "Developers see it, and only you change it" },
] as const;

const fields = ["target", "name", "label", "choices", ...rules.map(({ name }) => name)];

export function FieldDialog({ definition, onClose }: FieldDialogProps) {
  const api = useManagement();
  const { values, typed, change } = useTyped({ target: "Account", ...definition });
  const [lines, setLines] = useState<string>();
  const { mutate, isPending, errors } = useChange({
    change: () => {
      const given = { ...typed, ...(lines !== undefined && { choices: choicesIn(lines) }) };
      return definition
        ? api.change(`fields_definitions/${definition.id}`, given)
        : api.create("fields_definitions", { target: values["target"], ...given });
    },
    stale: [["fields definitions"]],
    done: definition ? "The field was changed" : "The field was created",
    failed: definition ? "The field could not be changed" : "The field could not be created",
    fields,
    onDone: onClose,
  });
  const text = (id: "name" | "label") => ({
    id,
    value: textOf(values[id]),
    errors: errors[id],
    onChange: (value: string) => change({ [id]: value }),
  });
  return (
    <FormDialog
      title={definition ? `Edit ${definition.label}` : "Create a field"}
      {...(definition && {
        description: `The API and the webhooks call it ${definition.name}, whatever its label is.`,
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
            label="Of"
            value={String(values["target"])}
            errors={errors["target"]}
            options={fieldTargets.map((value) => ({ value, label: targetNames[value] }))}
            onChange={(target) => change({ target })}
          />
          <TextField
            {...text("name")}
            label="Name"
            isRequired
            hint="As the API and the webhooks call it: a letter, then letters, digits, - and _. It stays"
          />
        </>
      )}
      <TextField {...text("label")} label="Label" isRequired hint="As forms call it" />
      <TextAreaField
        id="choices"
        label="Choices"
        hint={`One on each line. Left empty: any text.${keepsHint(definition)}`}
        errors={errors["choices"]}
        value={lines ?? linesOf(definition?.choices ?? [])}
        onChange={setLines}
      />
      {!(definition && isAlwaysThere(definition)) && (
        <ChoiceGroup kind="group" id="rules" label="Rules" errors={rules.flatMap(({ name }) => errors[name] ?? [])}>
          {rules.map(({ name, label, says }) => (
            <Checkbox
              key={name}
              id={name}
              label={label}
              description={says}
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

/** Nothing is erased behind the back of whoever filled in a form. */
const keepsHint = (definition: FieldsDefinition | undefined): string =>
  definition ? " What was chosen before and is not among them any more stays until somebody changes it" : "";
