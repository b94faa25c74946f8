import { EmptyState, EmptyStateActions, EmptyStateBody, EmptyStateFooter, PageSection } from "@patternfly/react-core";
import PaperPlaneIcon from "@patternfly/react-icons/dist/esm/icons/paper-plane-icon";
import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useApi } from "../../api/bellwire-client.ts";
import { type Delivery, deliveryPagesQuery, readDeliveryPage, rowsPerPage } from "../../api/deliveries.ts";
import { type ListFilter, filterQuery, matchesDelivery } from "../../api/filters.ts";
import { useLiveList } from "../../api/live-list.ts";
import type { StreamMessage } from "../../api/live-updates.tsx";
import { useSession } from "../../api/session.tsx";
import { FilterBar } from "../../components/filters/filter-bar.tsx";
import { FilteredList } from "../../components/filters/filtered-list.tsx";
import { SelectableDeliveries } from "../../components/history-table.tsx";
import { Name } from "../../components/labels.tsx";
import { LinkButton, PageHeader, SignUpButton } from "../../components/page-header.tsx";

const route = getRouteApi("/deliveries");

export function DeliveriesPage() {
  const filter = route.useSearch();
  const navigate = useNavigate();
  const show = (search: ListFilter): void => void navigate({ to: "/deliveries", search });
  return (
    <>
      <PageHeader title="Deliveries">
        Each row is one event for one endpoint, with the response to its last attempt.
      </PageHeader>
      <PageSection isFilled>
        <FilterBar list="deliveries" filter={filter} onChange={show} />
        <DeliveryList key={JSON.stringify(filter)} filter={filter} onClear={() => show({})} />
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

function DeliveryList({ filter, onClear }: { filter: ListFilter; onClear: () => void }) {
  const api = useApi();
  const options = deliveryPagesQuery(api, filter);
  const live = useLiveList({
    queryKey: options.queryKey,
    order: deliveryOrder,
    limit: rowsPerPage,
    changeOf: (message: StreamMessage) =>
      message.kind === "delivery"
        ? { row: message.data, isMatch: matchesDelivery(filter, message.data, new Date()) }
        : undefined,
    readFirstPage: () => readDeliveryPage(api, filter),
  });
  // Neither a return to a paused list nor a gap in the stream replaces its rows.
  const query = useInfiniteQuery({ ...options, enabled: !live.state.isPaused });
  return (
    <FilteredList
      list="deliveries"
      filter={filter}
      query={query}
      live={live}
      empty={<NoDeliveries />}
      onClear={onClear}
    >
      {(deliveries) => (
        <SelectableDeliveries deliveries={deliveries} filter={filterQuery(filter)} keepRows={live.list.keepRows} />
      )}
    </FilteredList>
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
