import { Content } from "@patternfly/react-core";
import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import { useState } from "react";

import type { AccessToken } from "../../api/management/access-token-queries.ts";
import { useManagement } from "../../api/management/management-context.ts";
import { ConfirmDialog } from "../../components/confirm-dialog.tsx";
import { RowActions } from "../../components/row-actions.tsx";
import { useChange } from "../../components/use-change.ts";
import { When } from "../../components/when.tsx";

export function AccessTokensTable({ tokens }: { tokens: readonly AccessToken[] }) {
  const api = useManagement();
  const [toDelete, setToDelete] = useState<AccessToken>();
  const remove = useChange({
    change: (id: number) => api.remove(`personal/access_tokens/${id}`),
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
                {token.name}
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
            Programs that use it are refused from now on. It cannot be brought back: they need a new one.
          </Content>
        </ConfirmDialog>
      )}
    </>
  );
}
