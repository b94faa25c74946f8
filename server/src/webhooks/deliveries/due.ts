import { type Database, queryRow } from "#platform/database/database.ts";
import { firstUuid } from "#platform/ids.ts";
import type { BodyFormat, EventContext } from "./payload.ts";

/**
 * How far a lane has been read. Times are PostgreSQL's text in UTC, which sorts like the times; a JavaScript Date
 * would lose the microseconds.
 */
export interface LaneCursor {
  readonly dueAt: string;
  readonly eventId: string;
}

export const startOfLane: LaneCursor = { dueAt: "-infinity", eventId: firstUuid };

export interface LaneToRead {
  readonly endpointId: number;
  readonly after: LaneCursor;
  readonly limit: number;
  /** The read ends with the row at which its bodies have this size. */
  readonly bytes: number;
  /** Of them, those of rows that are in memory and are read again. */
  readonly bytesAgain: number;
}

/** One event for one endpoint, with everything a request needs except the endpoint's settings. */
export interface DueDelivery {
  readonly endpointId: number;
  readonly eventId: string;
  readonly dueAt: string;
  readonly orderingKey: string | null;
  readonly attemptsMade: number;
  readonly roundStart: number;
  readonly replay: number;
  /** When it was last made due by a request. `-infinity`: never. */
  readonly retriedAt: string;
  readonly format: BodyFormat;
  /** Outside of the heap of JavaScript, whose limit is half of the memory and in which texts may take twice as much. */
  readonly body: Buffer;
  readonly context: EventContext;
  /** The endpoint's current version. The engine reloads settings that are older. */
  readonly endpointVersion: number;
  /** Others of its ordering key wait behind it. */
  readonly isFollowed: boolean;
}

/** Columns of a delivery, from a row of `due` with its payload and the version of its endpoint. */
const dueColumns = `due.endpoint_id, due.event_id, due.due_at::text as "dueAt",
    due.ordering_key, due.attempts_made, due.round_start, due.replay, due.format,
    coalesce(due.retried_at, '-infinity')::text as "retriedAt",
    convert_from(due.body, 'UTF8') as body, due.context, due.version as "endpointVersion"`;

// The limit keeps it a look-up by primary key for each row. As a join, PostgreSQL merged the rows with the payloads of all days, for
// 400 days of 360 events each: 17,800 pages for 400 rows, instead of 1,100.
const itsPayload = `cross join lateral (
    select body, context from payloads
    where payloads.provider_id = due.provider_id and payloads.event_id = due.event_id and payloads.format = due.format
    limit 1
  ) payload`;

/** Limits of one statement. */
export interface ReadLimits {
  /** The statement ends with the row at which all bodies have this size. */
  readonly bytesMax: number;
  /** The rows of a lane or key end before one with a larger body. */
  readonly bodyMax: number;
}

// Due rows of each lane, in order, after its cursor: one statement for many small lanes and for a large one. Only a
// lane's owner reads it, so no row is locked or written before it is sent.
//
// Reads due_lane_idx from the cursor to statement_timestamp(). clock_timestamp() changes within a statement, so the
// index could not be searched for the end, and every row that waits behind the first of its key would be read.
// Payloads are read by primary key, in one partition each. They carry the event's context, because joining events
// took a quarter of the statement. Bodies arrive as text: bytea would arrive as hex digits, which takes half of the
// driver's time.
//
// Most heads of ordering keys have no row behind them, and one probe of due_order_idx per head is cheaper than a statement
// that looks for rows behind all of them. Without a key, starting the probe would cost a microsecond.
//
// The engine does not know how large the bodies of a new lane are: ten rows of each of 100 lanes may have 300 MB. So the bodies of
// a lane and those of the statement are limited, too, by their lengths, which are known without reading them. Both sums share one sort.
const dueStatement = `
  select ${dueColumns},
    due.ordering_key is not null and exists (
    select from due behind
    where behind.endpoint_id = due.endpoint_id and behind.ordering_key = due.ordering_key and behind.sequence > due.sequence
  ) as is_followed
  from (
    select due.*, sum(due.body_bytes) over (order by due.number, due.due_at, due.event_id rows unbounded preceding)
      - due.body_bytes as bytes_before
    from (
      select due.*, payload.body, payload.context, endpoint.version, lane.number, lane.bytes,
        octet_length(payload.body) as body_bytes,
        sum(octet_length(payload.body)) over so_far - octet_length(payload.body) as bytes_of_lane,
        max(octet_length(payload.body)) over so_far as largest
      from unnest($1::bigint[], $2::timestamptz[], $3::uuid[], $4::integer[], $5::bigint[]) with ordinality
        as lane (endpoint_id, due_at, event_id, places, bytes, number)
      join endpoints endpoint on endpoint.id = lane.endpoint_id
        and endpoint.active and endpoint.state = 'enabled' and endpoint.deleted_at is null
      cross join lateral (
        select * from due
        where due.endpoint_id = lane.endpoint_id and (due.due_at, due.event_id) > (lane.due_at, lane.event_id)
          and due.due_at <= statement_timestamp()
        order by due.due_at, due.event_id
        limit lane.places
      ) due
      ${itsPayload}
      window so_far as (partition by lane.number order by due.due_at, due.event_id rows unbounded preceding)
    ) due
    where due.bytes_of_lane < due.bytes and due.largest <= $7::bigint
  ) due
  where due.bytes_before < $6::bigint
  order by due.number, due.due_at, due.event_id`;

