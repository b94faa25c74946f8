import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";

import type { User } from "../../api/management/user-queries.ts";
import { RowActions } from "../row-actions.tsx";
import { StateLabel } from "../state-label.tsx";

export interface UsersTableProps {
  readonly users: readonly User[];
  readonly itemsFor: (user: User) => { title: string; onClick: () => void }[];
}

export function UsersTable({ users, itemsFor }: UsersTableProps) {
  return (
    <Table aria-label="Users" variant="compact">
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
            <Td dataLabel="Username">{user.username}</Td>
            <Td dataLabel="Email" modifier="breakWord">
              {user.email || <span className="bellwire-subtle">None</span>}
            </Td>
            <Td dataLabel="Role">{user.role === "admin" ? "Admin" : "Member"}</Td>
            <Td dataLabel="State">
              <StateLabel state={user.state} />
            </Td>
            <Td isActionCell>
              <RowActions of={user.username} items={itemsFor(user)} />
            </Td>
          </Tr>
        ))}
      </Tbody>
    </Table>
  );
}
