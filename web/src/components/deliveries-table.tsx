import { Link } from "@tanstack/react-router";

import type { Delivery } from "../api/delivery-queries.ts";
import { AnswerLabel } from "./answer-label.tsx";
import { DeliveryStateLabel } from "./delivery-state-label.tsx";
import { EventTypeName } from "./event-type-name.tsx";
import { HistoryTable, type HistoryColumn } from "./history-table.tsx";

const event: HistoryColumn<Delivery> = {
  title: "Event",
  show: ({ id, event_type }) => (
    <Link to="/deliveries/$id" params={{ id }}>
      <EventTypeName type={event_type} />
    </Link>
  ),
};

const columns: readonly HistoryColumn<Delivery>[] = [
  { title: "State", show: ({ state }) => <DeliveryStateLabel state={state} /> },
  { title: "Last answer", show: ({ last_attempt }) => <AnswerLabel attempt={last_attempt} /> },
  { title: "Attempts", show: ({ attempts_made }) => attempts_made, isWideOnly: true },
  { title: "Endpoint", show: ({ endpoint_name }) => endpoint_name, isWideOnly: true, isName: true },
];

export const DeliveriesTable = ({ deliveries }: { deliveries: readonly Delivery[] }) => (
  <HistoryTable label="Deliveries" rows={deliveries} first={event} more={columns} />
);
