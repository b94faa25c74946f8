import { Button, Content, EmptyState, EmptyStateBody, PageSection } from "@patternfly/react-core";
import KeyIcon from "@patternfly/react-icons/dist/esm/icons/key-icon";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useManagement } from "../../api/management-client.ts";
import { type AccessToken, accessTokensQuery } from "../../api/team.ts";
import { ConfirmDialog } from "../../components/form/form-dialog.tsx";
import { useChange } from "../../components/form/use-change.ts";
import { type ListColumn, ListTable } from "../../components/list-table.tsx";
import { Loaded, TableSkeleton } from "../../components/loaded.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { When } from "../../components/time.tsx";
import { CreateTokenDialog } from "./create-token-dialog.tsx";
import { Name } from "../../components/labels.tsx";

export function AccessTokensPage() {
  const query = useQuery(accessTokensQuery(useManagement()));
  const [isCreating, setCreating] = useState(false);
  return (
    <>
      <PageHeader title="Access tokens" actions={<Button onClick={() => setCreating(true)}>Create a token</Button>}>
        A program that calls the APIs with your token acts as you. The list contains only your own tokens.
      </PageHeader>
      <PageSection isFilled>
        <Loaded query={query} skeleton={<TableSkeleton of="tokens" />}>
          {(tokens) =>
            tokens.length > 0 ? (
              <AccessTokensTable tokens={tokens} />
            ) : (
              <EmptyState titleText="You have no access tokens" icon={KeyIcon} headingLevel="h2">
                <EmptyStateBody>Create one token for each program, so you can revoke each separately.</EmptyStateBody>
              </EmptyState>
            )
          }
        </Loaded>
      </PageSection>
      {isCreating && <CreateTokenDialog onClose={() => setCreating(false)} />}
    </>
  );
}

const columns: readonly ListColumn<AccessToken>[] = [
  { title: "Name", show: ({ name }) => <Name>{name}</Name>, place: "title", isName: true },
  { title: "Scopes", show: ({ scopes }) => scopes.join(", "), place: "text" },
  {
    title: "Permission",
    show: ({ permission }) => (permission === "rw" ? "Read and write" : "Read only"),
    place: "state",
  },
  {
    title: "Expires",
    show: ({ expires_at }) => (expires_at ? <When at={expires_at} /> : "Never"),
    place: "end",
    isLabelled: true,
  },
];

export function AccessTokensTable({ tokens }: { tokens: readonly AccessToken[] }) {
  const api = useManagement();
  const [toDelete, setToDelete] = useState<AccessToken>();
  const remove = useChange({
    change: (id: number) => api.delete(`personal/access_tokens/${id}`),
    stale: [["access tokens"]],
    done: "The token was deleted",
    failed: "The token could not be deleted",
    onDone: () => setToDelete(undefined),
  });
  return (
    <>
      <ListTable
        label="Access tokens"
        rows={tokens}
        columns={columns}
        keyOf={({ id }) => id}
        nameOf={({ name }) => name}
        actionsOf={(token) => [{ title: "Delete", isDanger: true, onClick: () => setToDelete(token) }]}
      />
      {toDelete && (
        <ConfirmDialog
          title={`Delete ${toDelete.name}?`}
          confirm="Delete"
          isBusy={remove.isPending}
          onConfirm={() => remove.mutate(toDelete.id)}
          onClose={() => setToDelete(undefined)}
        >
          <Content component="p">
            Programs that use this token will be rejected. A deleted token cannot be restored.
          </Content>
        </ConfirmDialog>
      )}
    </>
  );
}
