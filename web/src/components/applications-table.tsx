import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import { Link } from "@tanstack/react-router";

import type { Application } from "../api/management/application-queries.ts";
import { StateLabel } from "./state-label.tsx";
import { When } from "./when.tsx";

export interface ApplicationsTableProps {
  readonly applications: readonly Application[];
  /** Whose they are, where that differs from row to row. */
  readonly showsAccount?: boolean;
}

export function ApplicationsTable({ applications, showsAccount = false }: ApplicationsTableProps) {
  return (
    <Table aria-label="Applications" variant="compact">
      <Thead>
        <Tr>
          <Th>Application</Th>
          {showsAccount && <Th>Account</Th>}
          <Th>Product</Th>
          <Th>Plan</Th>
          <Th>State</Th>
          <Th>Created</Th>
        </Tr>
      </Thead>
      <Tbody>
        {applications.map((it) => (
          <Tr key={it.id}>
            <Td dataLabel="Application">
              <Link
                to="/accounts/$accountId/applications/$id"
                params={{ accountId: String(it.account_id), id: String(it.id) }}
              >
                {it.name || `Application ${it.id}`}
              </Link>
            </Td>
            {showsAccount && (
              <Td dataLabel="Account">
                <Link to="/accounts/$id" params={{ id: String(it.account_id) }}>
                  {it.org_name}
                </Link>
              </Td>
            )}
            <Td dataLabel="Product">{it.service_name}</Td>
            <Td dataLabel="Plan">{it.plan_name}</Td>
            <Td dataLabel="State">
              <StateLabel state={it.state} />
            </Td>
            <Td dataLabel="Created">
              <When at={it.created_at} />
            </Td>
          </Tr>
        ))}
      </Tbody>
    </Table>
  );
}
