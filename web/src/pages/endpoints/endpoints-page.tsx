import {
  EmptyState,
  EmptyStateActions,
  EmptyStateBody,
  EmptyStateFooter,
  PageSection,
  Toolbar,
  ToolbarContent,
} from "@patternfly/react-core";
import ShareAltIcon from "@patternfly/react-icons/dist/esm/icons/share-alt-icon";
import { useQuery } from "@tanstack/react-query";
import { Link, getRouteApi, useNavigate } from "@tanstack/react-router";
import { useApi } from "../../api/bellwire-client.ts";
import { type Endpoint, endpointsQuery } from "../../api/endpoints.ts";
import { type EndpointHealth, healthQuery } from "../../api/statistics.ts";
import { formatDuration, formatRate, formatShortCount } from "../../components/charts/axes.ts";
import { FigureLink, latencyFrom } from "../../components/charts/list-links.tsx";
import { Sparkline } from "../../components/charts/sparkline.tsx";
import { HealthLabel, HealthText, byUrgency, needsAttention } from "../../components/endpoint/endpoint-health.tsx";
import { formatName } from "../../components/endpoint/endpoint-state.tsx";
import { Name } from "../../components/labels.tsx";
import { type ListColumn, ListTable } from "../../components/list-table.tsx";
import { InPortions, SelectFilter } from "../../components/lists.tsx";
import { Loaded, TableSkeleton } from "../../components/loaded.tsx";
import { LinkButton, PageHeader } from "../../components/page-header.tsx";
import { type EndpointOrder, readEndpointsSearch } from "../list-filters.ts";

const route = getRouteApi("/endpoints");

