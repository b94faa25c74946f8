import { leavingProviders } from "#platform/database/connection.ts";
import { queryRow, type Transaction } from "#platform/database/database.ts";
import { endLanePauses, endpointsWithDue } from "./lanes.ts";
import {
  type OrderingKey,
  inOrderOfLocks,
  keyColumns,
  lockEnded,
  lockingFirstRows,
  lockKeys,
  lockKeysOf,
  lockMissing,
  rowsWithKey,
} from "./lock-order.ts";
import type { BodyFormat } from "./payload.ts";
import { type Ordering, orderingKeyOf } from "./plan.ts";

// Makes the first row of each key due. Runs after the statement that ended the previous row, in the same transaction:
// only a newer snapshot contains a row that was recorded while that statement waited for the lock. The first row of
// this snapshot may be leaving its key (retried, skipped or cancelled). Once its lock is free it is no longer the
// next one, which this snapshot may not contain, so the caller repeats the statement.
//
// due_order_idx finds each key's first row with one probe. The transaction has locked the row before it (lock-order.ts).
const promoteStatement = `
  with next as materialized (
    select first.event_id, first.endpoint_id
    from (
      select distinct endpoint_id, ordering_key from unnest($1::bigint[], $2::text[]) as ended (endpoint_id, ordering_key)
      order by endpoint_id, ordering_key
    ) ended
    cross join lateral (
      select due.event_id, due.endpoint_id, due.due_at
      from due
      where due.endpoint_id = ended.endpoint_id and due.ordering_key = ended.ordering_key
      order by due.sequence
      limit 1
    ) first
    where first.due_at = 'infinity'
  ), promoted as (
    update due set due_at = clock_timestamp()
    from next
    where due.event_id = next.event_id and due.endpoint_id = next.endpoint_id
      and due.ordering_key is not null and due.due_at = 'infinity'
    returning due.endpoint_id
  )
  select (select count(*) from next) > (select count(*) from promoted) as "someLeft",
    array(select endpoint_id from promoted) as "endpointIds"`;

/** Makes the next delivery of each key due. Returns the endpoints of these deliveries. */
export async function promoteNext(tx: Transaction, ended: readonly OrderingKey[]): Promise<readonly number[]> {
  if (ended.length === 0) return [];
  type Promoted = { readonly someLeft: boolean; readonly endpointIds: readonly number[] };
  for (const promoted: number[] = []; ;) {
    const { someLeft, endpointIds } = await queryRow<Promoted>(tx, promoteStatement, keyColumns(ended));
    promoted.push(...endpointIds);
    if (!someLeft) return promoted;
  }
}

/** Deliveries of one provider, as parallel columns. */
export interface DeliveryKeys {
  readonly providerId: number;
  readonly eventIds: readonly string[];
  readonly endpointIds: readonly number[];
}

export interface DeliveryKey {
  readonly providerId: number;
  readonly eventId: string;
  readonly endpointId: number;
}

/** The endpoint $3 of the provider $1 is not deleted. */
const hasEndpoint = "exists (select from endpoints where provider_id = $1 and id = $3 and deleted_at is null)";

// A pending delivery becomes due now. One that waits in its key leaves it, as a skipped one does. The lane's owner
// knows its deliveries in flight and does not send this one concurrently.
const makeDueNow = `
  update due set due_at = clock_timestamp(), retried_at = clock_timestamp(),
    ordering_key = case when due_at = 'infinity' then null else ordering_key end
  where event_id = $2 and endpoint_id = $3 and provider_id = $1 and ${hasEndpoint}
  returning event_id`;

/**
 * Makes the rows of `ended` due with a new round of retries, the same id and the same bytes. If one had been delivered, its replay
 * count marks the intended repetition, up to the largest number of the column. It has left its ordering key, because its turn has passed.
 */
export const newRound = `again as (
    insert into due (provider_id, event_id, endpoint_id, format, attempts_made, round_start, replay, sequence, retried_at)
    select provider_id, event_id, endpoint_id, format, attempts_made, attempts_made, least(replay + (state = 'delivered')::int, 32767),
      sequence, clock_timestamp()
    from ended
    on conflict (event_id, endpoint_id) do nothing
    returning endpoint_id
  )`;

