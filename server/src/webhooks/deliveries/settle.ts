import { leavingProviders } from "#platform/database/connection.ts";
import { type Pool, queryRow, type Transaction } from "#platform/database/database.ts";
import { bytesArray, jsonArray, plainArray, textArray, timesArray } from "#platform/database/values.ts";
import { errorCode } from "#platform/errors.ts";
import { failingNow } from "./failures.ts";
import { inOrderOfLocks, lockEnded, lockKeys, rowsWithKey } from "./lock-order.ts";
import type { ErrorClass } from "./retry-policy.ts";
import { endAgain, promoteNext } from "./transitions.ts";

/** The outcome of an attempt, ready to be written. */
export interface Settlement {
  readonly endpointId: number;
  readonly epoch: number;
  readonly eventId: string;
  /** Counts from 1, over all rounds of retries. */
  readonly number: number;
  readonly at: Date;
  readonly status: number | null;
  readonly error: string | null;
  /** Null with a response. */
  readonly errorClass: ErrorClass | null;
  readonly latencyMs: number;
  readonly responseHeaders: Readonly<Record<string, string>> | null;
  readonly responseBody: Uint8Array | null;
  readonly orderingKey: string | null;
  readonly end: "delivered" | "failed" | null;
  /**
   * The time of the delivery's last retry before the attempt, if it was the last one of its round. If it is another one by now, somebody
   * has retried the delivery meanwhile. Null otherwise.
   */
  readonly retriedAt: string | null;
  /** Null when the delivery has ended. Counts from the database's clock at commit. */
  readonly retryAfterSeconds: number | null;
  /** The encrypted URL of the attempt, kept with a failure. */
  readonly url: Uint8Array | null;
  /** The recorded settings that the request was made with. */
  readonly settingsId: number;
  /** An encoded `AttemptTrace`. Null: the request could not even be made. */
  readonly trace: Uint8Array | null;
}

// While a provider moves to another cell, nothing of it can be recorded here, and it would hold up all other outcomes of the batch. Its
// new cell sends these deliveries again. Each lane is looked up by its key, as in releaseStatement of lanes.ts.
const itsLane = `cross join lateral (
      select owner, epoch, provider_id from lanes where lanes.endpoint_id = outcome.endpoint_id limit 1
    ) lane`;
const isOwn = `lane.epoch = outcome.epoch and lane.provider_id not in (${leavingProviders})`;

// Successful first attempts are nearly all there are, so they have a statement of their own: 11 µs per delivery,
// where the general one below takes 18. It expects that the delivery has not ended before, and stores the attempt in
// the delivery's row (see everyAttempt). Lanes are read as below, due rows by primary key.
const firstOutcome = `outcome as (
    select outcome.*
    from unnest($2::bigint[], $3::bigint[], $4::uuid[], $5::timestamptz[], $6::smallint[], $7::integer[], $8::json[], $9::bytea[],
      $10::bigint[], $11::bytea[])
      as outcome (endpoint_id, epoch, event_id, at, status, latency_ms, response_headers, response_body, settings_id, trace)
    ${itsLane}
    where lane.owner = $1 and ${isOwn}
  )`;

const firstEnded = `ended as (
    insert into deliveries (provider_id, event_id, endpoint_id, state, attempts_made, replay, format,
      first_at, first_status, first_latency_ms, first_headers, first_body, first_settings_id, first_trace, recorded_in)
    select provider_id, event_id, endpoint_id, 'delivered', 1, replay, format,
      at, status, latency_ms, response_headers, response_body, settings_id, trace, (select transaction_number())
    from mine
    returning 1
  )
  select count(*) as written, transaction_number() as transaction from ended`;

// Without an ordering key, no row is locked before it is deleted, because no other delivery waits for it. Rows are deleted in the
// order of the outcomes, which is that of all locks.
const unorderedStatement = `
  with ${firstOutcome}, mine as (
    delete from due using outcome
    where due.event_id = outcome.event_id and due.endpoint_id = outcome.endpoint_id and due.attempts_made = 0
    returning outcome.*, due.provider_id, due.replay, due.format
  ), ${firstEnded}`;

// With an ordering key, rows are locked in the order of lock-order.ts.
const orderedStatement = `
  with ${firstOutcome}, mine as (
    select outcome.*, due.provider_id, due.replay, due.format
    from outcome
    join due on due.event_id = outcome.event_id and due.endpoint_id = outcome.endpoint_id and due.attempts_made = 0
    order by ${inOrderOfLocks}
    for update of due
  ), gone as (
    delete from due using mine where due.event_id = mine.event_id and due.endpoint_id = mine.endpoint_id
  ), ${firstEnded}`;

/** Returns whether `firstDeliveries` can write the outcome. */
const isFirstDelivery = ({ end, number }: Settlement): boolean => end === "delivered" && number === 1;