export function EndpointsPage() {
  const api = useApi();
  const query = useQuery(endpointsQuery(api));
  // Rows without it would jump: it orders them, and adds reasons.
  const health = useQuery(healthQuery(api));
  const create = <LinkButton to="/endpoints/new">Create an endpoint</LinkButton>;
  return (
    <>
      <PageHeader title="Endpoints" actions={query.data?.length ? create : undefined}>
        Each endpoint has its own URL, events and format. Those that need attention come first. The endpoint “default”
        is set up on the page <Link to="/webhooks/edit">Webhook settings</Link>.
      </PageHeader>
      <PageSection isFilled>
        <Loaded query={query} skeleton={<TableSkeleton of="endpoints" />}>
          {(endpoints) =>
            endpoints.length > 0 ? (
              health.isPending ? (
                <TableSkeleton of="endpoints" />
              ) : (
                <EndpointsTable endpoints={endpoints} health={health.data} />
              )
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

interface EndpointRow {
  readonly endpoint: Endpoint;
  /** Undefined for an endpoint that is newer than the health that was read. */
  readonly health: EndpointHealth | undefined;
}

/** The figure of each order, largest first. Endpoints without one are last. */
const figures: Readonly<Record<EndpointOrder, (health: EndpointHealth) => number>> = {
  slowest: ({ latency_p95 }) => latency_p95 ?? -1,
  failing: ({ success_rate }) => (success_rate === null ? -1 : 1 - success_rate),
  waiting: ({ waiting }) => waiting,
};

/** Puts endpoints that need attention first, and leaves the others in their order, unless there is an order. */
function orderRows(
  endpoints: readonly Endpoint[],
  health: readonly EndpointHealth[] = [],
  order?: EndpointOrder,
): EndpointRow[] {
  const found = new Map(health.map((entry) => [entry.endpoint_id, entry]));
  const rows = endpoints.map((endpoint) => ({ endpoint, health: found.get(endpoint.id) }));
  if (order) {
    const figureOf = (row: EndpointRow): number => (row.health ? figures[order](row.health) : -1);
    return rows.toSorted((one, other) => figureOf(other) - figureOf(one));
  }
  const urgent = rows.filter((row) => row.health && needsAttention(row.health.state));
  urgent.sort((one, other) => (one.health && other.health ? byUrgency(one.health, other.health) : 0));
  return [...urgent, ...rows.filter((row) => !urgent.includes(row))];
}

const orders = [
  { value: "attention", label: "Needs attention first" },
  { value: "slowest", label: "Slowest first" },
  { value: "failing", label: "Lowest success first" },
  { value: "waiting", label: "Most waiting first" },
] as const;

function EndpointOrderFilter({ order }: { order: EndpointOrder | undefined }) {
  const navigate = useNavigate();
  return (
    <Toolbar inset={{ default: "insetNone" }}>
      <ToolbarContent>
        <SelectFilter
          label="Order"
          value={order ?? "attention"}
          options={orders}
          onChange={(chosen) => void navigate({ to: "/endpoints", search: readEndpointsSearch({ order: chosen }) })}
        />
      </ToolbarContent>
    </Toolbar>
  );
}

interface EndpointsTableProps {
  readonly endpoints: readonly Endpoint[];
  /** Undefined if it could not be read. */
  readonly health: readonly EndpointHealth[] | undefined;
}

function EndpointsTable({ endpoints, health }: EndpointsTableProps) {
  const { order } = route.useSearch();
  return (
    <>
      {endpoints.length > 1 && <EndpointOrderFilter order={order} />}
      <InPortions rows={orderRows(endpoints, health, order)} isPage>
        {(shown) => (
          <ListTable label="Endpoints" rows={shown} columns={columnsFor(order)} keyOf={({ endpoint }) => endpoint.id} />
        )}
      </InPortions>
    </>
  );
}

const nameColumn: ListColumn<EndpointRow> = {
  title: "Name",
  show: ({ endpoint, health }) => (
    <>
      <Link to="/endpoints/$id" params={{ id: String(endpoint.id) }}>
        <Name>{endpoint.name}</Name>
      </Link>
      <div className="bellwire-mono bellwire-subtle">{endpoint.url_masked || "no URL yet"}</div>
      {health && needsAttention(health.state) && (
        <div className="bellwire-subtle bellwire-endpoint-reason">
          <HealthText health={health} />
        </div>
      )}
    </>
  ),
  place: "title",
  isName: true,
  width: 45,
};

const successColumn: ListColumn<EndpointRow> = {
  title: "Success",
  show: ({ endpoint, health }) =>
    typeof health?.success_rate === "number" ? (
      <FigureLink filter={{ endpointId: endpoint.id }}>{formatRate(health.success_rate)}</FigureLink>
    ) : (
      "–"
    ),
};

const latencyColumn: ListColumn<EndpointRow> = {
  title: "p95",
  show: ({ endpoint, health }) =>
    typeof health?.latency_p95 === "number" ? (
      <FigureLink filter={{ endpointId: endpoint.id, latencyMin: latencyFrom(health.latency_p95) }}>
        {formatDuration(health.latency_p95)}
      </FigureLink>
    ) : (
      "–"
    ),
};

const waitingColumn: ListColumn<EndpointRow> = {
  title: "Waiting",
  show: ({ endpoint, health }) =>
    health && (
      <span className="bellwire-nowrap">
        <FigureLink filter={{ endpointId: endpoint.id, state: "pending" }} of="waiting">
          {formatShortCount(health.waiting)}
        </FigureLink>
        {typeof health.oldest_waiting_seconds === "number" && (
          <span className="bellwire-subtle" title="Since the oldest was due">
            {" "}
            ({formatDuration(health.oldest_waiting_seconds * 1000)})
          </span>
        )}
      </span>
    ),
  place: "end",
  isLabelled: true,
};

/** A phone has room for the success rate or the latency. */
const columnsFor = (order: EndpointOrder | undefined): readonly ListColumn<EndpointRow>[] => {
  const narrow = { place: "start", isLabelled: true } as const;
  return [
    nameColumn,
    { title: "Health", show: ({ health }) => health && <HealthLabel health={health} />, place: "state" },
    { title: "Last hour", show: ({ health }) => health && <Sparkline points={health.sparkline} /> },
    { ...successColumn, ...(order !== "slowest" && narrow) },
    { ...latencyColumn, ...(order === "slowest" && narrow) },
    waitingColumn,
    {
      title: "Format",
      show: ({ endpoint }) => <span className="bellwire-nowrap">{formatName[endpoint.format]}</span>,
      isExtra: true,
    },
    {
      title: "Events",
      show: ({ endpoint }) => (endpoint.event_types.includes("*") ? "All" : endpoint.event_types.length),
      isExtra: true,
    },
  ];
};
