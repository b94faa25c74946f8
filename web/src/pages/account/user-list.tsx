import { Button, Content, Flex } from "@patternfly/react-core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { type User, usersQuery } from "../../api/accounts.ts";
import { useManagement } from "../../api/management-client.ts";
import { mailMessage, mayAdminister, useSession } from "../../api/session.tsx";
import { DefinedFields, useDefinitions } from "../../components/form/defined-fields.tsx";
import { NewPasswordField } from "../../components/form/fields.tsx";
import {
  ConfirmDialog,
  type ConfirmDialogProps,
  FormDialog,
  type Question,
  webhookNote,
} from "../../components/form/form-dialog.tsx";
import { fieldText, useChange, useEdits } from "../../components/form/use-change.ts";
import { EraseDialog } from "../../components/erase-dialog.tsx";
import { Name, nameInText } from "../../components/labels.tsx";
import { InPortions } from "../../components/lists.tsx";
import { Loaded, TableSkeleton } from "../../components/loaded.tsx";
import { LinkButton } from "../../components/page-header.tsx";
import { type UserStep, UsersTable, useUserActions, userSteps } from "../../components/users-table.tsx";

export function UserList({ accountId }: { accountId: number }) {
  const api = useManagement();
  const query = useQuery(usersQuery(api, accountId));
  const session = useSession();
  const mayAdd = mayAdminister(session);
  const [toEdit, setToEdit] = useState<User | "new">();
  const [toConfirm, setToConfirm] = useState<ToConfirm>();
  const [toErase, setToErase] = useState<User>();
  const close = (): void => setToConfirm(undefined);
  const { step, remove } = useUserActions({ path: `accounts/${accountId}/users`, stale: [["accounts"]] }, close);
  const take = (user: User, { operation }: UserStep): void =>
    confirmationOf(operation, user.username)
      ? setToConfirm({ user, operation })
      : step.mutate({ id: user.id, operation });
  const confirm = ({ user: { id }, operation }: ToConfirm): void =>
    operation === "delete" ? remove.mutate(id) : step.mutate({ id, operation });
  const sendActivation = useChange({
    change: (id: number) => api.runOperation(`users/${id}/send_activation`),
    stale: [["mails"]],
    done: mailMessage(session, "activation email", "The activation email was sent"),
    failed: "The activation email could not be sent",
  });
  const linkTo = ({ id, username }: User) => (
    <Link to="/accounts/$accountId/users/$id" params={{ accountId: String(accountId), id: String(id) }}>
      <Name>{username}</Name>
    </Link>
  );
  const itemsFor = (user: User) => [
    { title: "Edit", onClick: () => setToEdit(user) },
    ...userSteps(user).map((userStep) => ({ title: userStep.title, onClick: () => take(user, userStep) })),
    ...(user.state === "pending"
      ? [{ title: "Send activation email", onClick: () => sendActivation.mutate(user.id) }]
      : []),
    { title: "Delete", isDanger: true, onClick: () => setToConfirm({ user, operation: "delete" }) },
    ...(mayAdd ? [{ title: "Erase personal data", isDanger: true, onClick: () => setToErase(user) }] : []),
  ];
  const isBusy = step.isPending || remove.isPending || sendActivation.isPending;
  return (
    <>
      <Loaded query={query} skeleton={<TableSkeleton of="users" />}>
        {(users) => (
          <InPortions rows={users}>
            {(shown) => <UsersTable label="Users" users={shown} isBusy={isBusy} linkTo={linkTo} itemsFor={itemsFor} />}
          </InPortions>
        )}
      </Loaded>
      {mayAdd && (
        <Flex>
          <Button variant="link" isInline onClick={() => setToEdit("new")}>
            Add a user
          </Button>
          <LinkButton to="/mails" search={{ account_id: accountId }} variant="link" isInline>
            Emails about this account
          </LinkButton>
        </Flex>
      )}
      {toEdit && (
        <UserDialog
          accountId={accountId}
          {...(toEdit !== "new" && { user: toEdit })}
          onClose={() => setToEdit(undefined)}
        />
      )}
      {toErase && (
        <EraseDialog
          subject={{ user_id: toErase.id }}
          name={toErase.username}
          onDone={() => setToErase(undefined)}
          onClose={() => setToErase(undefined)}
        />
      )}
      {toConfirm && (
        <UserQuestion {...toConfirm} isBusy={isBusy} onConfirm={() => confirm(toConfirm)} onClose={close} />
      )}
    </>
  );
}

