import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import { Link } from "@tanstack/react-router";

import type { Account } from "../../api/management/account-queries.ts";
import { Tick, TickAll } from "../../components/bulk/tick-cells.tsx";
import type { Ticks } from "../../components/bulk/use-ticks.ts";
import { StateLabel } from "../../components/state-label.tsx";
import { When } from "../../components/when.tsx";

export interface AccountsTableProps {
  readonly accounts: readonly Account[];
  readonly ticks: Ticks;
}

export function AccountsTable({ accounts, ticks }: AccountsTableProps) {
  return (
    <Table aria-label="Accounts" variant="compact">
      <Thead>
        <Tr>
          <TickAll ticks={ticks} ids={accounts.map(({ id }) => id)} noun="accounts" />
          <Th width={50}>Organization</Th>
          <Th>State</Th>
          <Th>Created</Th>
          <Th>Changed</Th>
        </Tr>
      </Thead>
      <Tbody>
        {accounts.map((account) => (
          <Tr key={account.id}>
            <Tick ticks={ticks} id={account.id} name={account.org_name} />
            <Td dataLabel="Organization" modifier="breakWord">
              <Link to="/accounts/$id" params={{ id: String(account.id) }}>
                {account.org_name}
              </Link>
            </Td>
            <Td dataLabel="State">
              <StateLabel state={account.state} />
            </Td>
            <Td dataLabel="Created">
              <When at={account.created_at} />
            </Td>
            <Td dataLabel="Changed">
              <When at={account.updated_at} />
            </Td>
          </Tr>
        ))}
      </Tbody>
    </Table>
  );
}