/** Deliveries by key, those of deleted endpoints left out. */
export const selectedDeliveries = `
    select selected.* from unnest($2::uuid[], $3::bigint[]) as selected (event_id, endpoint_id)
    where endpoint_id = any(array(select id from endpoints where provider_id = $1 and deleted_at is null))`;

// They leave the failure list. One that ended after $4 has changed since it was selected, and stays. With $5, only deliveries on the
// failure list count: a failure that was deleted meanwhile stays deleted. One that another retry has made due since stays as it is: the
// record of its attempt may hold its due row, and wait for the delivery. History is read by primary key for each row.
const makeEndedDueAgain = `
  with selected as (${selectedDeliveries}
  ), ended as materialized (
    select $1::bigint as provider_id, selected.event_id, selected.endpoint_id, ended.format, ended.attempts_made, ended.replay, ended.state,
      event.sequence
    from selected
    cross join lateral (
      select format, attempts_made, replay, state, ended_at from deliveries
      where deliveries.provider_id = $1 and deliveries.event_id = selected.event_id
        and deliveries.endpoint_id = selected.endpoint_id
      limit 1
    ) ended
    cross join lateral (
      select sequence from events where events.provider_id = $1 and events.id = selected.event_id limit 1
    ) event
    where ended.ended_at <= $4::timestamptz
      and not exists (select from due where due.event_id = selected.event_id and due.endpoint_id = selected.endpoint_id)
      and (not $5::boolean or exists (
        select from failures where failures.provider_id = $1 and failures.endpoint_id = selected.endpoint_id
          and failures.event_id = selected.event_id))
    order by selected.endpoint_id, selected.event_id
  ), dealt_with as (
    delete from failures using ended
    where failures.provider_id = $1 and failures.endpoint_id = ended.endpoint_id and failures.event_id = ended.event_id
  ), ${newRound}
  select endpoint_id, count(*) as count from again group by endpoint_id`;

/** The number of deliveries of an endpoint that are due now. */
export interface DueOfEndpoint {
  readonly endpointId: number;
  readonly count: number;
}

/**
 * Makes ended deliveries due again. They are locked before: an attempt that was in flight during a cancellation is recorded before this
 * reads the number of attempts, or as the next one afterwards.
 */
export async function retryEnded(
  tx: Transaction,
  { providerId, eventIds, endpointIds }: DeliveryKeys,
  { endedBy, onlyFailures }: { readonly endedBy: Date | "infinity"; readonly onlyFailures: boolean },
): Promise<readonly DueOfEndpoint[]> {
  await lockEnded(tx, { eventIds, endpointIds });
  return tx.query<DueOfEndpoint>(makeEndedDueAgain, [providerId, eventIds, endpointIds, endedBy, onlyFailures]);
}

const isPendingStatement = `
  select from due where event_id = $2 and endpoint_id = $3 and provider_id = $1 and ${hasEndpoint}`;

/**
 * Makes a delivery due now in any state, and ends its lane's pause. Returns false if the delivery or its endpoint
 * does not exist.
 */
export async function retryDelivery(
  tx: Transaction,
  { providerId, eventId, endpointId }: DeliveryKey,
): Promise<boolean> {
  const key = [providerId, eventId, endpointId];
  const keys = { providerId, eventIds: [eventId], endpointIds: [endpointId] };
  const isDue =
    (await tx.query(makeDueNow, key)).length > 0 ||
    (await retryEnded(tx, keys, { endedBy: "infinity", onlyFailures: false })).length > 0 ||
    (await tx.query(isPendingStatement, key)).length > 0; // another retry has made it due meanwhile
  if (isDue) {
    await endLanePauses(tx, [endpointId]);
    tx.hintAfterCommit("due", String(endpointId));
    tx.hintAfterCommit("history", "");
  }
  return isDue;
}

/**
 * Ends a delivery that has ended before. An attempt in flight during a cancellation may have been recorded since the delivery became
 * due again, which its due row does not count.
 */
