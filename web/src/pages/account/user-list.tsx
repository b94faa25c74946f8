import { Button, Content } from "@patternfly/react-core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { useManagement } from "../../api/management/management-context.ts";
import { usersQuery, type User } from "../../api/management/user-queries.ts";
import { mayAdminister } from "../../api/session.ts";
import { useSession } from "../../api/session-context.ts";
import { ConfirmDialog } from "../../components/confirm-dialog.tsx";
import { Loaded } from "../../components/loaded.tsx";
import { TableSkeleton } from "../../components/table-skeleton.tsx";
import { userSteps } from "../../components/users/user-steps.ts";
import { UsersTable } from "../../components/users/users-table.tsx";
import { useUserActions } from "../../components/users/use-user-actions.ts";
import { useChange } from "../../components/use-change.ts";
import { UserDialog } from "./user-dialog.tsx";

export function UserList({ accountId }: { accountId: number }) {
  const api = useManagement();
  const query = useQuery(usersQuery(api, accountId));
  const mayAdd = mayAdminister(useSession());
  const [toEdit, setToEdit] = useState<User | "new">();
  const [toDelete, setToDelete] = useState<User>();
  const { step, remove } = useUserActions({ path: `accounts/${accountId}/users`, stale: [["accounts"]] }, () =>
    setToDelete(undefined),
  );
  const sendActivation = useChange({
    change: (id: number) => api.operate(`users/${id}/send_activation`),
    stale: [["mails"]],
    done: "The activation mail is on its way",
    failed: "The activation mail could not be sent",
  });
  const itemsFor = (user: User) => [
    { title: "Edit", onClick: () => setToEdit(user) },
    ...userSteps(user).map(({ operation, title }) => ({
      title,
      onClick: () => step.mutate({ id: user.id, operation }),
    })),
    ...(user.state === "pending"
      ? [{ title: "Send activation mail", onClick: () => sendActivation.mutate(user.id) }]
      : []),
    { title: "Delete", isDanger: true, onClick: () => setToDelete(user) },
  ];
  return (
    <>
      <Loaded query={query} skeleton={<TableSkeleton of="users" />}>
        {(users) => <UsersTable users={users} itemsFor={itemsFor} />}
      </Loaded>
      {mayAdd && (
        <Button variant="link" isInline onClick={() => setToEdit("new")}>
          Add a user
        </Button>
      )}
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
