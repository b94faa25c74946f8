import { EmptyState, EmptyStateActions, EmptyStateBody, EmptyStateFooter, PageSection } from "@patternfly/react-core";
import ShareAltIcon from "@patternfly/react-icons/dist/esm/icons/share-alt-icon";
import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useApi } from "../../api/bellwire-client.ts";
import { type Failure, newestFailuresQuery } from "../../api/deliveries.ts";
import { type Endpoint, endpointsQuery } from "../../api/endpoints.ts";
import { EndpointStateLabel, formatName } from "../../components/endpoint/endpoint-state.tsx";
import { Loaded, TableSkeleton } from "../../components/loaded.tsx";
import { LinkButton, PageHeader } from "../../components/page-header.tsx";
import { When } from "../../components/time.tsx";
import { Name } from "../../components/labels.tsx";

export function EndpointsPage() {
  const query = useQuery(endpointsQuery(useApi()));
  const create = <LinkButton to="/endpoints/new">Create an endpoint</LinkButton>;
  return (
    <>
      <PageHeader title="Endpoints" actions={query.data?.length ? create : undefined}>
        Each endpoint has its own URL, events and format. The endpoint “default” is the webhook of the Webhooks page.
      </PageHeader>
      <PageSection isFilled>
        <Loaded query={query} skeleton={<TableSkeleton of="endpoints" />}>
          {(endpoints) =>
            endpoints.length > 0 ? (
              <EndpointsTable endpoints={endpoints} />
            ) : (
              <EmptyState titleText="No endpoints yet" icon={ShareAltIcon} headingLevel="h2">
                <EmptyStateBody>
                  An endpoint is a receiver. The CRM can get accounts and users as JSON and the billing system plan
                  changes as XML, and neither delays the other.
                </EmptyStateBody>
                <EmptyStateFooter>
                  <EmptyStateActions>{create}</EmptyStateActions>
                </EmptyStateFooter>
              </EmptyState>
            )
          }
        </Loaded>
      </PageSection>
    </>
  );
}

export function EndpointsTable({ endpoints }: { endpoints: readonly Endpoint[] }) {
  const { data: failures } = useQuery(newestFailuresQuery(useApi()));
  const ofEndpoint = Map.groupBy(failures?.data ?? [], ({ endpoint_id }) => endpoint_id);
  const areThereMore = Boolean(failures?.next);
  return (
    <Table aria-label="Endpoints">
      <Thead>
        <Tr>
          <Th>Name</Th>
          <Th width={30}>URL</Th>
          <Th modifier="nowrap">State</Th>
          <Th modifier="nowrap">Format</Th>
          <Th modifier="nowrap">Events</Th>
          <Th width={25}>Last failure</Th>
        </Tr>
      </Thead>
      <Tbody>
        {endpoints.map((endpoint) => (
          <Tr key={endpoint.id}>
            <Td dataLabel="Name">
              <Link to="/endpoints/$id" params={{ id: String(endpoint.id) }}>
                <Name>{endpoint.name}</Name>
              </Link>
            </Td>
            <Td dataLabel="URL" modifier="breakWord">
              <span className="bellwire-mono">{endpoint.url_masked || "none yet"}</span>
            </Td>
            <Td dataLabel="State">
              <EndpointStateLabel endpoint={endpoint} />
            </Td>
            <Td dataLabel="Format" modifier="nowrap">
              {formatName[endpoint.format]}
            </Td>
            <Td dataLabel="Events">{endpoint.event_types.includes("*") ? "All" : endpoint.event_types.length}</Td>
            <Td dataLabel="Last failure">
              <LastProblem
                endpoint={endpoint}
                failures={ofEndpoint.get(endpoint.id) ?? []}
                areThereMore={areThereMore}
              />
            </Td>
          </Tr>
        ))}
      </Tbody>
    </Table>
  );
}

interface LastProblemProps {
  readonly endpoint: Endpoint;
  /** Failures of this endpoint, newest first. */
  readonly failures: readonly Failure[];
  /** True if older failures exist, which were not read. */
  readonly areThereMore: boolean;
}

function LastProblem({ endpoint, failures: [newest, ...older], areThereMore }: LastProblemProps) {
  if (!newest) {
    const none = areThereMore ? "None among the newest failures" : "None";
    return <span className="bellwire-subtle">{endpoint.disabled_reason ?? none}</span>;
  }
  return (
    <>
      <Link to="/deliveries/$id" params={{ id: newest.delivery_id }}>
        {newest.error}
      </Link>{" "}
      <span className="bellwire-subtle">
        <When at={newest.failed_at} />
        {older.length > 0 && `, and ${older.length}${areThereMore ? " or more" : " more"}`}
      </span>
    </>
  );
}