/** The action that waits for confirmation. */
interface ToConfirm {
  readonly user: User;
  readonly operation: UserStep["operation"] | "delete";
}

type UserQuestionProps = ToConfirm & Pick<ConfirmDialogProps, "isBusy" | "onConfirm" | "onClose">;

const verbs: Readonly<Partial<Record<ToConfirm["operation"], string>>> = {
  delete: "Delete",
  suspend: "Suspend",
  member: "Make a member",
};

function UserQuestion({ user, operation, ...rest }: UserQuestionProps) {
  const question = confirmationOf(operation, user.username);
  return (
    question && (
      <ConfirmDialog title={question.title} confirm={verbs[operation] ?? "Yes"} {...rest}>
        <Content component="p">{question.text}</Content>
      </ConfirmDialog>
    )
  );
}

/** Returns the confirmation before a step that restricts a user of an account. */
function confirmationOf(operation: UserStep["operation"] | "delete", username: string): Question | undefined {
  const name = nameInText(username);
  switch (operation) {
    case "suspend":
      return {
        title: `Suspend ${name}?`,
        text: `${name} is signed out immediately and cannot sign in until you unsuspend the user. ${webhookNote}`,
      };
    case "member":
      return {
        title: `Make ${name} a member?`,
        text: `${name} can no longer invite, edit or delete users of the account until you make ${name} an admin again. ${webhookNote}`,
      };
    case "delete":
      return {
        title: `Delete ${name}?`,
        text: `${name} is signed out immediately and can no longer sign in. A deleted user cannot be restored. ${webhookNote}`,
      };
    case "activate":
    case "unsuspend":
    case "admin":
      return undefined;
  }
}

export interface UserDialogProps {
  readonly accountId: number;
  /** Without it, the dialog creates a user. */
  readonly user?: User;
  readonly onClose: () => void;
}

function UserDialog({ accountId, user, onClose }: UserDialogProps) {
  const api = useManagement();
  const path = `accounts/${accountId}/users`;
  const saved = user ?? {};
  const { values, typed = {}, change, refuseConflicts } = useEdits(saved);
  const { mutate, isPending, errors } = useChange({
    change: async () => {
      if (!user) return api.create(path, typed);
      refuseConflicts(await api.readObject(`${path}/${user.id}`), typed);
      return api.update(`${path}/${user.id}`, typed);
    },
    stale: [["accounts"]],
    done: user ? "The user was updated" : "The user was added and needs activation",
    failed: user ? "The user could not be updated" : "The user could not be added",
    fields: ["password", ...useDefinitions("User").map(({ name }) => name)],
    leave: onClose,
  });
  return (
    <FormDialog
      title={user ? `Edit ${nameInText(user.username)}` : "Add a user"}
      submit={user ? "Save" : "Add"}
      isBusy={isPending}
      isDisabled={Object.keys(typed).length === 0}
      isLenient={user !== undefined}
      onSubmit={() => mutate(undefined)}
      onClose={onClose}
    >
      <DefinedFields target="User" values={values} saved={saved} errors={errors} onChange={change} />
      <NewPasswordField
        id="password"
        label={user ? "New password" : "Password"}
        {...(user && { note: "If empty, the password stays the same" })}
        errors={errors["password"]}
        value={fieldText(values["password"])}
        onChange={(password) => change({ password })}
      />
    </FormDialog>
  );
}
