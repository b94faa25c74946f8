import type { SentStatement, Transaction, OwnChannel } from "#platform/database/database.ts";
import type { DueDelivery } from "./due.ts";
import { lockingFirstRows } from "./lock-order.ts";
import type { BodyFormat, RecordedPayload } from "./payload.ts";

/** The scope of an ordering key. Deliveries of one endpoint with the same key are sent one at a time, in sequence. */
export type Ordering = "none" | "object" | "account";

export function orderingKeyOf(
  ordering: Ordering,
  event: { readonly type: string; readonly accountId: number; readonly objectId: number },
): string | null {
  switch (ordering) {
    case "none":
      return null;
    case "account":
      return `account/${event.accountId}`;
    case "object":
      return objectOf(event);
  }
}

/** Returns the object that an event is about: `application/41`. The type `deliveries.exhausted` is about an endpoint. */
export function objectOf({ type, objectId }: { readonly type: string; readonly objectId: number }): string {
  const [kind] = type.split(".", 1);
  return `${kind === "deliveries" ? "endpoint" : kind}/${objectId}`;
}

export interface PlannedDelivery {
  readonly eventId: string;
  readonly endpointId: number;
  readonly format: BodyFormat;
  /** For example `account/31`. Null: no order. */
  readonly orderingKey: string | null;
  /** The event's number in its account. */
  readonly sequence: number;
  /** The endpoint's version that the transaction has read. */
  readonly endpointVersion: number;
}

/** Due times as reads return them (due.ts). */
const insertedColumns = `event_id, endpoint_id, due_at::text as "dueAt"`;

const dueColumns = `provider_id, event_id, endpoint_id, format, ordering_key, sequence, due_at`;

// One row per subscribed endpoint, in the transaction that records the event. `due_at` is the clock at each row, not
// the start of the transaction, because cursors rely on it (due.ts). Unnested in the select list, as in
// record-events.ts.
const plannedColumns = `unnest($2::uuid[]) as event_id, unnest($3::bigint[]) as endpoint_id, unnest($4::text[]) as format,
      unnest($5::text[]) as ordering_key, unnest($6::bigint[]) as sequence`;

// Without an ordering key, the default for 3scale's webhook, no existing row is read or locked, so recordings for one
// endpoint never wait for each other: half the cost of the ordered statement. A single row, nearly always the case,
// needs no arrays.
const oneUnorderedStatement = `
  insert into due (${dueColumns})
  values ($1, $2, $3, $4, $5, $6, clock_timestamp())
  returning ${insertedColumns}`;

const unorderedStatement = `
  insert into due (${dueColumns})
  select $1, planned.*, clock_timestamp()
  from (select ${plannedColumns}) as planned
  returning ${insertedColumns}`;

// With an ordering key, the first row of each key is locked through due_order_idx, and the new row waits behind it. A
// statement that ends the first row needs the same lock and looks for the next row afterwards. So it finds the new
// one, or this statement finds the first one gone. Locks are taken in the order of lock-order.ts.
const orderedStatement = `
  with planned as (
    select ${plannedColumns}
  ), ahead as (
    select key.endpoint_id, key.ordering_key
    from (
      select distinct endpoint_id, ordering_key from planned where ordering_key is not null order by endpoint_id, ordering_key
    ) key
    ${lockingFirstRows}
  )
  insert into due (${dueColumns})
  select $1, planned.*, case when ordering_key is not null and (
      row_number() over (partition by endpoint_id, ordering_key order by sequence) > 1
      or exists (select from ahead where ahead.endpoint_id = planned.endpoint_id and ahead.ordering_key = planned.ordering_key)
    ) then 'infinity' else clock_timestamp() end
  from planned
  returning ${insertedColumns}`;

// One event, nearly always the case: each row has a key of its own, so it only waits behind rows of earlier events. Locks as
// above, because the rows come in the order of endpoints: the join follows it. For ten endpoints PostgreSQL takes 340 µs instead
// of 465.
const orderedOfOneStatement = `
  insert into due (${dueColumns})
  select $1, $2, planned.*, $6, case when ahead.is_there then 'infinity' else clock_timestamp() end
  from (select unnest($3::bigint[]) as endpoint_id, unnest($4::text[]) as format, unnest($5::text[]) as ordering_key) as planned
  left join lateral (
    select true as is_there
    from due
    where due.endpoint_id = planned.endpoint_id and due.ordering_key = planned.ordering_key
    order by due.sequence
    limit 1
    for update
  ) ahead on true
  returning ${insertedColumns}`;

interface Planned {
  readonly deliveries: readonly PlannedDelivery[];
  /** The bodies of their events. */
  readonly payloads: readonly RecordedPayload[];
}

/**
 * Inserts the deliveries of events that this transaction records, those of one event in the order of endpoints. The engine of this
 * process gets the rows with the hint.
 */
