import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import type { QueryKey } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { User } from "../api/accounts.ts";
import { useManagement } from "../api/management-client.ts";
import { RowActions } from "./action-menu.tsx";
import { useChange } from "./form/use-change.ts";
import { Name, StateLabel } from "./labels.tsx";

export interface UsersTableProps {
  readonly users: readonly User[];
  /** The accessible name of the table. */
  readonly label: string;
  readonly isBusy: boolean;
  /** Leads to the user's page, where there is one. */
  readonly linkTo?: (user: User) => ReactNode;
  readonly itemsFor: (user: User) => { title: string; onClick: () => void }[];
}

export function UsersTable({ users, label, isBusy, linkTo, itemsFor }: UsersTableProps) {
  return (
    <Table aria-label={label} variant="compact">
      <Thead>
        <Tr>
          <Th>Username</Th>
          <Th>Email</Th>
          <Th>Role</Th>
          <Th>State</Th>
          <Th screenReaderText="Actions" />
        </Tr>
      </Thead>
      <Tbody>
        {users.map((user) => (
          <Tr key={user.id}>
            <Td dataLabel="Username" modifier="breakWord">
              {linkTo?.(user) ?? <Name>{user.username}</Name>}
            </Td>
            <Td dataLabel="Email" modifier="breakWord">
              {user.email || <span className="bellwire-subtle">None</span>}
            </Td>
            <Td dataLabel="Role">{user.role === "admin" ? "Admin" : "Member"}</Td>
            <Td dataLabel="State">
              <StateLabel state={user.state} />
            </Td>
            <Td isActionCell>
              <RowActions of={user.username} isDisabled={isBusy} items={itemsFor(user)} />
            </Td>
          </Tr>
        ))}
      </Tbody>
    </Table>
  );
}

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
