import { Link } from "@tanstack/react-router";
import { type Application, applicationName } from "../../api/applications.ts";
import { Name, StateLabel } from "../labels.tsx";
import { type ListColumn, ListTable, type RowSelection } from "../list-table.tsx";
import { When } from "../time.tsx";

export interface ApplicationsTableProps {
  readonly applications: readonly Application[];
  /** Shows the account column, for lists over several accounts. */
  readonly showsAccount?: boolean;
  /** Shows checkboxes for bulk operations. */
  readonly ticks?: RowSelection<number>;
}

export const ApplicationsTable = ({ applications, showsAccount = false, ticks }: ApplicationsTableProps) => (
  <ListTable
    label="Applications"
    rows={applications}
    columns={showsAccount ? [nameColumn, accountColumn, ...columns] : [nameColumn, ...columns]}
    keyOf={({ id }) => id}
    nameOf={(application) => `${applicationName(application)} of ${application.org_name}`}
    selection={ticks}
  />
);

const nameColumn: ListColumn<Application> = {
  title: "Application",
  show: (application) => (
    <Link
      to="/accounts/$accountId/applications/$id"
      params={{ accountId: String(application.account_id), id: String(application.id) }}
    >
      <Name>{applicationName(application)}</Name>
    </Link>
  ),
  place: "title",
  isName: true,
  width: 25,
};

const accountColumn: ListColumn<Application> = {
  title: "Account",
  show: ({ account_id, org_name }) => (
    <Link to="/accounts/$id" params={{ id: String(account_id) }}>
      <Name>{org_name}</Name>
    </Link>
  ),
  place: "below",
  isName: true,
};

const columns: readonly ListColumn<Application>[] = [
  { title: "Product", show: ({ service_name }) => <Name>{service_name}</Name>, place: "start", isName: true },
  { title: "Plan", show: ({ plan_name }) => <Name>{plan_name}</Name>, place: "middle", isName: true },
  { title: "State", show: ({ state }) => <StateLabel state={state} />, place: "state" },
  { title: "Created", show: ({ created_at }) => <When at={created_at} />, place: "end" },
];
