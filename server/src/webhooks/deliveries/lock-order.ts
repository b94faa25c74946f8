import type { Transaction } from "#platform/database/database.ts";
import type { DeliveryKeys } from "./transitions.ts";

/*
 * The order in which transactions lock rows. In another one, two of them may wait for each other, until PostgreSQL ends one after
 * a second.
 *
 * 0. An advisory lock of the endpoint, for new deliveries of earlier events: no row says yet that another transaction inserts them.
 * 1. `due`: the first row of each ordering key, by (endpoint_id, ordering_key), and no other row of a key without it. So at most
 *    one transaction at a time locks rows of a key, and it may lock further ones at any time: the one that ends a key's first row
 *    makes the next one due. A change locks first rows only (plan.ts). Outcomes come in the order of their key, so the first of a
 *    batch nearly always is the key's first row: finding it would cost a fifth of their record (settleInOrder).
 * 2. `due`: rows without a key, by (endpoint_id, event_id).
 * 3. `deliveries` that have ended, by (endpoint_id, event_id), then their `failures`, then new rows of `due` in their place. Whoever
 *    makes a delivery due again or returns it to the list of failures has locked it.
 * 4. `lanes`, by endpoint_id.
 *
 * Rows of `deliveries` and `failures` that have one in `due` are written by the transaction that locks that one. A statement that
 * locks one row and is followed by no other needs no order (return to the order), nor does one that skips locked rows (claims,
 * batches of failures, deliveries of deleted endpoints).
 */

/** The order of `due` for locks. */
export const inOrderOfLocks = `due.ordering_key is null, due.endpoint_id, due.ordering_key,
      case when due.ordering_key is not null then due.sequence end, due.event_id`;

/** Locks the first row of each row of `key`, whose columns endpoint_id and ordering_key are distinct and sorted. */
export const lockingFirstRows = `cross join lateral (
      select from due
      where due.endpoint_id = key.endpoint_id and due.ordering_key = key.ordering_key
      order by due.sequence
      limit 1
      for update
    ) first`;

/** An ordering key of an endpoint. */
export interface OrderingKey {
  readonly endpointId: number;
  readonly orderingKey: string;
}

/** Returns those of the rows that have an order. */
export const rowsWithKey = <Row extends { readonly orderingKey: string | null }>(
  rows: readonly Row[],
): readonly (Row & { readonly orderingKey: string })[] =>
  rows.filter((row): row is Row & { readonly orderingKey: string } => row.orderingKey !== null);

/** Keys as parameters of a statement. */
export const keyColumns = (keys: readonly OrderingKey[]): readonly unknown[] => [
  keys.map((key) => key.endpointId),
  keys.map((key) => key.orderingKey),
];

const lockKeysStatement = `
  select from (
    select distinct endpoint_id, ordering_key from unnest($1::bigint[], $2::text[]) as key (endpoint_id, ordering_key)
    order by endpoint_id, ordering_key
  ) key
  ${lockingFirstRows}`;

const lockMissingStatement = `select pg_advisory_xact_lock(hashtextextended('bellwire missing deliveries', $1))`;

/** Locks the deliveries that the endpoint lacks. The next statement of the transaction sees what others inserted until then. */
export const lockMissing = (tx: Transaction, endpointId: number): void => {
  tx.send(lockMissingStatement, [endpointId]);
};

/** Locks ordering keys. */
export function lockKeys(tx: Transaction, keys: readonly OrderingKey[]): void {
  if (keys.length > 0) tx.send(lockKeysStatement, keyColumns(keys));
}

const lockKeysOfStatement = `
  select from (
    select distinct due.endpoint_id, due.ordering_key
    from unnest($2::uuid[], $3::bigint[]) as selected (event_id, endpoint_id)
    join due on due.event_id = selected.event_id and due.endpoint_id = selected.endpoint_id
    where due.provider_id = $1 and due.ordering_key is not null
    order by due.endpoint_id, due.ordering_key
  ) key
  ${lockingFirstRows}`;

/** Locks the ordering keys of pending deliveries. */
export function lockKeysOf(tx: Transaction, { providerId, eventIds, endpointIds }: DeliveryKeys): void {
  tx.send(lockKeysOfStatement, [providerId, eventIds, endpointIds]);
}

// By primary key for each row: with other joins, PostgreSQL may read every day of the history.
const lockEndedStatement = `
  select selected.event_id, selected.endpoint_id from (
    select selected.event_id, selected.endpoint_id, endpoint.provider_id
    from unnest($1::uuid[], $2::bigint[]) as selected (event_id, endpoint_id)
    join endpoints endpoint on endpoint.id = selected.endpoint_id
    where not exists (select from due where due.event_id = selected.event_id and due.endpoint_id = selected.endpoint_id)
    order by selected.endpoint_id, selected.event_id
  ) selected
  cross join lateral (
    select from deliveries
    where deliveries.provider_id = selected.provider_id and deliveries.event_id = selected.event_id
      and deliveries.endpoint_id = selected.endpoint_id
    limit 1
    for update
  ) ended`;

export interface EndedKey {
  readonly eventId: string;
  readonly endpointId: number;
}

/**
 * Locks deliveries that have ended, and returns them: nobody else makes them due or adds an attempt to them. The next statement of
 * the transaction sees what others did until then. One of them may be due again by then. Such a due row must not be locked: the
 * record of its attempt holds it, and waits for the delivery.
 */
export const lockEnded = (
  tx: Transaction,
  { eventIds, endpointIds }: Pick<DeliveryKeys, "eventIds" | "endpointIds">,
): Promise<readonly EndedKey[]> => tx.query<EndedKey>(lockEndedStatement, [eventIds, endpointIds]);
