import { Table, Tbody, Td, type TdProps, Th, Thead, Tr } from "@patternfly/react-table";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import { useApi } from "../api/bellwire-client.ts";
import type { Delivery } from "../api/deliveries.ts";
import { type Event, eventTypesQuery } from "../api/events.ts";
import { AnswerLabel, DeliveryStateLabel } from "./labels.tsx";
import { When } from "./time.tsx";

interface HistoryRow {
  readonly id: string;
  readonly account_name: string | null;
  readonly occurred_at: string;
}

export interface HistoryColumn<Row> {
  readonly title: string;
  readonly show: (row: Row) => ReactNode;
  /** A phone shows a row as a list of lines, for which this is one too many. */
  readonly isWideOnly?: boolean;
  /** Somebody has chosen the name in it: one long word must not push the other columns off the screen. */
  readonly isName?: boolean;
}

export interface HistoryTableProps<Row> {
  readonly label: string;
  /** Newest first. One that comes while the table is on the screen is pointed out for a moment. */
  readonly rows: readonly Row[];
  /** The event with its link. */
  readonly first: HistoryColumn<Row>;
  /** Between the account and the time, which every row has. */
  readonly more: readonly HistoryColumn<Row>[];
}

const accountColumn: HistoryColumn<HistoryRow> = { title: "Account", show: (row) => row.account_name, isName: true };
const whenColumn: HistoryColumn<HistoryRow> = { title: "When", show: (row) => <When at={row.occurred_at} /> };

const wideOnly: NonNullable<TdProps["visibility"]> = ["hidden", "visibleOnMd"];

/** What happened, a row each: events, or their deliveries. */
export function HistoryTable<Row extends HistoryRow>({ label, rows, first, more }: HistoryTableProps<Row>) {
  const arrival = useArrivals(rows);
  const columns = [first, accountColumn, ...more, whenColumn];
  const widthOf = ({ isWideOnly }: HistoryColumn<Row>) => (isWideOnly ? { visibility: wideOnly } : {});
  return (
    <Table aria-label={label} variant="compact">
      <Thead>
        <Tr>
          {columns.map((column) => (
            <Th key={column.title} modifier="nowrap" {...widthOf(column)}>
              {column.title}
            </Th>
          ))}
        </Tr>
      </Thead>
      <Tbody>
        {rows.map((row) => (
          <Tr key={row.id} className={arrival(row)}>
            {columns.map((column) => (
              <Td
                key={column.title}
                dataLabel={column.title}
                {...(column.isName && { modifier: "breakWord" })}
                {...widthOf(column)}
              >
                {column.show(row)}
              </Td>
            ))}
          </Tr>
        ))}
      </Tbody>
    </Table>
  );
}

interface Identified {
  readonly id: string;
}

/** A class name for rows that came while the table was on the screen, newer than all that it showed first. */
function useArrivals(rows: readonly Identified[]): (row: Identified) => string {
  const [newestFirstShown] = useState(rows[0]?.id ?? "");
  // Ids are UUIDv7: in the order of time. What "Load more" brings is older, and no news.
  return ({ id }) => (id > newestFirstShown ? "bellwire-new" : "");
}

const deliveryEventColumn: HistoryColumn<Delivery> = {
  title: "Event",
  show: ({ id, event_type }) => (
    <Link to="/deliveries/$id" params={{ id }}>
      <EventTypeName type={event_type} />
    </Link>
  ),
};

const deliveryColumns: readonly HistoryColumn<Delivery>[] = [
  { title: "State", show: ({ state }) => <DeliveryStateLabel state={state} /> },
  { title: "Last answer", show: ({ last_attempt }) => <AnswerLabel attempt={last_attempt} /> },
  { title: "Attempts", show: ({ attempts_made }) => attempts_made, isWideOnly: true },
  { title: "Endpoint", show: ({ endpoint_name }) => endpoint_name, isWideOnly: true, isName: true },
];

export const DeliveriesTable = ({ deliveries }: { deliveries: readonly Delivery[] }) => (
  <HistoryTable label="Deliveries" rows={deliveries} first={deliveryEventColumn} more={deliveryColumns} />
);

/** "Account created" for `account.created`. */
export function useEventTypeName(type: string): string {
  const { data: types } = useQuery(eventTypesQuery(useApi()));
  return types?.find((it) => it.type === type)?.label ?? type;
}

export function EventTypeName({ type }: { type: string }) {
  return <span title={type}>{useEventTypeName(type)}</span>;
}

const kinds = {
  developer: "A developer",
  admin: "An admin",
  token: "An access token",
  key: "The provider key",
  system: "Bellwire itself",
} as const satisfies Record<Event["actor"]["kind"], string>;

const channels = {
  developer_portal: "Developer Portal",
  admin_portal: "Admin Portal",
  api: "API",
  system: "in the background",
} as const satisfies Record<Event["channel"], string>;

export const channelName = (channel: Event["channel"]): string => channels[channel];

export function ActorName({ actor: { kind, user_id } }: { actor: Event["actor"] }) {
  return (
    <>
      {kinds[kind]}
      {user_id !== null && <span className="bellwire-subtle"> (user {user_id})</span>}
    </>
  );
}
