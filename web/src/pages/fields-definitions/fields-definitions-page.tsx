import { Button, Content, Label, LabelGroup, PageSection, Stack } from "@patternfly/react-core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useManagement } from "../../api/management-client.ts";
import { type FieldsDefinition, fieldTargets, fieldsDefinitionsQuery } from "../../api/settings.ts";
import { ConfirmDialog } from "../../components/form/form-dialog.tsx";
import { useChange } from "../../components/form/use-change.ts";
import { type ListColumn, ListTable } from "../../components/list-table.tsx";
import { Loaded, TableSkeleton } from "../../components/loaded.tsx";
import { PageHeader, SectionCard } from "../../components/page-header.tsx";
import { FieldDialog, isBuiltIn, targetNames } from "./field-dialog.tsx";

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
        <ConfirmDialog
          title={`Delete the field ${toDelete.label}?`}
          confirm="Delete"
          isBusy={remove.isPending}
          onConfirm={() => remove.mutate(toDelete.id)}
          onClose={() => setToDelete(undefined)}
        >
          <Content component="p">
            Forms, the API and webhooks will no longer contain this field. Its saved values are kept.
          </Content>
        </ConfirmDialog>
      )}
    </>
  );
}

export interface FieldsTableProps {
  readonly label: string;
  readonly definitions: readonly FieldsDefinition[];
  readonly onEdit: (definition: FieldsDefinition) => void;
  readonly onDelete: (definition: FieldsDefinition) => void;
  /** `position` counts from 1 among the fields of the same target. */
  readonly onMove: (definition: FieldsDefinition, position: number) => void;
  readonly isBusy: boolean;
}

export function FieldsTable({ label, definitions, onEdit, onDelete, onMove, isBusy }: FieldsTableProps) {
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
  { title: "Rules", show: rulesOf, place: "end" },
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
