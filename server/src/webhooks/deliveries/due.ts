import type { Database } from "#platform/database/database.ts";
import { heldLane } from "./after-restore.ts";
import type { BodyFormat, EventContext } from "./payload.ts";

/**
 * How far a lane has been read. Times are PostgreSQL's text in UTC, which sorts like the times; a JavaScript Date
 * would lose the microseconds.
 */
export interface LaneCursor {
  readonly dueAt: string;
  readonly eventId: string;
}

export const startOfLane: LaneCursor = { dueAt: "-infinity", eventId: "00000000-0000-0000-0000-000000000000" };

export interface LaneToRead {
  readonly endpointId: number;
  readonly after: LaneCursor;
  readonly limit: number;
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
  readonly format: BodyFormat;
  /** The body, byte for byte, as UTF-8. */
  readonly body: string;
  readonly context: EventContext;
  /** The endpoint's current version. The engine reloads settings that are older. */
  readonly endpointVersion: number;
  /** Others of its ordering key wait behind it. */
  readonly isFollowed: boolean;
}

/** Columns of a row of `due` with its `payload` and `endpoint`. */
const dueDeliveryColumns = `due.endpoint_id, due.event_id, due.due_at::text as "dueAt",
    due.ordering_key, due.attempts_made, due.round_start, due.replay, due.format,
    convert_from(payload.body, 'UTF8') as body, payload.context, endpoint.version as "endpointVersion"`;

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
// that looks for rows behind all of them.
const dueStatement = `
  select ${dueDeliveryColumns}, exists (
    select from due behind
    where behind.endpoint_id = due.endpoint_id and behind.ordering_key = due.ordering_key and behind.sequence > due.sequence
  ) as is_followed
  from unnest($1::bigint[], $2::timestamptz[], $3::uuid[], $4::integer[]) as lane (endpoint_id, due_at, event_id, places)
  join endpoints endpoint on endpoint.id = lane.endpoint_id
    and endpoint.active and endpoint.state = 'enabled' and endpoint.deleted_at is null
  cross join lateral (
    select * from due
    where due.endpoint_id = lane.endpoint_id and (due.due_at, due.event_id) > (lane.due_at, lane.event_id)
      and due.due_at <= statement_timestamp()
    order by due.due_at, due.event_id
    limit lane.places
  ) due
  join payloads payload
    on payload.provider_id = due.provider_id and payload.event_id = due.event_id and payload.format = due.format
  order by due.endpoint_id, due.due_at, due.event_id`;

