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
import { rowsPerPage } from "../../api/deliveries.ts";
import { type Event, type EventFilter, eventPagesQuery, eventTypesQuery, readEventPage } from "../../api/events.ts";
import type { ListFilter } from "../../api/filters.ts";
import { useLiveList } from "../../api/live-list.ts";
import type { StreamMessage } from "../../api/live-updates.tsx";
import { FilteredList } from "../../components/filters/filtered-list.tsx";
import {
  ActorName,
  EventTypeName,
  type HistoryColumn,
  HistoryTable,
  channelName,
} from "../../components/history-table.tsx";
import { SelectFilter } from "../../components/lists.tsx";
import { PageHeader, SignUpButton } from "../../components/page-header.tsx";
import { readEventSearch } from "../list-filters.ts";

const route = getRouteApi("/events");

export function EventsPage() {
  const filter = route.useSearch();
  const { data } = useInfiniteQuery(eventPagesQuery(useApi(), filter));
  return (
    <>
      <PageHeader title="Events">Every change to accounts, users and applications, sent or not.</PageHeader>
      <PageSection isFilled>
        <EventFilters filter={filter} accountName={data?.pages[0]?.data[0]?.account_name} />
        <EventList key={JSON.stringify(filter)} filter={filter} />
      </PageSection>
    </>
  );
}

/** The order of the API: newest first. Ids are UUIDv7, so they sort by time. */
const eventOrder = {
  idOf: ({ id }: Event) => id,
  compare: (one: Event, other: Event) => (one.id < other.id ? 1 : -1),
};

function EventList({ filter }: { filter: EventFilter }) {
  const api = useApi();
  const navigate = useNavigate();
  const options = eventPagesQuery(api, filter);
  const query = useInfiniteQuery(options);
  const { type, account_id } = filter;
  const live = useLiveList({
    queryKey: options.queryKey,
    order: eventOrder,
    limit: rowsPerPage,
    changeOf: (message: StreamMessage) => {
      if (message.kind !== "event") return undefined;
      const { data: row } = message;
      const isMatch = (type ?? row.type) === row.type && (account_id ?? row.account_id) === row.account_id;
      return { row, isMatch };
    },
    readFirstPage: () => readEventPage(api, filter),
  });
  const listFilter: ListFilter = {
    ...(type && { event_type: type }),
    ...(account_id && { account: String(account_id) }),
  };
  return (
    <FilteredList
      list="events"
      filter={listFilter}
      query={query}
      live={live}
      empty={<NoEvents />}
      onClear={() => void navigate({ to: "/events", search: {} })}
    >
      {(events) => <EventsTable events={events} />}
    </FilteredList>
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
