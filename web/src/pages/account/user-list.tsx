import { Button, Content } from "@patternfly/react-core";
import { ActionsColumn, Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { useManagement } from "../../api/management/management-context.ts";
import { usersQuery, type User } from "../../api/management/user-queries.ts";
import { ConfirmDialog } from "../../components/confirm-dialog.tsx";
import { Loaded } from "../../components/loaded.tsx";
import { StateLabel } from "../../components/state-label.tsx";
import { TableSkeleton } from "../../components/table-skeleton.tsx";
import { UserDialog } from "./user-dialog.tsx";
import { useUserActions } from "./use-user-actions.ts";
import { userSteps } from "./user-steps.ts";

export function UserList({ accountId }: { accountId: number }) {
  const query = useQuery(usersQuery(useManagement(), accountId));
  const [toEdit, setToEdit] = useState<User | "new">();
  const [toDelete, setToDelete] = useState<User>();
  const { step, remove } = useUserActions(accountId, () => setToDelete(undefined));
  const itemsFor = (user: User) => [
    { title: "Edit", onClick: () => setToEdit(user) },
    ...userSteps(user).map(({ operation, title }) => ({
      title,
      onClick: () => step.mutate({ id: user.id, operation }),
    })),
    { title: "Delete", onClick: () => setToDelete(user) },
  ];
  return (
    <>
      <Loaded query={query} skeleton={<TableSkeleton of="users" />}>
        {(users) => <UsersTable users={users} itemsFor={itemsFor} />}
      </Loaded>
      <Button variant="link" isInline onClick={() => setToEdit("new")}>
        Add a user
      </Button>
      {toEdit && (
        <UserDialog
          accountId={accountId}
          {...(toEdit !== "new" && { user: toEdit })}
          onClose={() => setToEdit(undefined)}
        />
      )}
      {toDelete && (
        <ConfirmDialog
          title={`Delete ${toDelete.username}?`}
          confirm="Delete"
          isBusy={remove.isPending}
          onConfirm={() => remove.mutate(toDelete.id)}
          onClose={() => setToDelete(undefined)}
        >
          <Content component="p">The user can no longer log in, and cannot be brought back.</Content>
        </ConfirmDialog>
      )}
    </>
  );
}

interface UsersTableProps {
  readonly users: readonly User[];
  readonly itemsFor: (user: User) => { title: string; onClick: () => void }[];
}

function UsersTable({ users, itemsFor }: UsersTableProps) {
  return (
    <Table aria-label="Users" variant="compact">
      <Thead>
        <Tr>
          <Th>User name</Th>
          <Th>E-mail</Th>
          <Th>Role</Th>
          <Th>State</Th>
          <Th screenReaderText="Actions" />
        </Tr>
      </Thead>
      <Tbody>
        {users.map((user) => (
          <Tr key={user.id}>
            <Td dataLabel="User name">{user.username}</Td>
            <Td dataLabel="E-mail" modifier="breakWord">
              {user.email}
            </Td>
            <Td dataLabel="Role">{user.role === "admin" ? "Admin" : "Member"}</Td>
            <Td dataLabel="State">
              <StateLabel state={user.state} />
            </Td>
            <Td isActionCell>
              <ActionsColumn items={itemsFor(user)} />
            </Td>
          </Tr>
        ))}
      </Tbody>
    </Table>
  );
}
