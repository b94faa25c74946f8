import { Button, Content, EmptyState, EmptyStateBody, PageSection } from "@patternfly/react-core";
import KeyIcon from "@patternfly/react-icons/dist/esm/icons/key-icon";
import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useManagement } from "../../api/management-client.ts";
import { type AccessToken, accessTokensQuery } from "../../api/team.ts";
import { RowActions } from "../../components/action-menu.tsx";
import { ConfirmDialog } from "../../components/form/form-dialog.tsx";
import { useChange } from "../../components/form/use-change.ts";
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
      <Table aria-label="Access tokens" variant="compact">
        <Thead>
          <Tr>
            <Th>Name</Th>
            <Th>Scopes</Th>
            <Th>Permission</Th>
            <Th>Expires</Th>
            <Th screenReaderText="Actions" />
          </Tr>
        </Thead>
        <Tbody>
          {tokens.map((token) => (
            <Tr key={token.id}>
              <Td dataLabel="Name" modifier="breakWord">
                <Name>{token.name}</Name>
              </Td>
              <Td dataLabel="Scopes">{token.scopes.join(", ")}</Td>
              <Td dataLabel="Permission">{token.permission === "rw" ? "Read and write" : "Read only"}</Td>
              <Td dataLabel="Expires">{token.expires_at ? <When at={token.expires_at} /> : "Never"}</Td>
              <Td isActionCell>
                <RowActions
                  of={token.name}
                  items={[{ title: "Delete", isDanger: true, onClick: () => setToDelete(token) }]}
                />
              </Td>
            </Tr>
          ))}
        </Tbody>
      </Table>
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
