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
import { type DeliveryFilter, deliveriesQuery } from "../../api/deliveries.ts";
import { eventTypesQuery } from "../../api/events.ts";
import { useSession } from "../../api/session.tsx";
import { EndpointFilter } from "../../components/endpoint/endpoint-filter.tsx";
import { DeliveriesTable } from "../../components/history-table.tsx";
import { LiveLabel, Name } from "../../components/labels.tsx";
import { LoadMore, NothingMatches, SelectFilter } from "../../components/lists.tsx";
import { Loaded, TableSkeleton } from "../../components/loaded.tsx";
import { LinkButton, PageHeader, SignUpButton } from "../../components/page-header.tsx";
import { deliveryStates, readDeliverySearch } from "../list-filters.ts";

const route = getRouteApi("/deliveries");

export function DeliveriesPage() {
  const filter = route.useSearch();
  const query = useInfiniteQuery(deliveriesQuery(useApi(), filter));
  const isFiltered = Object.keys(filter).length > 0;
  return (
    <>
      <PageHeader title="Deliveries" actions={<LiveLabel />}>
        Each row is one event for one endpoint, with the response to its last attempt.
      </PageHeader>
      <PageSection isFilled>
        <DeliveryFilters filter={filter} />
        <Loaded query={query} skeleton={<TableSkeleton of="deliveries" />}>
          {({ pages }) => {
            const deliveries = pages.flatMap((page) => page.data);
            if (deliveries.length === 0) return <NoDeliveries isFiltered={isFiltered} />;
            return <DeliveriesTable key={JSON.stringify(filter)} deliveries={deliveries} />;
          }}
        </Loaded>
        <LoadMore query={query} />
      </PageSection>
    </>
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

export function NoDeliveries({ isFiltered }: { isFiltered: boolean }) {
  const session = useSession();
  if (isFiltered) return <NothingMatches to="/deliveries" of="delivery" />;
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
