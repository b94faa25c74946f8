import { Button, Label, LabelGroup, PageSection, Stack, Checkbox } from "@patternfly/react-core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useManagement } from "../../api/management-client.ts";
import { type FieldsDefinition, fieldTargets, fieldsDefinitionsQuery, type FieldTarget } from "../../api/settings.ts";
import { ChoiceGroup, SelectField, TextAreaField, TextField } from "../../components/form/fields.tsx";
import type { DefinedFieldsProps } from "../../components/form/defined-fields.tsx";
import { DeleteDialog, FormDialog } from "../../components/form/form-dialog.tsx";
import { useChange, fieldText, useEdits } from "../../components/form/use-change.ts";
import { type ListColumn, ListTable } from "../../components/list-table.tsx";
import { nameInText } from "../../components/words.ts";
import { Loaded, TableSkeleton } from "../../components/loaded.tsx";
import { PageHeader, SectionCard } from "../../components/page-header.tsx";

export function FieldsDefinitionsPage() {
  const api = useManagement();
  const query = useQuery(fieldsDefinitionsQuery(api));
  const [toEdit, setToEdit] = useState<FieldsDefinition | "new">();
  const [toDelete, setToDelete] = useState<FieldsDefinition>();
  const remove = useChange({
    change: (id: number) => api.delete(`fields_definitions/${id}`),
    stale: [["fields definitions"]],
    done: "The field was deleted",
    failed: "The field could not be deleted",
    onDone: () => setToDelete(undefined),
  });
  const move = useChange({
    change: ({ id, position }: { id: number; position: number }) =>
      api.update(`fields_definitions/${id}`, { position }),
    stale: [["fields definitions"]],
    failed: "The field could not be moved",
  });
  return (
    <>
      <PageHeader title="Fields definitions" actions={<Button onClick={() => setToEdit("new")}>Create a field</Button>}>
        The fields of accounts, users and applications in forms, the API and webhooks.
      </PageHeader>
      <PageSection isFilled>
        <Loaded query={query} skeleton={<TableSkeleton of="fields" />}>
          {(definitions) => (
            <Stack hasGutter>
              {fieldTargets.map((target) => (
                <SectionCard key={target} title={targetNames[target]}>
                  <FieldsTable
                    label={targetNames[target]}
                    definitions={definitions.filter((definition) => definition.target === target)}
                    onEdit={setToEdit}
                    onDelete={setToDelete}
                    onMove={({ id }, position) => move.mutate({ id, position })}
                    isBusy={move.isPending}
                  />
                </SectionCard>
              ))}
            </Stack>
          )}
        </Loaded>
      </PageSection>
      {toEdit && <FieldDialog {...(toEdit !== "new" && { definition: toEdit })} onClose={() => setToEdit(undefined)} />}
      {toDelete && (
        <DeleteDialog
          title={`Delete the field ${nameInText(toDelete.label)}?`}
          isBusy={remove.isPending}
          onConfirm={() => remove.mutate(toDelete.id)}
          onClose={() => setToDelete(undefined)}
        >
          Forms, the API and webhooks will no longer contain this field. Its saved values are kept.
        </DeleteDialog>
      )}
    </>
  );
}

interface FieldsTableProps {
  readonly label: string;
  readonly definitions: readonly FieldsDefinition[];
  readonly onEdit: (definition: FieldsDefinition) => void;
  readonly onDelete: (definition: FieldsDefinition) => void;
  /** `position` counts from 1 among the fields of the same target. */
  readonly onMove: (definition: FieldsDefinition, position: number) => void;
  readonly isBusy: boolean;
}

function FieldsTable({ label, definitions, onEdit, onDelete, onMove, isBusy }: FieldsTableProps) {
  const ordered = definitions.toSorted((a, b) => a.position - b.position);
  const actionsOf = (definition: FieldsDefinition) => {
    const place = ordered.indexOf(definition);
    return [
      { title: "Edit", onClick: () => onEdit(definition) },
      ...(place > 0 ? [{ title: "Move up", onClick: () => onMove(definition, place) }] : []),
      ...(place < ordered.length - 1 ? [{ title: "Move down", onClick: () => onMove(definition, place + 2) }] : []),
      ...(isBuiltIn(definition) ? [] : [{ title: "Delete", isDanger: true, onClick: () => onDelete(definition) }]),
    ];
  };
  return (
    <ListTable
      label={`Fields of ${label}`}
      rows={ordered}
      columns={columns}
      keyOf={({ id }) => id}
      nameOf={(definition) => definition.label}
      actionsOf={actionsOf}
      isBusy={isBusy}
    />
  );
}