interface Written {
  readonly written: number;
  /** The number of the transaction that wrote them. */
  readonly transaction: number;
  /** See `Settled`. */
  readonly promoted?: readonly number[];
}

const nothingWritten: Written = { written: 0, transaction: 0 };

/** A statement that writes outcomes, and returns one row. */
type Writing = readonly [text: string, values: readonly unknown[]];

/** Returns the statement that writes successful first attempts, either all with an ordering key or all without. */
function firstDeliveries(engineId: string, settlements: readonly Settlement[]): Writing {
  const column = <T>(of: (settlement: Settlement) => T): T[] => settlements.map(of);
  const values = [
    engineId,
    plainArray(column(({ endpointId }) => endpointId)),
    plainArray(column(({ epoch }) => epoch)),
    plainArray(column(({ eventId }) => eventId)),
    timesArray(column(({ at }) => at)),
    plainArray(column(({ status }) => status)),
    plainArray(column(({ latencyMs }) => latencyMs)),
    jsonArray(column(({ responseHeaders }) => responseHeaders)),
    bytesArray(column(({ responseBody }) => responseBody)),
    plainArray(column(({ settingsId }) => settingsId)),
    bytesArray(column(({ trace }) => trace)),
  ];
  return [settlements[0]?.orderingKey === null ? unorderedStatement : orderedStatement, values];
}

/**
 * Returns whether a delivery had ended before: cancelled before its first attempt, then made due again. Nothing was
 * written.
 */
const hasEndedBefore = (error: unknown): boolean => errorCode(error) === uniqueViolation;

const uniqueViolation = "23505";

/** The largest number of an attempt that fits into its column. Later attempts of the delivery are not kept, and not retried. */
export const attemptNumberMax = 32_767;

const attemptColumns = `provider_id, event_id, endpoint_id, number, at, status, error, error_class, latency_ms, response_headers,
    response_body, settings_id, trace`;

/** Outcomes of any kind, as `valuesOfAnyKind` returns them. */
const anyOutcomes = `unnest($1::bigint[], $2::bigint[], $3::uuid[], $4::integer[], $5::timestamptz[], $6::smallint[], $7::text[],
      $8::integer[], $9::json[], $10::bytea[], $11::text[], $12::float8[], $13::bytea[], $14::text[], $15::bigint[],
      $16::bytea[], $17::timestamptz[])
      as outcome (endpoint_id, epoch, event_id, nth, at, status, error, latency_ms, response_headers,
        response_body, decision, retry_after, url, error_class, settings_id, trace, retried_at)`;

function valuesOfAnyKind(settlements: readonly Settlement[]): readonly unknown[] {
  const column = <T>(of: (settlement: Settlement) => T): T[] => settlements.map(of);
  return [
    plainArray(column(({ endpointId }) => endpointId)),
    plainArray(column(({ epoch }) => epoch)),
    plainArray(column(({ eventId }) => eventId)),
    plainArray(column(({ number }) => number)),
    timesArray(column(({ at }) => at)),
    plainArray(column(({ status }) => status)),
    textArray(column(({ error }) => error)),
    plainArray(column(({ latencyMs }) => latencyMs)),
    jsonArray(column(({ responseHeaders }) => responseHeaders)),
    bytesArray(column(({ responseBody }) => responseBody)),
    plainArray(column(({ end }) => end)),
    plainArray(column(({ retryAfterSeconds }) => retryAfterSeconds)),
    bytesArray(column(({ url }) => url)),
    plainArray(column(({ errorClass }) => errorClass)),
    plainArray(column(({ settingsId }) => settingsId)),
    bytesArray(column(({ trace }) => trace)),
    textArray(column(({ retriedAt }) => retriedAt)),
  ];
}

