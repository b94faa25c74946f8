import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";

import type { User } from "../../api/management/user-queries.ts";
import { RowActions } from "../row-actions.tsx";
import { StateLabel } from "../state-label.tsx";

export interface UsersTableProps {
  readonly users: readonly User[];
  /** What they are called, for those who hear the page. */
  readonly label: string;
  readonly isBusy: boolean;
  readonly itemsFor: (user: User) => { title: string; onClick: () => void }[];
}

export function UsersTable({ users, label, isBusy, itemsFor }: UsersTableProps) {
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
              {user.username}
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
