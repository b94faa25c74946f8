import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import { Link } from "@tanstack/react-router";

import type { Event } from "../../api/event-queries.ts";
import { ActorName, channelName } from "../../components/actor-name.tsx";
import { EventTypeName } from "../../components/event-type-name.tsx";
import { useArrivals } from "../../components/use-arrivals.ts";
import { When } from "../../components/when.tsx";

export function EventsTable({ events }: { events: readonly Event[] }) {
  const arrival = useArrivals(events);
  return (
    <Table aria-label="Events" variant="compact">
      <Thead>
        <Tr>
          <Th>Event</Th>
          <Th modifier="nowrap">Account</Th>
          <Th>By</Th>
          <Th>Through</Th>
          <Th modifier="nowrap">Sequence</Th>
          <Th modifier="nowrap">When</Th>
        </Tr>
      </Thead>
      <Tbody>
        {events.map((it) => (
          <Tr key={it.id} className={arrival(it)}>
            <Td dataLabel="Event">
              <Link to="/events/$id" params={{ id: it.id }}>
                <EventTypeName type={it.type} />
              </Link>
            </Td>
            <Td dataLabel="Account">{it.account_name}</Td>
            <Td dataLabel="By">
              <ActorName actor={it.actor} />
            </Td>
            <Td dataLabel="Through" modifier="nowrap">
              {channelName(it.channel)}
            </Td>
            <Td dataLabel="Sequence">{it.sequence}</Td>
            <Td dataLabel="When">
              <When at={it.occurred_at} />
            </Td>
          </Tr>
        ))}
      </Tbody>
    </Table>
  );
}
