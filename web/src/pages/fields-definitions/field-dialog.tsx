import { Checkbox, FormGroup } from "@patternfly/react-core";

import {
  fieldTargets,
  type FieldsDefinition,
  type FieldTarget,
} from "../../api/management/fields-definition-queries.ts";
import { useManagement } from "../../api/management/management-context.ts";
import { FormDialog } from "../../components/form/form-dialog.tsx";
import { SelectField } from "../../components/form/select-field.tsx";
import { textOf } from "../../components/form/text-of.ts";
import { TextField } from "../../components/form/text-field.tsx";
import { useChange } from "../../components/use-change.ts";
import { useTyped } from "../../components/use-typed.ts";

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

export function FieldDialog({ definition, onClose }: FieldDialogProps) {
  const api = useManagement();
  const { values, typed, change } = useTyped({ target: "Account", ...definition });
  const choices = Array.isArray(values["choices"]) ? values["choices"].join(", ") : "";
  const { mutate, isPending, errors } = useChange({
    change: () => {
      const given = { target: values["target"], ...typed };
      return definition
        ? api.change(`fields_definitions/${definition.id}`, given)
        : api.create("fields_definitions", given);
    },
    stale: [["fields definitions"]],
    done: definition ? "The field was changed" : "The field was created",
    failed: definition ? "The field could not be changed" : "The field could not be created",
    fields: ["target", "name", "label", "choices"],
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
      submit={definition ? "Save" : "Create"}
      isBusy={isPending}
      onSubmit={() => mutate(undefined)}
      onClose={onClose}
    >
      {!definition && (
        <>
          <SelectField
            id="target"
            label="Of"
            value={String(values["target"])}
            options={fieldTargets.map((value) => ({ value, label: targetNames[value] }))}
            onChange={(target) => change({ target })}
          />
          <TextField {...text("name")} label="Name" isRequired hint="As the API and the webhooks call it" />
        </>
      )}
      <TextField {...text("label")} label="Label" isRequired hint="As forms call it" />
      <TextField
        id="choices"
        label="Choices"
        hint="With commas between them. Left empty: any text"
        errors={errors["choices"]}
        value={choices}
        onChange={(listed) =>
          change({ choices: listed.split(/, ?/).filter((choice, place) => choice !== "" || place > 0) })
        }
      />
      <FormGroup role="group" fieldId="rules" label="Rules" isStack>
        {rules.map(({ name, label, says }) => (
          <Checkbox
            key={name}
            id={name}
            label={label}
            description={says}
            isChecked={values[name] === true}
            onChange={(_, isOn) => change({ [name]: isOn })}
          />
        ))}
      </FormGroup>
    </FormDialog>
  );
}
