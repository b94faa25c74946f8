import { Button } from "@patternfly/react-core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { useManagement } from "../../api/management/management-context.ts";
import { usersQuery, type User } from "../../api/management/user-queries.ts";
import { mayAdminister } from "../../api/session.ts";
import { useSession } from "../../api/session-context.ts";
import { Loaded } from "../../components/loaded.tsx";
import { TableSkeleton } from "../../components/table-skeleton.tsx";
import { userSteps, type UserStep } from "../../components/users/user-steps.ts";
import { UsersTable } from "../../components/users/users-table.tsx";
import { useUserActions } from "../../components/users/use-user-actions.ts";
import { useChange } from "../../components/use-change.ts";
import { UserDialog } from "./user-dialog.tsx";
import { UserQuestion, type ToConfirm } from "./user-question.tsx";
import { questionBefore } from "./user-questions.ts";

export function UserList({ accountId }: { accountId: number }) {
  const api = useManagement();
  const query = useQuery(usersQuery(api, accountId));
  const mayAdd = mayAdminister(useSession());
  const [toEdit, setToEdit] = useState<User | "new">();
  const [toConfirm, setToConfirm] = useState<ToConfirm>();
  const close = (): void => setToConfirm(undefined);
  const { step, remove } = useUserActions({ path: `accounts/${accountId}/users`, stale: [["accounts"]] }, close);
  const take = (user: User, { operation }: UserStep): void =>
    questionBefore(operation, user.username)
      ? setToConfirm({ user, operation })
      : step.mutate({ id: user.id, operation });
  const confirm = ({ user: { id }, operation }: ToConfirm): void =>
    operation === "delete" ? remove.mutate(id) : step.mutate({ id, operation });
  const sendActivation = useChange({
    change: (id: number) => api.operate(`users/${id}/send_activation`),
    stale: [["mails"]],
    done: "The activation mail is on its way",
    failed: "The activation mail could not be sent",
  });
  const itemsFor = (user: User) => [
    { title: "Edit", onClick: () => setToEdit(user) },
    ...userSteps(user).map((it) => ({ title: it.title, onClick: () => take(user, it) })),
    ...(user.state === "pending"
      ? [{ title: "Send activation mail", onClick: () => sendActivation.mutate(user.id) }]
      : []),
    { title: "Delete", isDanger: true, onClick: () => setToConfirm({ user, operation: "delete" }) },
  ];
  const isBusy = step.isPending || remove.isPending || sendActivation.isPending;
  return (
    <>
      <Loaded query={query} skeleton={<TableSkeleton of="users" />}>
        {(users) => <UsersTable label="Users" users={users} isBusy={isBusy} itemsFor={itemsFor} />}
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
      {toConfirm && (
        <UserQuestion {...toConfirm} isBusy={isBusy} onConfirm={() => confirm(toConfirm)} onClose={close} />
      )}
    </>
  );
}
