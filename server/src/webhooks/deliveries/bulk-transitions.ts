import type { DataSubject } from "#access/index.ts";
import { type Database, queryRow, type Transaction } from "#platform/database/database.ts";
import { keptForUndo } from "./failure-deletions.ts";
import { endLanePauses } from "./lanes.ts";
import { inOrderOfLocks, lockEnded, lockKeysOf } from "./lock-order.ts";
import {
  cancelDeliveries,
  type DeliveryKeys,
  type DueOfEndpoint,
  retryEnded,
  selectedDeliveries,
} from "./transitions.ts";

// Pending deliveries become due now, except those that wait in their order, which keep their place.
const hurryStatement = `
  with selected as (${selectedDeliveries}
  ), pending as materialized (
    select due.event_id, due.endpoint_id
    from selected
    join due on due.event_id = selected.event_id and due.endpoint_id = selected.endpoint_id
    where due.provider_id = $1 and due.due_at <> 'infinity'
    order by ${inOrderOfLocks}
    for update of due
  ), hurried as (
    update due set due_at = clock_timestamp(), retried_at = clock_timestamp()
    from pending
    where due.event_id = pending.event_id and due.endpoint_id = pending.endpoint_id
    returning due.endpoint_id
  )
  select endpoint_id, count(*) as count from hurried group by endpoint_id`;

export interface BulkRetry extends DeliveryKeys {
  /** Deliveries that ended later have changed since they were selected. */
  readonly selectedAt: Date;
  readonly onlyFailures: boolean;
  /** The job has ended the pauses of these endpoints before. A new pause, which a retried delivery may cause, stays. */
  readonly resumed: readonly number[];
}

/** Makes deliveries due now and ends their lanes' pauses. Returns the number per endpoint; the rest did not apply. */
export async function retryDeliveries(
  tx: Transaction,
  { providerId, eventIds, endpointIds, selectedAt, onlyFailures, resumed }: BulkRetry,
): Promise<ReadonlyMap<number, number>> {
  const keys = { providerId, eventIds, endpointIds };
  let hurried: readonly DueOfEndpoint[] = [];
  if (!onlyFailures) {
    lockKeysOf(tx, keys);
    hurried = await tx.query<DueOfEndpoint>(hurryStatement, [providerId, eventIds, endpointIds]);
  }
  const again = await retryEnded(tx, keys, { endedBy: selectedAt, onlyFailures });
  const counts = new Map<number, number>();
  for (const { endpointId, count } of [...hurried, ...again])
    counts.set(endpointId, (counts.get(endpointId) ?? 0) + count);
  const changed = [...counts.keys()];
  await endLanePauses(
    tx,
    changed.filter((id) => !resumed.includes(id)),
  );
  for (const id of changed) tx.hintAfterCommit("due", String(id));
  if (changed.length > 0) tx.hintAfterCommit("history", "");
  return counts;
}

// Waits for rows that another statement locks. Statements that wait for failures have locked their deliveries before. Deletes by
// key: this statement does not see the new place of a row that was updated while it waited.
const deleteStatement = `
  with deletion as (select $5::bigint as id), picked as materialized (
    select failures.event_id, failures.endpoint_id from unnest($2::uuid[], $3::bigint[]) as selected (event_id, endpoint_id)
    join failures on failures.provider_id = $1 and failures.endpoint_id = selected.endpoint_id
      and failures.event_id = selected.event_id
    where failures.failed_at <= $4::timestamptz
    order by failures.endpoint_id, failures.event_id
    for update of failures
  ), taken as (
    delete from failures using picked
    where failures.provider_id = $1 and failures.endpoint_id = picked.endpoint_id and failures.event_id = picked.event_id
    returning failures.*
  ), ${keptForUndo}
  select count(*) as count from taken`;

/** Deletes failures from the list, and keeps them for an undo. Returns the number; the rest is not on the list any more. */
export async function deleteSelectedFailures(
  tx: Transaction,
  deletion: DeliveryKeys & { readonly selectedAt: Date; readonly deletionId: number },
): Promise<number> {
  const { providerId, eventIds, endpointIds, selectedAt, deletionId } = deletion;
  await lockEnded(tx, { eventIds, endpointIds });
  const values = [providerId, eventIds, endpointIds, selectedAt, deletionId];
  const { count } = await queryRow<{ count: number }>(tx, deleteStatement, values);
  if (count > 0) tx.hintAfterCommit("history", "");
  return count;
}

const eraseAttemptsStatement = `select erase_attempts($1, $2::uuid[])`;

// By primary key. The first attempt of most deliveries is stored in the delivery's row. Locked in the order of lock-order.ts. The keys are
// values in both parts, so only their days are read.
const eraseFirstAttempts = `
  with first as materialized (
    select event_id, endpoint_id from deliveries
    where provider_id = $1 and event_id = any($2::uuid[]) and (first_headers is not null or first_body is not null)
    order by endpoint_id, event_id
    for update
  )
  update deliveries set first_headers = null, first_body = null
  from first
  where deliveries.provider_id = $1 and deliveries.event_id = any($2::uuid[])
    and deliveries.event_id = first.event_id and deliveries.endpoint_id = first.endpoint_id`;

// By due_pkey.
const selectPending = `
  select coalesce(array_agg(event_id), '{}') as "eventIds", coalesce(array_agg(endpoint_id), '{}') as "endpointIds"
  from due where event_id = any($2::uuid[]) and provider_id = $1`;

interface EventsToErase {
  readonly providerId: number;
  readonly erasureId: number;
  /** Erases the responses to these events. */
  readonly eventIds: readonly string[];
  /** Cancels the pending deliveries of these events. */
  readonly cancelledEventIds: readonly string[];
}

/**
 * Erases the responses of receivers, because a receiver may return the data that it got, and cancels pending deliveries.
 * States, times, statuses, errors and durations stay. Errors are sentences of Bellwire.
 */
export async function eraseDeliveries(
  tx: Transaction,
  { providerId, erasureId, eventIds, cancelledEventIds }: EventsToErase,
): Promise<void> {
  const pending = await queryRow<Omit<DeliveryKeys, "providerId">>(tx, selectPending, [providerId, cancelledEventIds]);
  if (pending.eventIds.length > 0) await cancelDeliveries(tx, { providerId, ...pending });
  if (eventIds.length === 0) return;
  await tx.query(eraseFirstAttempts, [providerId, eventIds]);
  await tx.query(eraseAttemptsStatement, [erasureId, eventIds]);
  tx.hintAfterCommit("history", "");
}

// A user's own events by events_object_idx, an account's by events_account_idx; due by primary key. @indexed
const pendingStatement = `
  select exists (
    select from events event
    join due on due.event_id = event.id and due.provider_id = event.provider_id
    where $3::bigint is null and event.provider_id = $1 and event.account_id = $2
  ) or exists (
    select from events event
    join due on due.event_id = event.id and due.provider_id = event.provider_id
    where event.provider_id = $1 and event.object_id = $3 and event.type like 'user.%'
  ) as pending`;

/** Returns whether events of a user, or without one of an account, are still to be sent. */
export async function hasPendingDeliveries(
  db: Database,
  { providerId, accountId, userId }: DataSubject,
): Promise<boolean> {
  return (await queryRow<{ pending: boolean }>(db, pendingStatement, [providerId, accountId, userId])).pending;
}
