import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useEffect, useMemo, useState } from "react";
import { useApi } from "../api/bellwire-client.ts";
import type { Delivery } from "../api/deliveries.ts";
import { type Event, eventTypesQuery } from "../api/events.ts";
import type { JobFilter } from "../api/jobs.ts";
import { BulkBar, type BulkSelection, useBulkSelection } from "./jobs/bulk-bar.tsx";
import { RunningJobs } from "./jobs/job-progress.tsx";
import { useIsDeletedEndpoint } from "./endpoint/endpoint-filter.tsx";
import { AnswerLabel, DeliveryStateLabel, EndpointLink, Name } from "./labels.tsx";
import { type ListColumn, ListTable } from "./list-table.tsx";
import { When } from "./time.tsx";

interface HistoryRow {
  readonly id: string;
  readonly account_name: string | null;
  readonly occurred_at: string;
}

export interface HistoryTableProps<Row> {
  readonly label: string;
  /** Newest first. Rows that arrive while the table is shown are highlighted for a moment. */
  readonly rows: readonly Row[];
  /** The event with its link. */
  readonly first: ListColumn<Row>;
  /** The columns between account and time. */
  readonly more: readonly ListColumn<Row>[];
  readonly selection?: BulkSelection;
}

const accountColumn: ListColumn<HistoryRow> = {
  title: "Account",
  show: (row) => (row.account_name === "" ? "Erased on request" : row.account_name && <Name>{row.account_name}</Name>),
  place: "start",
  isName: true,
  width: 25,
};

interface EndpointRow {
  readonly endpoint_id: number;
  readonly endpoint_name: string;
}

/** Returns the column of endpoints. It has a width of its own, since the longest name of the page would take the room of the other columns. */
export function useEndpointColumn(): ListColumn<EndpointRow> {
  const isDeleted = useIsDeletedEndpoint();
  return useMemo(
    () => ({
      title: "Endpoint",
      show: ({ endpoint_id, endpoint_name }) => (
        <EndpointLink id={endpoint_id} name={endpoint_name} isDeleted={isDeleted(endpoint_id)} />
      ),
      place: "middle",
      isName: true,
      width: 25,
    }),
    [isDeleted],
  );
}

const whenColumn: ListColumn<HistoryRow> = {
  title: "When",
  show: (row) => <When at={row.occurred_at} />,
  place: "end",
};

/** A table of events, deliveries or attempts. */
export function HistoryTable<Row extends HistoryRow>(props: HistoryTableProps<Row>) {
  const { label, rows, first, more, selection } = props;
  const columns = useMemo(() => [first, accountColumn, ...more, whenColumn], [first, more]);
  return (
    <ListTable
      label={label}
      rows={rows}
      columns={columns}
      keyOf={({ id }) => id}
      selection={selection}
      classOf={useNewRowClass(rows)}
    />
  );
}

interface Identified {
  readonly id: string;
}

/** Returns a class name for rows that are newer than the first rows shown. */
function useNewRowClass(rows: readonly Identified[]): (row: Identified) => string {
  const [newestFirstShown] = useState(rows[0]?.id ?? "");
  // Ids are UUIDv7, so they sort by time. Rows of "Load more" are older.
  return ({ id }) => (id > newestFirstShown ? "bellwire-new" : "");
}

const deliveryEventColumn: ListColumn<Delivery> = {
  title: "Event",
  place: "title",
  show: ({ id, event_type }) => (
    <Link to="/deliveries/$id" params={{ id }}>
      <EventTypeName type={event_type} />
    </Link>
  ),
};

const deliveryColumns: readonly ListColumn<Delivery>[] = [
  { title: "State", show: ({ state }) => <DeliveryStateLabel state={state} />, place: "state" },
  { title: "Last response", show: ({ last_attempt }) => <AnswerLabel attempt={last_attempt} />, place: "value" },
  { title: "Attempts", show: ({ attempts_made }) => attempts_made, isExtra: true },
];

export interface DeliveriesTableProps {
  readonly deliveries: readonly Delivery[];
  readonly selection?: BulkSelection;
  /** Leaves out the endpoint, which the page names. */
  readonly isOfEndpoint?: boolean;
}

export function DeliveriesTable({ deliveries, selection, isOfEndpoint = false }: DeliveriesTableProps) {
  const endpointColumn = useEndpointColumn();
  const more = useMemo(
    () => (isOfEndpoint ? deliveryColumns : [...deliveryColumns, endpointColumn]),
    [isOfEndpoint, endpointColumn],
  );
  return (
    <HistoryTable
      label="Deliveries"
      rows={deliveries}
      first={deliveryEventColumn}
      more={more}
      {...(selection && { selection })}
    />
  );
}

export interface SelectableDeliveriesProps {
  readonly deliveries: readonly Delivery[];
  /** The filter of the list, which "all" refers to. */
  readonly filter: JobFilter;
  /** Receives whether rows are selected, which new rows must not push off the list. */
  readonly keepRows: (isKept: boolean) => void;
}

const exported = ["deliveries", "attempts"] as const;

/** A table of deliveries with actions on the selected ones, or on all that match the filter. */
export function SelectableDeliveries({ deliveries, filter, keepRows }: SelectableDeliveriesProps) {
  const selection = useBulkSelection(deliveries.map(({ id }) => id));
  const hasSelection = selection.ids.size > 0 || selection.isAll;
  useEffect(() => keepRows(hasSelection), [keepRows, hasSelection]);
  return (
    <>
      <RunningJobs exportsOf={exported} />
      <BulkBar
        of="deliveries"
        filter={filter}
        selection={selection}
        // Without a selection, the button must not suggest to resend the whole history.
        kinds={hasSelection ? ["retry", "replay", "cancel", "export"] : ["export", "retry", "replay", "cancel"]}
      />
      <DeliveriesTable deliveries={deliveries} selection={selection} />
    </>
  );
}

/** Returns "Account created" for `account.created`. */
export function useEventTypeName(type: string): string {
  const { data: types } = useQuery(eventTypesQuery(useApi()));
  return types?.find((each) => each.type === type)?.label ?? type;
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

const roles = { developer: "developer", admin: "admin", token: "access token" } as const;

export function ActorName({ actor: { kind, user_id, name } }: { actor: Event["actor"] }) {
  if (name !== null && kind !== "key" && kind !== "system")
    return (
      <>
        <Name>{name}</Name> <span className="bellwire-subtle">({roles[kind]})</span>
      </>
    );
  return (
    <>
      {kinds[kind]}
      {user_id !== null && <span className="bellwire-subtle"> (user {user_id})</span>}
    </>
  );
}
