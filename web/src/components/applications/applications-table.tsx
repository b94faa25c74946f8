import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import { Link } from "@tanstack/react-router";
import { type Application, applicationName } from "../../api/applications.ts";
import { SelectRowCell, SelectAllCell, type RowSelection } from "../bulk/row-selection.tsx";
import { Name, StateLabel } from "../labels.tsx";
import { When } from "../time.tsx";

export interface ApplicationsTableProps {
  readonly applications: readonly Application[];
  /** Shows the account column, for lists over several accounts. */
  readonly showsAccount?: boolean;
  /** Shows checkboxes for bulk operations. */
  readonly ticks?: RowSelection;
}

export function ApplicationsTable({ applications, showsAccount = false, ticks }: ApplicationsTableProps) {
  return (
    <Table aria-label="Applications" variant="compact">
      <Thead>
        <Tr>
          {ticks && <SelectAllCell ticks={ticks} ids={applications.map(({ id }) => id)} noun="applications" />}
          <Th width={25}>Application</Th>
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
            {ticks && <SelectRowCell ticks={ticks} id={it.id} name={`${applicationName(it)} of ${it.org_name}`} />}
            <Td dataLabel="Application" modifier="breakWord">
              <Link
                to="/accounts/$accountId/applications/$id"
                params={{ accountId: String(it.account_id), id: String(it.id) }}
              >
                <Name>{applicationName(it)}</Name>
              </Link>
            </Td>
            {showsAccount && (
              <Td dataLabel="Account" modifier="breakWord">
                <Link to="/accounts/$id" params={{ id: String(it.account_id) }}>
                  <Name>{it.org_name}</Name>
                </Link>
              </Td>
            )}
            <Td dataLabel="Product" modifier="breakWord">
              <Name>{it.service_name}</Name>
            </Td>
            <Td dataLabel="Plan" modifier="breakWord">
              <Name>{it.plan_name}</Name>
            </Td>
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
