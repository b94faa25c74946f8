import { PageSection } from "@patternfly/react-core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";

import { useApi } from "../../api/api-context.ts";
import { eventsQuery } from "../../api/event-queries.ts";
import { LiveLabel } from "../../components/live-label.tsx";
import { LoadMore } from "../../components/load-more.tsx";
import { Loaded } from "../../components/loaded.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { TableSkeleton } from "../../components/table-skeleton.tsx";
import { EventFilters } from "./event-filters.tsx";
import { EventsTable } from "./events-table.tsx";
import { NoEvents } from "./no-events.tsx";

const route = getRouteApi("/events");

export function EventsPage() {
  const filter = route.useSearch();
  const query = useInfiniteQuery(eventsQuery(useApi(), filter));
  return (
    <>
      <PageHeader title="Events" actions={<LiveLabel />}>
        Everything that happened to accounts, users and applications, whether it was sent or not.
      </PageHeader>
      <PageSection isFilled>
        <EventFilters filter={filter} accountName={query.data?.pages[0]?.data[0]?.account_name} />
        <Loaded query={query} skeleton={<TableSkeleton of="events" />}>
          {({ pages }) => {
            const events = pages.flatMap((page) => page.data);
            if (events.length === 0) return <NoEvents isFiltered={Object.keys(filter).length > 0} />;
            return <EventsTable key={JSON.stringify(filter)} events={events} />;
          }}
        </Loaded>
        <LoadMore query={query} />
      </PageSection>
    </>
  );
}