// Writes any outcomes in one statement. Drops outcomes of an old epoch: the new owner sends and settles those
// deliveries. The lane is read without a lock. A claim between this snapshot and the commit can repeat a delivery but
// not lose one: both settles meet at the due row, by primary key, and only one can delete it or increment its
// attempts. Rows are locked in the order of lock-order.ts.
//
// A delivery that was retried during the last attempt of its round does not fail with it. It is due with a new round, without its
// ordering key, as after any retry.
//
// A number that is taken is not written again. A delivery was made due by a transaction that did not see its last attempt, such as
// one in flight during a cancellation. If this failed, no outcome of the batch could ever be recorded.
const outcomesStatement = `
  with outcome as (
    select outcome.*, least(nth, 32767)::smallint as number
    from ${anyOutcomes}
    ${itsLane}
    where lane.owner = $18 and ${isOwn}
  ), mine as (
    select outcome.*, due.provider_id, due.replay, due.format,
      case when due.retried_at <> outcome.retried_at then null else outcome.decision end as ending
    from outcome
    join due on due.event_id = outcome.event_id and due.endpoint_id = outcome.endpoint_id
      and due.attempts_made = least(outcome.nth - 1, 32767)
    order by ${inOrderOfLocks}
    for update of due
  ), again as (
    update due set attempts_made = mine.number, due_at = clock_timestamp() + make_interval(secs => coalesce(mine.retry_after, 0)),
      round_start = case when mine.decision is null then due.round_start else mine.number end,
      ordering_key = case when mine.decision is null then due.ordering_key end
    from mine
    where mine.ending is null and due.event_id = mine.event_id and due.endpoint_id = mine.endpoint_id
  ), gone as (
    delete from due using mine
    where mine.ending is not null and due.event_id = mine.event_id and due.endpoint_id = mine.endpoint_id
  ), ended as (
    insert into deliveries (provider_id, event_id, endpoint_id, state, attempts_made, replay, format)
    select provider_id, event_id, endpoint_id, ending, number, replay, format from mine where ending is not null
    order by endpoint_id, event_id
    ${endAgain}
  ), failed as (
    insert into failures (provider_id, endpoint_id, event_id, error, url, failed_at)
    select provider_id, endpoint_id, event_id, error, url, ${failingNow} from mine where ending = 'failed'
    on conflict (provider_id, endpoint_id, event_id) do update
      set failed_at = excluded.failed_at, error = excluded.error, url = excluded.url
  ), recorded as (
    insert into attempts (${attemptColumns})
    select ${attemptColumns}
    from mine
    on conflict (provider_id, event_id, endpoint_id, number) do nothing
    returning 1
  )
  select count(*) as written, transaction_number() as transaction from recorded`;

/** Returns the statement that writes outcomes of any kind. */
export const outcomesOfAnyKind = (engineId: string, settlements: readonly Settlement[]): Writing => [
  outcomesStatement,
  [...valuesOfAnyKind(settlements), engineId],
];

// Attempts that were in flight when their delivery was cancelled or failed by a quota, or their endpoint deleted. The
// receiver got the request, so the attempt is recorded, without consequences. The lane's owner is irrelevant, and each
// number is written once, because it must be the delivery's next. Deliveries are locked by primary key; the provider is
// the endpoint's.
const lateStatement = `
  with outcome as (
    select outcome.*, least(nth, 32767)::smallint as number, endpoints.provider_id
    from ${anyOutcomes}
    join endpoints on endpoints.id = outcome.endpoint_id and endpoints.provider_id not in (${leavingProviders})
  ), late as (
    update deliveries set attempts_made = outcome.number
    from outcome
    where deliveries.provider_id = outcome.provider_id and deliveries.event_id = outcome.event_id
      and deliveries.endpoint_id = outcome.endpoint_id
      and deliveries.state in ('cancelled', 'failed') and deliveries.attempts_made = outcome.number - 1
      and not exists (select from due where due.event_id = outcome.event_id and due.endpoint_id = outcome.endpoint_id)
    returning outcome.*
  ), recorded as (
    insert into attempts (${attemptColumns})
    select ${attemptColumns}
    from late
    returning 1
  )
  select count(*) as written, transaction_number() as transaction from recorded`;

/**
 * Writes outcomes of deliveries that have ended in the meantime. A transaction that makes such a delivery due again has read its
 * number of attempts before, or reads it afterwards.
 */
async function writeLateAttempts(tx: Transaction, settlements: readonly Settlement[]): Promise<Written> {
  await lockEnded(tx, {
    eventIds: settlements.map(({ eventId }) => eventId),
    endpointIds: settlements.map(({ endpointId }) => endpointId),
  });
  return queryRow<Written>(tx, lateStatement, valuesOfAnyKind(settlements));
}

export interface Settled {
  /** The number of outcomes recorded: the rest belongs to another engine by now, or was settled before. */
  readonly recorded: number;
  /**
   * The first and the last transaction that recorded them. Undefined if some were refused, or were late attempts of
   * deliveries that had ended: only the history knows which.
   */
  readonly transactions: { readonly first: number; readonly last: number } | undefined;
  /** The last transaction that recorded any of them, or 0. */
  readonly lastTransaction: number;
  /** The endpoints of deliveries that waited behind these in their keys, and are due now. */
  readonly promoted: readonly number[];
}

