import {
  EmptyState,
  EmptyStateActions,
  EmptyStateBody,
  EmptyStateFooter,
  PageSection,
  Toolbar,
  ToolbarContent,
} from "@patternfly/react-core";
import PaperPlaneIcon from "@patternfly/react-icons/dist/esm/icons/paper-plane-icon";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useApi } from "../../api/bellwire-client.ts";
import {
  type Delivery,
  type DeliveryFilter,
  deliveryPagesQuery,
  readDeliveryPage,
  rowsPerPage,
} from "../../api/deliveries.ts";
import { eventTypesQuery } from "../../api/events.ts";
import { type ListFilter, deliveryStates, matchesDelivery } from "../../api/filters.ts";
import { useLiveList } from "../../api/live-list.ts";
import type { StreamMessage } from "../../api/live-updates.tsx";
import { useSession } from "../../api/session.tsx";
import { EndpointFilter } from "../../components/endpoint/endpoint-filter.tsx";
import { SelectableDeliveries } from "../../components/jobs/selectable-deliveries.tsx";
import { FilteredList } from "../../components/filters/filtered-list.tsx";
import { Name } from "../../components/labels.tsx";
import { SelectFilter } from "../../components/lists.tsx";
import { LinkButton, PageHeader, SignUpButton } from "../../components/page-header.tsx";
import { readDeliverySearch } from "../list-filters.ts";

const route = getRouteApi("/deliveries");

export function DeliveriesPage() {
  const filter = route.useSearch();
  return (
    <>
      <PageHeader title="Deliveries">
        Each row is one event for one endpoint, with the response to its last attempt.
      </PageHeader>
      <PageSection isFilled>
        <DeliveryFilters filter={filter} />
        <DeliveryList key={JSON.stringify(filter)} filter={filter} />
      </PageSection>
    </>
  );
}

/** The order of the API: newest event first, then the greatest endpoint id. */
const deliveryOrder = {
  idOf: ({ id }: Delivery) => id,
  compare: (one: Delivery, other: Delivery) =>
    one.event_id === other.event_id ? other.endpoint_id - one.endpoint_id : one.event_id < other.event_id ? 1 : -1,
};

function DeliveryList({ filter }: { filter: DeliveryFilter }) {
  const api = useApi();
  const navigate = useNavigate();
  const options = deliveryPagesQuery(api, filter);
  const query = useInfiniteQuery(options);
  const { endpoint_id, ...others } = filter;
  const listFilter: ListFilter = { ...others, ...(endpoint_id && { endpoint_id: String(endpoint_id) }) };
  const live = useLiveList({
    queryKey: options.queryKey,
    order: deliveryOrder,
    limit: rowsPerPage,
    changeOf: (message: StreamMessage) =>
      message.kind === "delivery"
        ? { row: message.data, isMatch: matchesDelivery(listFilter, message.data, new Date()) }
        : undefined,
    readFirstPage: () => readDeliveryPage(api, filter),
  });
  return (
    <FilteredList
      list="deliveries"
      filter={listFilter}
      query={query}
      live={live}
      empty={<NoDeliveries />}
      onClear={() => void navigate({ to: "/deliveries", search: {} })}
    >
      {(deliveries) => <SelectableDeliveries deliveries={deliveries} filter={filter} />}
    </FilteredList>
  );
}

const stateLabels = { pending: "Pending", delivered: "Delivered", failed: "Failed", cancelled: "Cancelled" } as const;

export function DeliveryFilters({ filter }: { filter: DeliveryFilter }) {
  const api = useApi();
  const navigate = useNavigate();
  const { data: types = [] } = useQuery(eventTypesQuery(api));
  const choose = (field: keyof DeliveryFilter) => (value: string | undefined) =>
    void navigate({ to: "/deliveries", search: readDeliverySearch({ ...filter, [field]: value }) });

  return (
    <Toolbar inset={{ default: "insetNone" }}>
      <ToolbarContent>
        <SelectFilter
          label="State"
          all="Every state"
          value={filter.state}
          options={deliveryStates.map((value) => ({ value, label: stateLabels[value] }))}
          onChange={choose("state")}
        />
        <EndpointFilter endpointId={filter.endpoint_id} onChange={choose("endpoint_id")} />
        <SelectFilter
          label="Event"
          all="Every event"
          value={filter.event_type}
          options={types.map(({ type, label }) => ({ value: type, label }))}
          onChange={choose("event_type")}
        />
      </ToolbarContent>
    </Toolbar>
  );
}

function NoDeliveries() {
  const session = useSession();
  return (
    <EmptyState titleText="Nothing has been sent yet" icon={PaperPlaneIcon} headingLevel="h2">
      <EmptyStateBody>
        A delivery appears here automatically when a developer of <Name>{session.providerName}</Name> signs up or
        changes something, and the webhook settings select that event.
      </EmptyStateBody>
      <EmptyStateFooter>
        <EmptyStateActions>
          <SignUpButton />
        </EmptyStateActions>
        <EmptyStateActions>
          <LinkButton to="/webhooks/edit" variant="link">
            Webhook settings
          </LinkButton>
          <LinkButton to="/events" variant="link">
            Events that were not sent
          </LinkButton>
        </EmptyStateActions>
      </EmptyStateFooter>
    </EmptyState>
  );
}
