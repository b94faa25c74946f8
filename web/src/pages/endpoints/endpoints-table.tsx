import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";

import { useApi } from "../../api/api-context.ts";
import type { Endpoint } from "../../api/endpoint-queries.ts";
import { newestFailuresQuery, type Failure } from "../../api/failure-queries.ts";
import { EndpointStateLabel } from "../../components/endpoint/endpoint-state-label.tsx";
import { formatName } from "../../components/endpoint/format-name.ts";
import { When } from "../../components/when.tsx";

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
          <Th width={25}>Last problem</Th>
        </Tr>
      </Thead>
      <Tbody>
        {endpoints.map((endpoint) => (
          <Tr key={endpoint.id}>
            <Td dataLabel="Name">
              <Link to="/endpoints/$id" params={{ id: String(endpoint.id) }}>
                {endpoint.name}
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
            <Td dataLabel="Last problem">
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
  /** Of this endpoint, newest first. */
  readonly failures: readonly Failure[];
  /** Older ones of any endpoint, which are not looked at. */
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
