import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type Application, applicationName, type PlanRequest, shownPlanRequestsQuery } from "../../api/applications.ts";
import { useApi } from "../../api/bellwire-client.ts";
import { Name, StateLabel } from "../labels.tsx";
import { nameInText } from "../words.ts";
import { type ListColumn, ListTable, type RowSelection } from "../list-table.tsx";
import { PlanRequestLabel } from "../plans/plan-requests.tsx";
import { When } from "../time.tsx";

export interface ApplicationsTableProps {
  readonly applications: readonly Application[];
  /** Shows the account column, for lists over several accounts. */
  readonly showsAccount?: boolean;
  /** Shows checkboxes for bulk operations. */
  readonly ticks?: RowSelection<number>;
}

export function ApplicationsTable({ applications, showsAccount = false, ticks }: ApplicationsTableProps) {
  const ids = applications.map(({ id }) => id);
  const { data: requests = [] } = useQuery(shownPlanRequestsQuery(useApi(), ids));
  const requestOf = new Map(requests.map((request) => [request.application_id, request]));
  return (
    <ListTable
      label="Applications"
      rows={applications}
      columns={[nameColumn, ...(showsAccount ? [accountColumn] : []), ...columnsWith(requestOf)]}
      keyOf={({ id }) => id}
      nameOf={(application) => `${nameInText(applicationName(application))} of ${nameInText(application.org_name)}`}
      selection={ticks}
    />
  );
}

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

const columnsWith = (requestOf: ReadonlyMap<number, PlanRequest>): readonly ListColumn<Application>[] => [
  { title: "Product", show: ({ service_name }) => <Name>{service_name}</Name>, place: "start", isName: true },
  { title: "Plan", show: ({ plan_name }) => <Name>{plan_name}</Name>, place: "middle", isName: true },
  {
    title: "State",
    show: ({ id, state }) => (
      <>
        <StateLabel state={state} /> <PlanRequestLabel request={requestOf.get(id)} />
      </>
    ),
    place: "state",
  },
  { title: "Created", show: ({ created_at }) => <When at={created_at} />, place: "end" },
];
