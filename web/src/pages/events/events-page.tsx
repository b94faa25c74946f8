import { PageSection, Toolbar, ToolbarContent } from "@patternfly/react-core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";

import { useApi } from "../../api/api-context.ts";
import { eventsQuery } from "../../api/event-queries.ts";
import { eventTypesQuery } from "../../api/event-type-queries.ts";
import { LiveLabel } from "../../components/live-label.tsx";
import { LoadMore } from "../../components/load-more.tsx";
import { Loaded } from "../../components/loaded.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { SelectFilter } from "../../components/select-filter.tsx";
import { TableSkeleton } from "../../components/table-skeleton.tsx";
import { readEventSearch } from "./event-search.ts";
import { EventsTable } from "./events-table.tsx";
import { NoEvents } from "./no-events.tsx";

const route = getRouteApi("/events");

export function EventsPage() {
  const api = useApi();
  const filter = route.useSearch();
  const navigate = useNavigate();
  const { data: types = [] } = useQuery(eventTypesQuery(api));
  const query = useInfiniteQuery(eventsQuery(api, filter));
  return (
    <>
      <PageHeader title="Events" actions={<LiveLabel />}>
        Everything that happened to accounts, users and applications, whether it was sent or not.
      </PageHeader>
      <PageSection isFilled>
        <Toolbar inset={{ default: "insetNone" }}>
          <ToolbarContent>
            <SelectFilter
              label="Event"
              all="Every event"
              value={filter.type}
              options={types.map(({ type, label }) => ({ value: type, label }))}
              onChange={(type) =>
                void navigate({ to: "/events", search: readEventSearch({ ...filter, type }), replace: true })
              }
            />
          </ToolbarContent>
        </Toolbar>
        <Loaded query={query} skeleton={<TableSkeleton of="events" />}>
          {({ pages }) => {
            const events = pages.flatMap((page) => page.data);
            if (events.length === 0) return <NoEvents />;
            return <EventsTable key={JSON.stringify(filter)} events={events} />;
          }}
        </Loaded>
        <LoadMore query={query} />
      </PageSection>
    </>
  );
}
