import { EmptyState, EmptyStateActions, EmptyStateBody, EmptyStateFooter, PageSection } from "@patternfly/react-core";
import HistoryIcon from "@patternfly/react-icons/dist/esm/icons/history-icon";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, getRouteApi, useNavigate } from "@tanstack/react-router";
import { useApi } from "../../api/bellwire-client.ts";
import { rowsPerPage } from "../../api/deliveries.ts";
import { type Event, eventPagesQuery, readEventPage } from "../../api/events.ts";
import { type ListFilter, matchesEvent } from "../../api/filters.ts";
import { useLiveList } from "../../api/live-list.ts";
import type { StreamMessage } from "../../api/live-updates.tsx";
import { FilterBar } from "../../components/filters/filter-bar.tsx";
import { FilteredList } from "../../components/filters/filtered-list.tsx";
import type { ListColumn } from "../../components/list-table.tsx";
import { ActorName, EventTypeName, HistoryTable, channelName } from "../../components/history-table.tsx";
import { PageHeader, SignUpButton } from "../../components/page-header.tsx";

const route = getRouteApi("/events");

export function EventsPage() {
  const filter = route.useSearch();
  const navigate = useNavigate();
  const show = (search: ListFilter): void => void navigate({ to: "/events", search });
  return (
    <>
      <PageHeader title="Events">Every change to accounts, users and applications, sent or not.</PageHeader>
      <PageSection isFilled>
        <FilterBar list="events" filter={filter} onChange={show} />
        <EventList key={JSON.stringify(filter)} filter={filter} onClear={() => show({})} />
      </PageSection>
    </>
  );
}

/** The order of the API: newest first. Ids are UUIDv7, so they sort by time. */
const eventOrder = {
  idOf: ({ id }: Event) => id,
  compare: (one: Event, other: Event) => (one.id < other.id ? 1 : -1),
};

function EventList({ filter, onClear }: { filter: ListFilter; onClear: () => void }) {
  const api = useApi();
  const options = eventPagesQuery(api, filter);
  const live = useLiveList({
    queryKey: options.queryKey,
    order: eventOrder,
    limit: rowsPerPage,
    changeOf: (message: StreamMessage) =>
      message.kind === "event"
        ? { row: message.data, isMatch: matchesEvent(filter, message.data, new Date()) }
        : undefined,
    readFirstPage: () => readEventPage(api, filter),
  });
  // Neither a return to a paused list nor a gap in the stream replaces its rows.
  const query = useInfiniteQuery({ ...options, enabled: !live.state.isPaused });
  return (
    <FilteredList list="events" filter={filter} query={query} live={live} empty={<NoEvents />} onClear={onClear}>
      {(events) => <EventsTable events={events} />}
    </FilteredList>
  );
}

const eventColumn: ListColumn<Event> = {
  title: "Event",
  place: "title",
  show: ({ id, type }) => (
    <Link to="/events/$id" params={{ id }}>
      <EventTypeName type={type} />
    </Link>
  ),
};

const columns: readonly ListColumn<Event>[] = [
  { title: "Actor", show: ({ actor }) => <ActorName actor={actor} />, place: "middle" },
  { title: "Channel", show: ({ channel }) => channelName(channel), place: "value" },
  { title: "Sequence", show: ({ sequence }) => sequence },
];

const EventsTable = ({ events }: { events: readonly Event[] }) => (
  <HistoryTable label="Events" rows={events} first={eventColumn} more={columns} />
);

function NoEvents() {
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
