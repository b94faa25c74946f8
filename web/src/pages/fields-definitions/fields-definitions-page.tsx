import { Button, Content, PageSection, Stack } from "@patternfly/react-core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import {
  fieldsDefinitionsQuery,
  fieldTargets,
  type FieldsDefinition,
} from "../../api/management/fields-definition-queries.ts";
import { useManagement } from "../../api/management/management-context.ts";
import { ConfirmDialog } from "../../components/confirm-dialog.tsx";
import { Loaded } from "../../components/loaded.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { SectionCard } from "../../components/section-card.tsx";
import { TableSkeleton } from "../../components/table-skeleton.tsx";
import { useChange } from "../../components/use-change.ts";
import { FieldDialog, targetNames } from "./field-dialog.tsx";
import { FieldsTable } from "./fields-table.tsx";

export function FieldsDefinitionsPage() {
  const api = useManagement();
  const query = useQuery(fieldsDefinitionsQuery(api));
  const [toEdit, setToEdit] = useState<FieldsDefinition | "new">();
  const [toDelete, setToDelete] = useState<FieldsDefinition>();
  const remove = useChange({
    change: (id: number) => api.remove(`fields_definitions/${id}`),
    stale: [["fields definitions"]],
    done: "The field was deleted",
    failed: "The field could not be deleted",
    onDone: () => setToDelete(undefined),
  });
  const move = useChange({
    change: ({ id, position }: { id: number; position: number }) =>
      api.change(`fields_definitions/${id}`, { position }),
    stale: [["fields definitions"]],
    failed: "The field could not be moved",
  });
  return (
    <>
      <PageHeader title="Fields definitions" actions={<Button onClick={() => setToEdit("new")}>Create a field</Button>}>
        What is asked of accounts, users and applications: on forms, in the API, and in what webhooks carry.
      </PageHeader>
      <PageSection isFilled>
        <Loaded query={query} skeleton={<TableSkeleton of="fields" />}>
          {(definitions) => (
            <Stack hasGutter>
              {fieldTargets.map((target) => (
                <SectionCard key={target} title={targetNames[target]}>
                  <FieldsTable
                    label={targetNames[target]}
                    definitions={definitions.filter((it) => it.target === target)}
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
            Forms no longer ask for it, and the API and the webhooks no longer carry it. What it holds is kept, unseen.
          </Content>
        </ConfirmDialog>
      )}
    </>
  );
}