export const endAgain = `on conflict (provider_id, event_id, endpoint_id) do update
      set state = excluded.state, attempts_made = greatest(deliveries.attempts_made, excluded.attempts_made), replay = excluded.replay,
        ended_at = clock_timestamp()`;

/** Cancels the due rows of `mine`. */
const mineCancelled = `gone as (
    delete from due using mine where due.event_id = mine.event_id and due.endpoint_id = mine.endpoint_id
    returning due.*
  ), ended as (
    insert into deliveries (provider_id, event_id, endpoint_id, state, attempts_made, replay, format)
    select provider_id, event_id, endpoint_id, 'cancelled', attempts_made, replay, format from gone
    order by endpoint_id, event_id
    ${endAgain}
  )`;

// The transaction has locked the ordering keys of these rows.
const cancelStatement = `
  with mine as materialized (
    select due.* from unnest($2::uuid[], $3::bigint[]) as selected (event_id, endpoint_id)
    join due on due.event_id = selected.event_id and due.endpoint_id = selected.endpoint_id and due.provider_id = $1
    order by ${inOrderOfLocks}
    for update of due
  ), ${mineCancelled}
  select endpoint_id, ordering_key from gone`;

/** Cancels pending deliveries and makes the next ones of their keys due. Returns the number; the rest was not pending. */
export async function cancelDeliveries(
  tx: Transaction,
  { providerId, eventIds, endpointIds }: DeliveryKeys,
): Promise<number> {
  lockKeysOf(tx, { providerId, eventIds, endpointIds });
  const cancelled = await tx.query<{ endpointId: number; orderingKey: string | null }>(cancelStatement, [
    providerId,
    eventIds,
    endpointIds,
  ]);
  const keys = rowsWithKey(cancelled);
  await promoteNext(tx, keys);
  for (const { endpointId } of keys) tx.hintAfterCommit("due", String(endpointId));
  if (cancelled.length > 0) tx.hintAfterCommit("history", "");
  return cancelled.length;
}

/**
 * Cancels a pending delivery and makes the next one of its key due. An attempt in flight may still arrive. Returns
 * false if it is not pending.
 */
export const cancelDelivery = async (
  tx: Transaction,
  { providerId, eventId, endpointId }: DeliveryKey,
): Promise<boolean> => (await cancelDeliveries(tx, { providerId, eventIds: [eventId], endpointIds: [endpointId] })) > 0;

/** A transaction cancels at most this many deliveries of deleted endpoints: half a second. */
const cancelBatchMax = 5000;

// Nobody is ahead of anybody any more, so none is promoted. Rows that an outcome or a job locks are left to the next run.
const cancelOfDeletedStatement = `
  with recursive ${endpointsWithDue}, mine as materialized (
    select row.event_id, row.endpoint_id
    from waiting
    join endpoints on endpoints.id = waiting.endpoint_id
      and endpoints.deleted_at < clock_timestamp() - make_interval(secs => $1)
      and endpoints.provider_id not in (${leavingProviders})
    cross join lateral (
      select due.event_id, due.endpoint_id from due where due.endpoint_id = endpoints.id limit $2 for update skip locked
    ) row
    limit $2
  ), ${mineCancelled}
  select endpoint_id from gone`;

/**
 * Cancels pending deliveries of endpoints that were deleted more than `deletedForSeconds` ago, a batch at a time. Returns
 * their number. Call it until it returns 0.
 */
export async function cancelDeliveriesOfDeleted(tx: Transaction, deletedForSeconds: number): Promise<number> {
  const cancelled = await tx.query(cancelOfDeletedStatement, [deletedForSeconds, cancelBatchMax]);
  if (cancelled.length > 0) tx.hintAfterCommit("history", "");
  return cancelled.length;
}