const columns: readonly ListColumn<FieldsDefinition>[] = [
  { title: "Label", show: ({ label }) => label, place: "title", isName: true },
  { title: "Name", show: ({ name }) => <span className="bellwire-mono">{name}</span>, place: "text", isName: true },
  { title: "Rules", show: rulesOf, place: "end", isLabelled: true },
  { title: "Choices", show: (definition) => <Choices of={definition} />, place: "below", isName: true },
];

/** One label per choice, since a choice can contain commas. */
const Choices = ({ of: { label, choices } }: { of: FieldsDefinition }) =>
  choices.length === 0 ? (
    "Any text"
  ) : (
    <LabelGroup numLabels={5} aria-label={`Choices of ${label}`}>
      {choices.map((choice) => (
        <Label key={choice} isCompact>
          {choice}
        </Label>
      ))}
    </LabelGroup>
  );

function rulesOf({ required, hidden, read_only }: FieldsDefinition): string {
  const rules = [required && "required", hidden && "hidden", read_only && "read only"].filter(Boolean).join(", ");
  return rules === "" ? "None" : `${rules.charAt(0).toUpperCase()}${rules.slice(1)}`;
}

interface FieldDialogProps {
  /** Without it, the dialog creates a field. */
  readonly definition?: FieldsDefinition;
  readonly onClose: () => void;
}

const targetNames: Readonly<Record<FieldTarget, string>> = {
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

function FieldDialog({ definition, onClose }: FieldDialogProps) {
  const api = useManagement();
  const { values, typed = {}, change, refuseConflicts } = useEdits({ target: "Account", ...definition });
  const [lines, setLines] = useState<string>();
  const { mutate, isPending, errors } = useChange({
    change: async () => {
      if (!definition) return api.create("fields_definitions", { target: values["target"], ...typed });
      const path = `fields_definitions/${definition.id}`;
      refuseConflicts(await api.readObject(path), typed);
      return api.update(path, typed);
    },
    stale: [["fields definitions"]],
    done: definition ? "The field was updated" : "The field was created",
    failed: definition ? "The field could not be updated" : "The field could not be created",
    fields,
    leave: onClose,
  });
  const field = (id: "name" | "label") => ({
    id,
    value: fieldText(values[id]),
    errors: errors[id],
    onChange: (value: string) => change({ [id]: value }),
  });
  return (
    <FormDialog
      title={definition ? `Edit ${nameInText(definition.label)}` : "Create a field"}
      {...(definition && {
        description: `Its name in the API and in webhooks is ${definition.name}.`,
      })}
      submit={definition ? "Save" : "Create"}
      isBusy={isPending}
      isDisabled={Object.keys(typed).length === 0}
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
            {...field("name")}
            label="Name"
            isRequired
            hint="The name in the API and in webhooks: a letter, then letters, digits, - and _. Cannot be changed later"
          />
        </>
      )}
      <TextField {...field("label")} label="Label" isRequired hint="The name in forms" />
      <TextAreaField
        id="choices"
        label="Choices"
        hint={`One per line. If empty: any text${keepsHint(definition)}`}
        errors={errors["choices"]}
        value={lines ?? choicesToLines(definition?.choices ?? [])}
        onChange={(text) => {
          setLines(text); // while it is typed, a line may be empty
          change({ choices: parseChoices(text) });
        }}
      />
      {!(definition && isBuiltIn(definition)) && <RuleChoices values={values} errors={errors} onChange={change} />}
    </FormDialog>
  );
}

type RuleChoicesProps = Pick<DefinedFieldsProps, "values" | "errors" | "onChange">;

const RuleChoices = ({ values, errors, onChange }: RuleChoicesProps) => (
  <ChoiceGroup kind="group" id="rules" label="Rules" errors={rules.flatMap(({ name }) => errors[name] ?? [])}>
    {rules.map(({ name, label, hint }) => (
      <Checkbox
        key={name}
        id={name}
        label={label}
        description={hint}
        isValid={!errors[name]}
        isChecked={values[name] === true}
        onChange={(_, isOn) => onChange({ [name]: isOn })}
      />
    ))}
  </ChoiceGroup>
);

/** Saved values are never deleted. */
const keepsHint = (definition: FieldsDefinition | undefined): string =>
  definition ? ". Saved values that are no longer a choice stay until somebody changes them" : "";

const builtInFields: Readonly<Record<FieldTarget, readonly string[]>> = {
  Account: ["org_name"],
  User: ["username", "email"],
  Cinstance: ["name"],
};

/** Returns true for fields that the API keeps required and does not delete. */
const isBuiltIn = ({ target, name }: Pick<FieldsDefinition, "target" | "name">): boolean =>
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
