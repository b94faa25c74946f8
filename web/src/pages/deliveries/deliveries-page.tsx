import { PageSection } from "@patternfly/react-core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";

import { useApi } from "../../api/api-context.ts";
import { deliveriesQuery } from "../../api/delivery-queries.ts";
import { DeliveriesTable } from "../../components/deliveries-table.tsx";
import { LiveLabel } from "../../components/live-label.tsx";
import { LoadMore } from "../../components/load-more.tsx";
import { Loaded } from "../../components/loaded.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { TableSkeleton } from "../../components/table-skeleton.tsx";
import { DeliveryFilters } from "./delivery-filters.tsx";
import { NoDeliveries } from "./no-deliveries.tsx";

const route = getRouteApi("/deliveries");

export function DeliveriesPage() {
  const filter = route.useSearch();
  const query = useInfiniteQuery(deliveriesQuery(useApi(), filter));
  const isFiltered = Object.keys(filter).length > 0;
  return (
    <>
      <PageHeader title="Deliveries" actions={<LiveLabel />}>
        Each line is one event on its way to one endpoint, with every attempt and how it was answered.
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
