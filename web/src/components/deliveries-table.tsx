import { Table, Tbody, Td, Th, Thead, Tr, type TdProps } from "@patternfly/react-table";
import { Link } from "@tanstack/react-router";

import type { Delivery } from "../api/delivery-queries.ts";
import { AnswerLabel } from "./answer-label.tsx";
import { DeliveryStateLabel } from "./delivery-state-label.tsx";
import { EventTypeName } from "./event-type-name.tsx";
import { useArrivals } from "./use-arrivals.ts";
import { When } from "./when.tsx";

/** A phone shows a delivery as a list of lines: four are enough to find it. */
const wideOnly: NonNullable<TdProps["visibility"]> = ["hidden", "visibleOnMd"];

/** Newest first. A delivery that comes while the table is on the screen is pointed out for a moment. */
export function DeliveriesTable({ deliveries }: { deliveries: readonly Delivery[] }) {
  const arrival = useArrivals(deliveries);
  return (
    <Table aria-label="Deliveries" variant="compact">
      <Thead>
        <Tr>
          <Th>Event</Th>
          <Th modifier="nowrap">Account</Th>
          <Th modifier="nowrap">State</Th>
          <Th modifier="nowrap">Last answer</Th>
          <Th modifier="nowrap" visibility={wideOnly}>
            Attempts
          </Th>
          <Th modifier="nowrap" visibility={wideOnly}>
            Endpoint
          </Th>
          <Th modifier="nowrap">When</Th>
        </Tr>
      </Thead>
      <Tbody>
        {deliveries.map((it) => (
          <Tr key={it.id} className={arrival(it)}>
            <Td dataLabel="Event">
              <Link to="/deliveries/$id" params={{ id: it.id }}>
                <EventTypeName type={it.event_type} />
              </Link>
            </Td>
            <Td dataLabel="Account">{it.account_name}</Td>
            <Td dataLabel="State">
              <DeliveryStateLabel state={it.state} />
            </Td>
            <Td dataLabel="Last answer">
              <AnswerLabel attempt={it.last_attempt} />
            </Td>
            <Td dataLabel="Attempts" visibility={wideOnly}>
              {it.attempts_made}
            </Td>
            <Td dataLabel="Endpoint" visibility={wideOnly}>
              {it.endpoint_name}
            </Td>
            <Td dataLabel="When">
              <When at={it.occurred_at} />
            </Td>
          </Tr>
        ))}
      </Tbody>
    </Table>
  );
}