export async function readDueDeliveries(db: Database, lanes: readonly LaneToRead[]): Promise<DueDelivery[]> {
  if (lanes.length === 0) return [];
  return db.query<DueDelivery>(dueStatement, [
    lanes.map((lane) => lane.endpointId),
    lanes.map((lane) => lane.after.dueAt),
    lanes.map((lane) => lane.after.eventId),
    lanes.map((lane) => lane.limit),
  ]);
}

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
  select ${dueDeliveryColumns}, true as is_followed
  from unnest($1::bigint[], $2::text[], $3::bigint[], $4::bigint[], $5::integer[])
    as run (endpoint_id, ordering_key, sequence, from_sequence, places)
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
  join payloads payload
    on payload.provider_id = due.provider_id and payload.event_id = due.event_id and payload.format = due.format
  order by due.endpoint_id, due.ordering_key, due.sequence`;

/** Returns the next rows of each ordering key in sequence, due or not. */
export async function readRuns(db: Database, runs: readonly RunToRead[]): Promise<DueDelivery[]> {
  if (runs.length === 0) return [];
  return db.query<DueDelivery>(runsStatement, [
    runs.map((run) => run.endpointId),
    runs.map((run) => run.orderingKey),
    runs.map((run) => run.afterSequence),
    runs.map((run) => run.fromSequence),
    runs.map((run) => run.limit),
  ]);
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
  const [row] = await db.query<{ at: string; oldestRunning: string; nextToStart: string }>(sampleStatement);
  if (!row) throw new Error("The select returned no row");
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

export interface DueMeasure {
  /** At most 10,000. Beyond that, the age says more. */
  readonly due: number;
  readonly oldestAgeSeconds: number;
  /** The age of the oldest event that has yet to be delivered, waiting in order or for a retry included. */
  readonly oldestEventAgeSeconds: number;
}

// Skips from endpoint to endpoint through due_lane_idx, as findStatement of lanes.ts does: a few index probes each,
// for at most 10,000 endpoints. Reads the first due row of each, and the oldest row by due_oldest_idx. Then counts at
// most 10,000 due rows. So a million rows cost as much as ten thousand, about 5 ms, and 10,000 endpoints about 100
// ms. Held rows are excluded.
//
// An index can be searched for statement_timestamp(). clock_timestamp() changes within the statement, so every row of
// a lane would be read, those that wait in order included. The first 48 bits of an event's id are its time in
// milliseconds.
const measureStatement = `
  with recursive waiting (endpoint_id) as (
    (select endpoint_id from due order by endpoint_id limit 1)
    union all
    select (select due.endpoint_id from due where due.endpoint_id > waiting.endpoint_id order by due.endpoint_id limit 1)
    from waiting where waiting.endpoint_id is not null
  ), lane as (
    select endpoint.id as endpoint_id, first.due_at, oldest.event_id
    from (select endpoint_id from waiting where endpoint_id is not null limit 10000) waiting
    join endpoints endpoint on endpoint.id = waiting.endpoint_id
      and endpoint.active and endpoint.state = 'enabled' and endpoint.deleted_at is null
    join lanes on lanes.endpoint_id = endpoint.id and (lanes.not_before is null or not ${heldLane})
    left join lateral (
      select due.due_at from due where due.endpoint_id = endpoint.id and due.due_at <= statement_timestamp()
      order by due.due_at limit 1
    ) first on true
    left join lateral (
      select due.event_id from due
      where due.endpoint_id = endpoint.id
        and (due.ordering_key is not null or due.attempts_made > 0) and due.round_start = 0 and due.replay = 0
      order by due.event_id limit 1
    ) oldest on true
  ), since as (
    select min(due_at) as due_at,
      least(min(due_at), to_timestamp(('x' || min(left(replace(event_id::text, '-', ''), 12)))::bit(48)::bigint / 1000.0)) as event_at
    from lane
  )
  select
    (select count(*) from (
      select from lane cross join lateral (
        select from due where due.endpoint_id = lane.endpoint_id and due.due_at <= statement_timestamp() limit 10000
      ) row limit 10000
    ) counted) as due,
    coalesce(extract(epoch from statement_timestamp() - due_at), 0)::float8 as "oldestAgeSeconds",
    greatest(0, coalesce(extract(epoch from statement_timestamp() - event_at), 0))::float8 as "oldestEventAgeSeconds"
  from since`;

/** Measures the backlog: cheap enough for a query every few seconds, whatever its size. */
export async function measureDue(db: Database): Promise<DueMeasure> {
  const [row] = await db.query<DueMeasure>(measureStatement);
  if (!row) throw new Error("The aggregate returned no row");
  return row;
}

/** How late a provider's deliveries are, in seconds. */
export interface ProviderLag {
  /** The age of the oldest due delivery, or 0. */
  readonly lagSeconds: number;
  /** The same for lanes that their receivers do not hold up. */
  readonly backlogSeconds: number;
}

// The first due row of each of the provider's active endpoints, by due_lane_idx, and its lane's last report: two index
// probes per endpoint. A receiver holds its lane up if it fails, asks for a pause, or uses all requests that are allowed
// at once.
const providerLagStatement = `
  select coalesce(extract(epoch from statement_timestamp() - min(first.due_at)), 0)::float8 as "lagSeconds",
    coalesce(extract(epoch from statement_timestamp() - min(first.due_at) filter (where report.is_held_up is not true)), 0)::float8
      as "backlogSeconds"
  from endpoints endpoint
  cross join lateral (
    select due.due_at from due where due.endpoint_id = endpoint.id and due.due_at <= statement_timestamp()
    order by due.due_at limit 1
  ) first
  left join lateral (
    select hold is not null or in_flight >= window_size or unanswered > 0 or failed_attempts > 0 as is_held_up
    from lane_reports where lane_reports.endpoint_id = endpoint.id
  ) report on true
  where endpoint.provider_id = $1 and endpoint.active and endpoint.state = 'enabled' and endpoint.deleted_at is null`;

/** Measures how late the provider's deliveries are. */
export async function measureProviderLag(db: Database, providerId: number): Promise<ProviderLag> {
  const [lag] = await db.query<ProviderLag>(providerLagStatement, [providerId]);
  return lag ?? { lagSeconds: 0, backlogSeconds: 0 };
}

// Along the held endpoints' parts of due_lane_idx, about 15 ms for 100,000.
const heldStatement = `
  select count(*) as held from (
    select from endpoints endpoint
    cross join lateral (select from due where due.endpoint_id = endpoint.id limit 100000) due
    where endpoint.deleted_at is null and (not (endpoint.active and endpoint.state = 'enabled')
      or exists (select from lanes where lanes.endpoint_id = endpoint.id and ${heldLane}))
    limit 100000
  ) held`;

/** Counts deliveries held for endpoints that are off, paused, disabled or held after a restore, up to 100,000. */
export async function countHeld(db: Database): Promise<number> {
  const [row] = await db.query<{ held: number }>(heldStatement);
  return row?.held ?? 0;
}