/** Writes outcomes. */
export async function settleDeliveries(
  pool: Pool,
  engineId: string,
  settlements: readonly Settlement[],
): Promise<Settled> {
  const parts = await settle(pool, engineId, settlements);
  const written = parts.filter((part) => part.written > 0);
  const recorded = countWritten(parts);
  const [first, last] = [written.at(0)?.transaction, written.at(-1)?.transaction];
  if (recorded === settlements.length && first !== undefined && last !== undefined)
    return { recorded, transactions: { first, last }, lastTransaction: last, promoted: promotedIn(parts) };
  const late = await pool.inTransaction((tx) => writeLateAttempts(tx, settlements));
  // A delivery that was cancelled may be due again by now. Then this is an attempt of its new round.
  const again = recorded + late.written < settlements.length ? await settle(pool, engineId, settlements) : [];
  const all = [...parts, late, ...again];
  return {
    recorded: countWritten(all),
    transactions: undefined,
    lastTransaction: Math.max(...all.map(({ transaction }) => transaction)),
    promoted: promotedIn(all),
  };
}

const countWritten = (parts: readonly Written[]): number => parts.reduce((sum, { written }) => sum + written, 0);

const promotedIn = (parts: readonly Written[]): readonly number[] => parts.flatMap(({ promoted = [] }) => promoted);

/**
 * Outcomes with an ordering key share a transaction: if a later one committed without the one ahead of it, a crash in
 * between would send them again in the wrong order.
 */
async function settle(pool: Pool, engineId: string, settlements: readonly Settlement[]): Promise<readonly Written[]> {
  const [ordered = [], unordered = []] = divide(settlements, (settlement) => settlement.orderingKey !== null);
  const [firsts = [], others = []] = divide(unordered, isFirstDelivery);
  const settleUnordered: Settle = async (all, write) => {
    const sent = await pool.inTransaction(async (tx) => {
      tx.send(takeNumber, []);
      return tx.send<Written>(...write(engineId, all));
    });
    return sent.rows[0] ?? nothingWritten;
  };
  const settleOrdered: Settle = (all, write) => settleInOrder(pool, engineId, all, write);
  return [
    await settleFirsts(firsts.toSorted(byEndpointAndEvent), settleUnordered),
    others.length > 0 ? await settleUnordered(others, outcomesOfAnyKind) : nothingWritten,
    ordered.every(isFirstDelivery)
      ? await settleFirsts(ordered, settleOrdered)
      : await settleOrdered(ordered, outcomesOfAnyKind),
  ];
}

/** The order of locks of deliveries without an ordering key. */
const byEndpointAndEvent = (one: Settlement, other: Settlement): number =>
  one.endpointId - other.endpointId || (one.eventId < other.eventId ? -1 : 1);

type Write = typeof outcomesOfAnyKind;
type Settle = (settlements: readonly Settlement[], write: Write) => Promise<Written>;

async function settleFirsts(firsts: readonly Settlement[], settleWith: Settle): Promise<Written> {
  if (firsts.length === 0) return nothingWritten;
  try {
    return await settleWith(firsts, firstDeliveries);
  } catch (error) {
    if (hasEndedBefore(error)) return settleWith(firsts, outcomesOfAnyKind);
    throw error;
  }
}

// First in each transaction. A statement reads who owns the lanes when it begins, and would get its number with the first row that it
// writes. If it waited in between, a new owner could claim its lanes meanwhile, and would look for the attempts of former owners in
// earlier transactions.
const takeNumber = "select transaction_number()";

// Milliseconds: PostgreSQL looks for a deadlock after a second.
const takeNumberAndLimitWaits = "select transaction_number(), set_config('lock_timeout', '500', true)";

const lockNotAvailable = "55P03";

/**
 * The commit that ends a delivery makes the next one of its ordering key due.
 *
 * Rows of a key are locked behind its first row, which nearly always is the first outcome's. While a replayed delivery or one that
 * was returned to its order is ahead, it is not, and another transaction may wait for these rows while this one waits for it. So
 * the waits are limited, and after one that took too long, the keys are locked first.
 */
async function settleInOrder(
  pool: Pool,
  engineId: string,
  settlements: readonly Settlement[],
  write: Write,
): Promise<Written> {
  const endedKeys = rowsWithKey(settlements.filter(({ end }) => end !== null));
  const settleBehind = (lock: (tx: Transaction) => void): Promise<Written> =>
    pool.inTransaction(async (tx) => {
      lock(tx);
      const [written, promoted] = await Promise.all([
        queryRow<Written>(tx, ...write(engineId, settlements)),
        promoteNext(tx, endedKeys),
      ]);
      return { ...written, promoted };
    });
  try {
    return await settleBehind((tx) => tx.send(takeNumberAndLimitWaits, []));
  } catch (error) {
    if (errorCode(error) !== lockNotAvailable) throw error;
    return settleBehind((tx) => {
      tx.send(takeNumber, []);
      lockKeys(tx, rowsWithKey(settlements));
    });
  }
}

const divide = <Item>(items: readonly Item[], isOfFirst: (item: Item) => boolean): readonly Item[][] => [
  items.filter(isOfFirst),
  items.filter((item) => !isOfFirst(item)),
];
