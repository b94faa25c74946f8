import { type Database, queryRow, type Transaction } from "#platform/database/database.ts";
import { cancelDeliveries } from "./transitions.ts";

const eraseAttemptsStatement = `select erase_attempts($1, $2::uuid[])`;

// By primary key. The first attempt of most deliveries is stored in the delivery's row.
const eraseFirstAttempts = `
  update deliveries set first_headers = null, first_body = null
  where provider_id = $1 and event_id = any($2::uuid[]) and (first_headers is not null or first_body is not null)`;

// By due_pkey.
const selectPending = `
  select event_id, endpoint_id from due where event_id = any($2::uuid[]) and provider_id = $1
  order by endpoint_id, event_id`;

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
  const pending = await tx.query<{ eventId: string; endpointId: number }>(selectPending, [
    providerId,
    cancelledEventIds,
  ]);
  if (pending.length > 0) {
    await cancelDeliveries(tx, {
      providerId,
      eventIds: pending.map(({ eventId }) => eventId),
      endpointIds: pending.map(({ endpointId }) => endpointId),
    });
  }
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
  { providerId, accountId, userId }: { providerId: number; accountId: number; userId: number | null },
): Promise<boolean> {
  return (await queryRow<{ pending: boolean }>(db, pendingStatement, [providerId, accountId, userId])).pending;
}
