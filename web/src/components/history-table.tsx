import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import { useApi } from "../api/bellwire-client.ts";
import type { Delivery } from "../api/deliveries.ts";
import { type Event, eventTypesQuery } from "../api/events.ts";
import type { BulkSelection } from "./jobs/bulk-bar.tsx";
import { AnswerLabel, DeliveryStateLabel, Name } from "./labels.tsx";
import { When } from "./time.tsx";

interface HistoryRow {
  readonly id: string;
  readonly account_name: string | null;
  readonly occurred_at: string;
}

/**
 * The place of a column where the table is too narrow for columns. Each row has two lines there: the title with the
 * state and the answer at its end, and below it the account, the detail and the time.
 */
type NarrowPlace = "title" | "account" | "detail" | "state" | "answer" | "time";

export interface HistoryColumn<Row> {
  readonly title: string;
  readonly show: (row: Row) => ReactNode;
  /** Columns without a place are hidden where the table is narrow. */
  readonly place?: NarrowPlace;
  /** User-chosen names: a long word must break instead of pushing other columns off the screen. */
  readonly isName?: boolean;
}

export interface HistoryTableProps<Row> {
  readonly label: string;
  /** Newest first. Rows that arrive while the table is shown are highlighted for a moment. */
  readonly rows: readonly Row[];
  /** The event with its link. */
  readonly first: HistoryColumn<Row>;
  /** The columns between account and time. */
  readonly more: readonly HistoryColumn<Row>[];
  /** Adds a column of checkboxes. Hidden where the table is narrow: there, actions apply to all rows of the filter. */
  readonly selection?: BulkSelection;
}

const accountColumn: HistoryColumn<HistoryRow> = {
  title: "Account",
  show: (row) => (row.account_name === "" ? "Erased on request" : row.account_name && <Name>{row.account_name}</Name>),
  place: "account",
  isName: true,
};
const whenColumn: HistoryColumn<HistoryRow> = {
  title: "When",
  show: (row) => <When at={row.occurred_at} />,
  place: "time",
};

const placeClass = (place: NarrowPlace | undefined): string => `bellwire-at-${place ?? "none"}`;

/** A table of events or deliveries. */
export function HistoryTable<Row extends HistoryRow>(props: HistoryTableProps<Row>) {
  const { label, rows, first, more, selection } = props;
  const arrival = useNewRowClass(rows);
  const columns = [first, accountColumn, ...more, whenColumn];
  return (
    <div className="bellwire-rows">
      <Table aria-label={label} variant="compact" gridBreakPoint="">
        <Thead>
          <Tr>
            {selection && (
              <Th
                aria-label="Select all rows"
                className={placeClass(undefined)}
                select={{
                  isSelected: rows.every(({ id }) => isSelected(selection, id)),
                  onSelect: (_, isOn) =>
                    selection.onTick(
                      rows.map(({ id }) => id),
                      isOn,
                    ),
                }}
              />
            )}
            {columns.map((column) => (
              <Th key={column.title} modifier="nowrap">
                {column.title}
              </Th>
            ))}
          </Tr>
        </Thead>
        <Tbody>
          {rows.map((row, rowIndex) => (
            <Tr key={row.id} className={arrival(row)}>
              {selection && (
                <Td
                  className={placeClass(undefined)}
                  select={{
                    rowIndex,
                    isSelected: isSelected(selection, row.id),
                    onSelect: (_, isOn) => selection.onTick([row.id], isOn),
                  }}
                />
              )}
              {columns.map((column) => (
                <Td
                  key={column.title}
                  dataLabel={column.title}
                  className={placeClass(column.place)}
                  {...(column.isName && { modifier: "breakWord" })}
                >
                  {column.show(row)}
                </Td>
              ))}
            </Tr>
          ))}
        </Tbody>
      </Table>
    </div>
  );
}

const isSelected = ({ isAll, ids }: BulkSelection, id: string): boolean => isAll || ids.has(id);

interface Identified {
  readonly id: string;
}

/** Returns a class name for rows that are newer than the first rows shown. */
function useNewRowClass(rows: readonly Identified[]): (row: Identified) => string {
  const [newestFirstShown] = useState(rows[0]?.id ?? "");
  // Ids are UUIDv7, so they sort by time. Rows of "Load more" are older.
  return ({ id }) => (id > newestFirstShown ? "bellwire-new" : "");
}

const deliveryEventColumn: HistoryColumn<Delivery> = {
  title: "Event",
  place: "title",
  show: ({ id, event_type }) => (
    <Link to="/deliveries/$id" params={{ id }}>
      <EventTypeName type={event_type} />
    </Link>
  ),
};

const deliveryColumns: readonly HistoryColumn<Delivery>[] = [
  { title: "State", show: ({ state }) => <DeliveryStateLabel state={state} />, place: "state" },
  { title: "Last response", show: ({ last_attempt }) => <AnswerLabel attempt={last_attempt} />, place: "answer" },
  { title: "Attempts", show: ({ attempts_made }) => attempts_made },
  { title: "Endpoint", show: ({ endpoint_name }) => <Name>{endpoint_name}</Name>, place: "detail", isName: true },
];

export interface DeliveriesTableProps {
  readonly deliveries: readonly Delivery[];
  readonly selection?: BulkSelection;
}

export const DeliveriesTable = ({ deliveries, selection }: DeliveriesTableProps) => (
  <HistoryTable
    label="Deliveries"
    rows={deliveries}
    first={deliveryEventColumn}
    more={deliveryColumns}
    {...(selection && { selection })}
  />
);

/** Returns "Account created" for `account.created`. */
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
  system: "Bellwire",
} as const satisfies Record<Event["actor"]["kind"], string>;

const channels = {
  developer_portal: "Developer Portal",
  admin_portal: "Admin Portal",
  api: "API",
  system: "Background",
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
