import { Content } from "@patternfly/react-core";
import type { QueryKey } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import type { User } from "../api/accounts.ts";
import { useManagement } from "../api/management-client.ts";
import { mailMessage, mayAdminister, useSession } from "../api/session.tsx";
import { EraseDialog } from "./erase-dialog.tsx";
import { DefinedFields, useDefinitions } from "./form/defined-fields.tsx";
import { NewPasswordField } from "./form/fields.tsx";
import { ConfirmDialog, type ConfirmDialogProps, FormDialog, type Question, webhookNote } from "./form/form-dialog.tsx";
import { fieldText, useChange, useEdits } from "./form/use-change.ts";
import { Name, StateLabel } from "./labels.tsx";
import { nameInText } from "./words.ts";
import { type ListColumn, ListTable } from "./list-table.tsx";

export interface UsersTableProps {
  readonly users: readonly User[];
  /** The accessible name of the table. */
  readonly label: string;
  readonly isBusy: boolean;
  /** Leads to the user's page, where there is one. */
  readonly linkTo?: (user: User) => ReactNode;
  readonly itemsFor: (user: User) => { title: string; onClick: () => void }[];
}

export const UsersTable = ({ users, label, isBusy, linkTo, itemsFor }: UsersTableProps) => (
  <ListTable
    label={label}
    rows={users}
    columns={[usernameColumn(linkTo), ...columns]}
    keyOf={({ id }) => id}
    nameOf={({ username }) => username}
    actionsOf={itemsFor}
    isBusy={isBusy}
  />
);

const usernameColumn = (linkTo: UsersTableProps["linkTo"]): ListColumn<User> => ({
  title: "Username",
  show: (user) => linkTo?.(user) ?? <Name>{user.username}</Name>,
  place: "title",
  isName: true,
});

const columns: readonly ListColumn<User>[] = [
  {
    title: "Email",
    show: ({ email }) => email || <span className="bellwire-subtle">No email address</span>,
    place: "text",
    isName: true,
  },
  { title: "Role", show: ({ role }) => (role === "admin" ? "Admin" : "Member"), place: "end" },
  { title: "State", show: ({ state }) => <StateLabel state={state} />, place: "state" },
];

export interface UserStep {
  readonly operation: "activate" | "suspend" | "unsuspend" | "admin" | "member";
  readonly title: string;
}

/** Returns the actions for a user in this state and role. */
export function userSteps({ state, role }: Pick<User, "state" | "role">): readonly UserStep[] {
  const roleStep = role === "admin" ? "member" : "admin";
  return [
    ...(state === "pending" ? [{ operation: "activate", title: "Activate" } as const] : []),
    ...(state === "active" ? [{ operation: "suspend", title: "Suspend" } as const] : []),
    ...(state === "suspended" ? [{ operation: "unsuspend", title: "Unsuspend" } as const] : []),
    { operation: roleStep, title: roleStep === "admin" ? "Make an admin" : "Make a member" },
  ];
}

export interface UsersPlace {
  /** The path of the users in the API. */
  readonly path: string;
  readonly stale: readonly QueryKey[];
}

export function useUserActions({ path, stale }: UsersPlace, onDone: () => void) {
  const api = useManagement();
  const step = useChange({
    change: ({ id, operation }: { id: number; operation: UserStep["operation"] }) =>
      api.update(`${path}/${id}/${operation}`),
    stale,
    done: "The user was updated",
    failed: "The user could not be updated",
    onDone,
  });
  const remove = useChange({
    change: (id: number) => api.delete(`${path}/${id}`),
    stale,
    done: "The user was deleted",
    failed: "The user could not be deleted",
    onDone,
  });
  return { step, remove };
}

/** The actions on the users of an account, and their dialogs. */
export function useUserMenu(accountId: number) {
  const api = useManagement();
  const session = useSession();
  useDefinitions("User"); // reads them before the dialog opens
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
  const itemsFor = (user: User) => [
    { title: "Edit", onClick: () => setToEdit(user) },
    ...userSteps(user).map((userStep) => ({ title: userStep.title, onClick: () => take(user, userStep) })),
    ...(user.state === "pending"
      ? [{ title: "Send activation email", onClick: () => sendActivation.mutate(user.id) }]
      : []),
    { title: "Delete", isDanger: true, onClick: () => setToConfirm({ user, operation: "delete" }) },
    ...(mayAdminister(session)
      ? [{ title: "Erase personal data", isDanger: true, onClick: () => setToErase(user) }]
      : []),
  ];
  const isBusy = step.isPending || remove.isPending || sendActivation.isPending;
  const dialogs = (
    <>
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
  return { itemsFor, isBusy, add: () => setToEdit("new"), dialogs };
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

interface UserDialogProps {
  readonly accountId: number;
  /** Without it, the dialog creates a user. */
  readonly user?: User;
  readonly onClose: () => void;
}

function UserDialog({ accountId, user, onClose }: UserDialogProps) {
  const api = useManagement();
  const path = `accounts/${accountId}/users`;
  const saved = user ?? {};
  const definitions = useDefinitions("User");
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
    fields: ["password", ...definitions.map(({ name }) => name)],
    leave: onClose,
  });
  return (
    <FormDialog
      title={user ? `Edit ${nameInText(user.username)}` : "Add a user"}
      submit={user ? "Save" : "Add"}
      isBusy={isPending}
      isDisabled={Object.keys(typed).length === 0}
      onSubmit={() => mutate(undefined)}
      onClose={onClose}
    >
      <DefinedFields
        target="User"
        values={values}
        saved={saved}
        errors={errors}
        onChange={change}
        isSaved={user !== undefined}
      />
      {/* Not before the fields above it, which would take its place while a name is typed. */}
      {definitions.length > 0 && (
        <NewPasswordField
          id="password"
          label={user ? "New password" : "Password"}
          {...(user && { note: "If empty, the password stays the same" })}
          errors={errors["password"]}
          value={fieldText(values["password"])}
          onChange={(password) => change({ password })}
        />
      )}
    </FormDialog>
  );
}
