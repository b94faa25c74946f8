import { Link } from "@tanstack/react-router";

import type { Event } from "../../api/event-queries.ts";
import { ActorName, channelName } from "../../components/actor-name.tsx";
import { EventTypeName } from "../../components/event-type-name.tsx";
import { HistoryTable, type HistoryColumn } from "../../components/history-table.tsx";

const event: HistoryColumn<Event> = {
  title: "Event",
  show: ({ id, type }) => (
    <Link to="/events/$id" params={{ id }}>
      <EventTypeName type={type} />
    </Link>
  ),
};

const columns: readonly HistoryColumn<Event>[] = [
  { title: "By", show: ({ actor }) => <ActorName actor={actor} /> },
  { title: "Through", show: ({ channel }) => channelName(channel) },
  { title: "Sequence", show: ({ sequence }) => sequence },
];

export const EventsTable = ({ events }: { events: readonly Event[] }) => (
  <HistoryTable label="Events" rows={events} first={event} more={columns} />
);
