import type { QueryKey } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { User } from "../api/accounts.ts";
import { useManagement } from "../api/management-client.ts";
import { useChange } from "./form/use-change.ts";
import { Name, StateLabel } from "./labels.tsx";
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