/** Returns due rows lane by lane, in the given order. */
export async function readDueDeliveries(
  db: Database,
  lanes: readonly LaneToRead[],
  { bytesMax, bodyMax }: ReadLimits,
): Promise<DueDelivery[]> {
  if (lanes.length === 0) return [];
  const rows = await db.query<DueRow>(dueStatement, [
    lanes.map((lane) => lane.endpointId),
    lanes.map((lane) => lane.after.dueAt),
    lanes.map((lane) => lane.after.eventId),
    lanes.map((lane) => lane.limit),
    lanes.map((lane) => lane.bytes),
    bytesMax,
    bodyMax,
  ]);
  return rows.map(withBytes);
}

type DueRow = Omit<DueDelivery, "body"> & { readonly body: string };

const withBytes = (row: DueRow): DueDelivery => ({ ...row, body: Buffer.from(row.body) });

/** The rows of one ordering key behind one that has been read. */
export interface RunToRead {
  readonly endpointId: number;
  readonly orderingKey: string;
  readonly afterSequence: number;
  /** The first row of the key that the engine has sent or is sending. A row before it in the database goes first. */
  readonly fromSequence: number;
  readonly limit: number;
}

// Rows of each key in sequence, due or not: due_order_idx serves them with two probes per key. Within a key, rows
// become visible in sequence, because the events of an account are numbered and recorded one after another. Only a
// replay inserts rows before others: then nothing is read, and the database decides the next one.
const runsStatement = `
  select ${dueColumns}, true as is_followed
  from (
    select due.*, payload.body, payload.context, endpoint.version, run.number,
      sum(octet_length(payload.body)) over (order by run.number, due.sequence rows unbounded preceding)
        - octet_length(payload.body) as bytes_before,
      max(octet_length(payload.body)) over (partition by run.number order by due.sequence rows unbounded preceding) as largest
    from unnest($1::bigint[], $2::text[], $3::bigint[], $4::bigint[], $5::integer[]) with ordinality
      as run (endpoint_id, ordering_key, sequence, from_sequence, places, number)
    join endpoints endpoint on endpoint.id = run.endpoint_id
      and endpoint.active and endpoint.state = 'enabled' and endpoint.deleted_at is null
    cross join lateral (
      select * from due
      where due.endpoint_id = run.endpoint_id and due.ordering_key = run.ordering_key and due.sequence > run.sequence
        and (
          select min(ahead.sequence) from due ahead
          where ahead.endpoint_id = run.endpoint_id and ahead.ordering_key = run.ordering_key
            and ahead.sequence < run.from_sequence
        ) is null
      order by due.sequence
      limit run.places
    ) due
    ${itsPayload}
  ) due
  where due.bytes_before < $6::bigint and due.largest <= $7::bigint
  order by due.number, due.sequence`;

/** Returns the next rows of each ordering key in sequence, due or not: key by key, in the given order. */
export async function readRuns(
  db: Database,
  runs: readonly RunToRead[],
  { bytesMax, bodyMax }: ReadLimits,
): Promise<DueDelivery[]> {
  if (runs.length === 0) return [];
  const rows = await db.query<DueRow>(runsStatement, [
    runs.map((run) => run.endpointId),
    runs.map((run) => run.orderingKey),
    runs.map((run) => run.afterSequence),
    runs.map((run) => run.fromSequence),
    runs.map((run) => run.limit),
    bytesMax,
    bodyMax,
  ]);
  return rows.map(withBytes);
}

/**
 * The running transactions of the database. Every transaction below `oldestRunning` has ended, `nextToStart` is the
 * number of the next one that writes, and `at` is the time just before.
 */
export interface TransactionSample {
  readonly at: string;
  readonly oldestRunning: bigint;
  readonly nextToStart: bigint;
}

// Minus a second, because a row's due time is taken shortly before or after its transaction gets a number.
const sampleStatement = `
  select (statement_timestamp() - interval '1 second')::text as "at",
    transactions_horizon()::text as "oldestRunning",
    (transaction_numbers_skipped() + pg_snapshot_xmax(pg_current_snapshot())::text::bigint)::text as "nextToStart"`;

export async function sampleTransactions(db: Database): Promise<TransactionSample> {
  const row = await queryRow<{ at: string; oldestRunning: string; nextToStart: string }>(db, sampleStatement);
  return { at: row.at, oldestRunning: BigInt(row.oldestRunning), nextToStart: BigInt(row.nextToStart) };
}

/**
 * How far a cursor may advance without skipping a row that a running transaction has yet to commit. Rows become
 * visible in the order of commits, not of due times. So a cursor stays behind the newest time before which every
 * transaction has ended. Only writing transactions of this database count: a backup or another database does not hold
 * it back.
 */
export class Horizon {
  #samples: TransactionSample[] = [];
  #at = "-infinity";

  /** The time that cursors may reach in a read that begins now or later. */
  get at(): string {
    return this.#at;
  }

  /** Applies a newer sample to reads that begin from now on. */
  advance(sample: TransactionSample): void {
    this.#samples.push(sample);
    while (this.#samples[0] && this.#samples[0].nextToStart <= sample.oldestRunning) {
      this.#at = this.#samples[0].at;
      this.#samples.shift();
    }
    // A long transaction accumulates samples; every second one is precise enough.
    if (this.#samples.length > 1000) this.#samples = this.#samples.filter((_, index) => index % 2 === 0);
  }
}