export function planDeliveries(tx: Transaction, providerId: number, { deliveries: planned, payloads }: Planned): void {
  if (planned.length === 0) return;
  const isUnordered = planned.every((delivery) => delivery.orderingKey === null);
  const [{ eventId, sequence } = { eventId: "", sequence: 0 }] = planned;
  const isOneEvent = planned.every((delivery) => delivery.eventId === eventId);
  const columns = [
    planned.map((delivery) => delivery.eventId),
    planned.map((delivery) => delivery.endpointId),
    planned.map((delivery) => delivery.format),
    planned.map((delivery) => delivery.orderingKey),
    planned.map((delivery) => delivery.sequence),
  ];
  const insert = (statement: string, values: readonly unknown[]): SentStatement<InsertedRow> =>
    tx.send(statement, [providerId, ...values]);
  let inserted: SentStatement<InsertedRow>;
  if (isUnordered && planned.length === 1) inserted = insert(oneUnorderedStatement, columns.flat());
  else if (isOneEvent && !isUnordered) {
    const [, endpointIds, formats, orderingKeys] = columns;
    inserted = insert(orderedOfOneStatement, [eventId, endpointIds, formats, orderingKeys, sequence]);
  } else inserted = insert(isUnordered ? unorderedStatement : orderedStatement, columns);
  const endpointIds = [...new Set(planned.map((delivery) => delivery.endpointId))];
  for (const endpointId of endpointIds) tx.hintOthersAfterCommit("due", String(endpointId));
  const bytes = payloads.reduce((sum, { body }) => sum + body.length, 0);
  if (bytes > bodyBytesMax || planned.length > rowsMax) hintEndpoints(tx, endpointIds);
  else hintRows(tx, { deliveries: planned, payloads, inserted });
}

/*
 * New rows travel with the hint to the engine of the same machine, which then needs no read for them: a millisecond of an idle
 * change's six. The hint stays a hint. If it is lost, a poll finds the rows; if the engine cannot be sure that it has not sent them
 * before, it reads them.
 */

export const hintedRowsChannel: OwnChannel = "own/due-rows";

/** Bytes of the bodies of one hint. With more, its rows are read. */
const bodyBytesMax = 100_000;
/** Rows of one hint. More are read like a backlog. */
const rowsMax = 500;

const hintRows = (tx: Transaction, recorded: Recorded): void =>
  tx.hintOwnAfterCommit(hintedRowsChannel, (committingAtMs) => renderHintedRows(recorded, committingAtMs));

/** Keeps no bodies until the commit: a transaction may record a thousand events, with some kilobytes of bodies each. */
const hintEndpoints = (tx: Transaction, endpointIds: readonly number[]): void =>
  tx.hintOwnAfterCommit(hintedRowsChannel, (committingAtMs) =>
    renderMessage({ committingAtMs, payloads: [], rows: [], endpointIds }),
  );

/** A row as the insert returns it. `infinity`: it waits behind another row of its key. */
type InsertedRow = Pick<DueDelivery, "eventId" | "endpointId" | "dueAt">;

/** The deliveries that one transaction has made due. */
export interface HintedRows {
  /** When its commit began, in time of `machineMs`. Nobody can have seen its rows before. */
  readonly committingAtMs: number;
  /** In the order of the transaction. */
  readonly rows: readonly DueDelivery[];
  /** Endpoints that need a read. */
  readonly endpointIds: readonly number[];
}

interface Recorded extends Planned {
  /** Its rows are there from the end of the statement on. */
  readonly inserted: SentStatement<InsertedRow>;
}

/** `HintedRows` as they travel: each body once. */
interface Message extends Pick<HintedRows, "committingAtMs" | "endpointIds"> {
  readonly payloads: readonly (Pick<DueDelivery, "eventId" | "format" | "context"> & { readonly body: string })[];
  readonly rows: readonly (Pick<DueDelivery, "endpointId" | "dueAt" | "orderingKey" | "endpointVersion"> & {
    /** Index of its payload. */
    readonly payload: number;
  })[];
}

const renderMessage = (message: Message): string => JSON.stringify(message);

/** Renders the rows that are due. One that waits in its key is made due, and hinted, by the end of the row ahead of it. */
function renderHintedRows({ deliveries, payloads, inserted }: Recorded, committingAtMs: number): string {
  const dueAts = new Map(inserted.rows.map(({ eventId, endpointId, dueAt }) => [`${eventId}.${endpointId}`, dueAt]));
  const indexes = new Map(payloads.map(({ eventId, format }, index) => [`${eventId}.${format}`, index]));
  const rows = deliveries.flatMap(({ eventId, endpointId, format, orderingKey, endpointVersion }) => {
    const [dueAt, payload] = [dueAts.get(`${eventId}.${endpointId}`), indexes.get(`${eventId}.${format}`)];
    if (dueAt === undefined || payload === undefined || dueAt === "infinity") return [];
    return [{ payload, endpointId, dueAt, orderingKey, endpointVersion }];
  });
  return renderMessage({ committingAtMs, payloads: payloads.map(withText), rows, endpointIds: [] });
}

const withText = ({ body, ...payload }: RecordedPayload) => ({ ...payload, body: body.toString() });

/** Parses a text of `renderHintedRows`. */
export function parseHintedRows(text: string): HintedRows {
  const { committingAtMs, endpointIds, payloads, rows }: Message = JSON.parse(text);
  const contents = payloads.map(({ body, ...payload }) => ({ ...payload, body: Buffer.from(body) }));
  return {
    committingAtMs,
    endpointIds,
    rows: rows.flatMap(({ payload, ...row }) => {
      const content = contents[payload];
      return content ? [{ ...content, ...row, ...unsent }] : [];
    }),
  };
}

/** A new row of `due`. Rows that are recorded behind it later are hinted when it has ended. */
const unsent = { attemptsMade: 0, roundStart: 0, replay: 0, retriedAt: "-infinity", isFollowed: false } as const;