// A delivery that never existed, because a gate stopped the event or the endpoint is newer: "Send it now". The transaction has
// locked the endpoint's missing deliveries. One that is due by the snapshot may have ended by the time of the insert.
const insertMissing = `
  insert into due (provider_id, event_id, endpoint_id, format, sequence)
  select event.provider_id, event.id, $3, $4, event.sequence
  from events event
  where event.provider_id = $1 and event.id = $2
    and ${hasEndpoint}
    and not exists (select from due where due.event_id = $2 and due.endpoint_id = $3)
    and not exists (select from deliveries ended
      where ended.provider_id = $1 and ended.event_id = $2 and ended.endpoint_id = $3)
  on conflict (event_id, endpoint_id) do nothing
  returning event_id`;

/**
 * Inserts the delivery that an event lacks. Its payload in this format must exist. Returns false if there is a
 * delivery already.
 */
export async function insertDelivery(
  tx: Transaction,
  { providerId, eventId, endpointId }: DeliveryKey,
  format: string,
): Promise<boolean> {
  lockMissing(tx, endpointId);
  const inserted = await tx.query(insertMissing, [providerId, eventId, endpointId, format]);
  if (inserted.length > 0) tx.hintAfterCommit("due", String(endpointId));
  return inserted.length > 0;
}

// The delivery leaves its key. It keeps being retried, and others no longer wait for it.
const skipStatement = `
  with before as (
    select event_id, endpoint_id, ordering_key from due
    where event_id = $2 and endpoint_id = $3 and provider_id = $1 and ordering_key is not null
    for update
  )
  update due set ordering_key = null, due_at = case when due.due_at = 'infinity' then clock_timestamp() else due.due_at end
  from before
  where due.event_id = before.event_id and due.endpoint_id = before.endpoint_id
  returning before.ordering_key`;

/** Releases the deliveries that wait for this one. Returns false if it has ended or has no ordering key. */
export async function skipDelivery(
  tx: Transaction,
  { providerId, eventId, endpointId }: DeliveryKey,
): Promise<boolean> {
  lockKeysOf(tx, { providerId, eventIds: [eventId], endpointIds: [endpointId] });
  const [skipped] = await tx.query<{ orderingKey: string }>(skipStatement, [providerId, eventId, endpointId]);
  if (!skipped) return false;
  await promoteNext(tx, [{ endpointId, orderingKey: skipped.orderingKey }]);
  tx.hintAfterCommit("due", String(endpointId));
  return true;
}

const orderOfStatement = `
  select endpoint.ordering, event.type, event.account_id, event.object_id
  from due
  join events event on event.provider_id = due.provider_id and event.id = due.event_id
  join endpoints endpoint on endpoint.provider_id = due.provider_id and endpoint.id = due.endpoint_id
  where due.provider_id = $1 and due.event_id = $2 and due.endpoint_id = $3 and due.ordering_key is null`;

// Only a delivery that is not due soon, so no engine has read it: an engine that had would settle it without its key,
// and nobody would make the next one due. It waits for those ahead of it. The transaction has locked the key, so that they
// do not end meanwhile, and the end of the last of them makes this one due.
const unskipStatement = `
  update due set ordering_key = $4, due_at = case when exists (
      select from due ahead
      where ahead.endpoint_id = $3 and ahead.ordering_key = $4 and ahead.sequence < due.sequence
    ) then 'infinity' else due.due_at end
  where event_id = $2 and endpoint_id = $3 and provider_id = $1 and ordering_key is null
    and due_at > clock_timestamp() + interval '2 seconds'
  returning event_id`;

/**
 * Puts a skipped delivery back into its order, ahead of the later ones that have not been sent yet. Returns false if it
 * is being sent, has ended, or its endpoint has no order.
 */
export async function unskipDelivery(
  tx: Transaction,
  { providerId, eventId, endpointId }: DeliveryKey,
): Promise<boolean> {
  const key = [providerId, eventId, endpointId];
  type Order = Parameters<typeof orderingKeyOf>[1] & { readonly ordering: Ordering };
  const [order] = await tx.query<Order>(orderOfStatement, key);
  const orderingKey = order ? orderingKeyOf(order.ordering, order) : null;
  if (orderingKey === null) return false;
  lockKeys(tx, [{ endpointId, orderingKey }]);
  return (await tx.query(unskipStatement, [...key, orderingKey])).length > 0;
}

