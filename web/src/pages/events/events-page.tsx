import {
  EmptyState,
  EmptyStateActions,
  EmptyStateBody,
  EmptyStateFooter,
  Label,
  PageSection,
  Toolbar,
  ToolbarContent,
  ToolbarItem,
} from "@patternfly/react-core";
import HistoryIcon from "@patternfly/react-icons/dist/esm/icons/history-icon";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, getRouteApi, useNavigate } from "@tanstack/react-router";
import { useApi } from "../../api/bellwire-client.ts";
import { type Event, type EventFilter, eventTypesQuery, eventsQuery } from "../../api/events.ts";
import {
  ActorName,
  EventTypeName,
  type HistoryColumn,
  HistoryTable,
  channelName,
} from "../../components/history-table.tsx";
import { LiveLabel } from "../../components/labels.tsx";
import { LoadMore, NothingMatches, SelectFilter } from "../../components/lists.tsx";
import { Loaded, TableSkeleton } from "../../components/loaded.tsx";
import { PageHeader, SignUpButton } from "../../components/page-header.tsx";
import { readEventSearch } from "../list-filters.ts";

const route = getRouteApi("/events");

export function EventsPage() {
  const filter = route.useSearch();
  const query = useInfiniteQuery(eventsQuery(useApi(), filter));
  return (
    <>
      <PageHeader title="Events" actions={<LiveLabel />}>
        Every change to accounts, users and applications, sent or not.
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

export interface EventFiltersProps {
  readonly filter: EventFilter;
  /** The name of the filtered account, if the list contains it. */
  readonly accountName: string | undefined;
}

export function EventFilters({ filter, accountName }: EventFiltersProps) {
  const navigate = useNavigate();
  const { data: types = [] } = useQuery(eventTypesQuery(useApi()));
  const narrow = (changed: Record<string, unknown>): void =>
    void navigate({ to: "/events", search: readEventSearch({ ...filter, ...changed }) });
  return (
    <Toolbar inset={{ default: "insetNone" }}>
      <ToolbarContent>
        <SelectFilter
          label="Event"
          all="Every event"
          value={filter.type}
          options={types.map(({ type, label }) => ({ value: type, label }))}
          onChange={(type) => narrow({ type })}
        />
        {filter.account_id !== undefined && (
          <ToolbarItem alignSelf="center">
            <Label
              closeBtnAriaLabel="Show the events of every account"
              onClose={() => narrow({ account_id: undefined })}
            >
              Account: {accountName ?? filter.account_id}
            </Label>
          </ToolbarItem>
        )}
      </ToolbarContent>
    </Toolbar>
  );
}

const eventColumn: HistoryColumn<Event> = {
  title: "Event",
  place: "title",
  show: ({ id, type }) => (
    <Link to="/events/$id" params={{ id }}>
      <EventTypeName type={type} />
    </Link>
  ),
};

const columns: readonly HistoryColumn<Event>[] = [
  { title: "Actor", show: ({ actor }) => <ActorName actor={actor} />, place: "detail" },
  { title: "Channel", show: ({ channel }) => channelName(channel), place: "answer" },
  { title: "Sequence", show: ({ sequence }) => sequence },
];

export const EventsTable = ({ events }: { events: readonly Event[] }) => (
  <HistoryTable label="Events" rows={events} first={eventColumn} more={columns} />
);

export function NoEvents({ isFiltered }: { isFiltered: boolean }) {
  if (isFiltered) return <NothingMatches to="/events" of="event" />;
  return (
    <EmptyState titleText="No events yet" icon={HistoryIcon} headingLevel="h2">
      <EmptyStateBody>
        Bellwire records an event with each change. A sign-up creates three: the account, its first user and an
        application.
      </EmptyStateBody>
      <EmptyStateFooter>
        <EmptyStateActions>
          <SignUpButton />
        </EmptyStateActions>
      </EmptyStateFooter>
    </EmptyState>
  );
}