/** The state of an event's delivery that is not pending. Given up: cancelled, or failed and deleted from the failure list. */
export type PreviousState = "failed" | "missing" | "delivered" | "givenUp";

/** A delivery to insert or to repeat. Its bytes in this format are stored. */
export interface DeliveryToRepeat {
  /** One that is in another state by now is left out: somebody else has retried it. */
  readonly was: PreviousState;
  readonly eventId: string;
  readonly format: BodyFormat;
  readonly orderingKey: string | null;
  readonly sequence: number;
}

// Makes deliveries due and deletes their failures in one statement, so none is in both places or in neither. Deliveries that are
// pending or in another state by now stay as they are. Within a key the others precede, by sequence, pending ones that are not in
// flight: the first row of each key is locked and later ones wait, as in orderedStatement of plan.ts.
const makeDueAgainStatement = `
  with revived as (
    select revived.*, coalesce(ended.attempts_made, 0) as attempts_made, coalesce(ended.replay, 0) as replay
    from unnest($3::uuid[], $4::text[], $5::text[], $6::bigint[], $7::text[])
      as revived (event_id, format, ordering_key, sequence, was)
    left join lateral (
      select state, attempts_made, least(replay + (state = 'delivered')::int, 32767) as replay from deliveries
      where deliveries.provider_id = $1 and deliveries.event_id = revived.event_id and deliveries.endpoint_id = $2
      limit 1
    ) ended on true
    where not exists (select from due where due.event_id = revived.event_id and due.endpoint_id = $2)
      and revived.was = case
        when ended.state is null then 'missing'
        when exists (select from failures
          where failures.provider_id = $1 and failures.endpoint_id = $2 and failures.event_id = revived.event_id) then 'failed'
        when ended.state = 'delivered' then 'delivered'
        else 'givenUp'
      end
  ), dealt_with as (
    delete from failures using revived
    where failures.provider_id = $1 and failures.endpoint_id = $2 and failures.event_id = revived.event_id
  ), ahead as (
    select key.ordering_key
    from (
      select distinct $2::bigint as endpoint_id, ordering_key from revived where ordering_key is not null order by ordering_key
    ) key
    ${lockingFirstRows}
  )
  insert into due (provider_id, endpoint_id, event_id, format, ordering_key, sequence, attempts_made, round_start, replay, retried_at,
    due_at)
  select $1, $2, event_id, format, ordering_key, sequence, attempts_made, attempts_made, replay, clock_timestamp(),
    case when ordering_key is not null and (
      row_number() over (partition by ordering_key order by sequence) > 1
      or exists (select from ahead where ahead.ordering_key = revived.ordering_key)
    ) then 'infinity' else clock_timestamp() end
  from revived
  on conflict (event_id, endpoint_id) do nothing
  returning event_id`;

/**
 * Makes deliveries of one endpoint due: ended ones with a new round of retries, and missing ones. Returns those that were still in
 * the given state.
 */
export async function makeDueAgain(
  tx: Transaction,
  { providerId, endpointId }: { readonly providerId: number; readonly endpointId: number },
  deliveries: readonly DeliveryToRepeat[],
): Promise<readonly DeliveryToRepeat[]> {
  if (deliveries.length === 0) return [];
  lockMissing(tx, endpointId);
  lockKeys(
    tx,
    rowsWithKey(deliveries).map(({ orderingKey }) => ({ endpointId, orderingKey })),
  );
  const eventIds = deliveries.map((delivery) => delivery.eventId);
  await lockEnded(tx, { eventIds, endpointIds: eventIds.map(() => endpointId) });
  const due = await tx.query<{ eventId: string }>(makeDueAgainStatement, [
    providerId,
    endpointId,
    eventIds,
    deliveries.map((delivery) => delivery.format),
    deliveries.map((delivery) => delivery.orderingKey),
    deliveries.map((delivery) => delivery.sequence),
    deliveries.map((delivery) => delivery.was),
  ]);
  tx.hintAfterCommit("due", String(endpointId));
  tx.hintAfterCommit("history", "");
  const ids = new Set(due.map(({ eventId }) => eventId));
  return deliveries.filter(({ eventId }) => ids.has(eventId));
}
