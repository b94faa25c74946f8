import type { Actor } from "#access/index.ts";
import type { Transaction } from "#platform/database/database.ts";
import { newUuidV7 } from "#platform/ids/uuid-v7.ts";
import {
  bodyFormatOf,
  contextOf,
  decideGate,
  orderingKeyOf,
  planDeliveries,
  type BodyFormat,
  type Gate,
  type PlannedDelivery,
} from "#webhooks/deliveries/index.ts";
import { recallSubscriptions, type Subscription } from "#webhooks/endpoints/index.ts";

import { continueSequence, lockSequence, nextSequences, type LockedSequence } from "./account-sequence.ts";
import { actorColumns, insertEvents, type EventRow, type PayloadRow } from "./insert-events.ts";
import type { Cause, NewEvent, RecordedEvent } from "./new-event.ts";
import { renderEvent } from "./render-event/render-event.ts";

/** What events of one account will need, read before it is known whether there are any. */
export interface ExpectedEvents {
  readonly sequence: LockedSequence | undefined;
  readonly subscriptions: readonly Subscription[];
}

/**
 * For a change that locks its account first: asked together with that, it saves the events a round trip of their own, a
 * twentieth of what changing an account costs.
 */
export async function expectEvents(tx: Transaction, providerId: number, accountId: number): Promise<ExpectedEvents> {
  const [sequence, subscriptions] = await Promise.all([
    lockSequence(tx, providerId, accountId),
    recallSubscriptions(tx, providerId),
  ]);
  return { sequence, subscriptions };
}

/**
 * Records what changed, fixes the bytes that endpoints will get, and makes one delivery for each endpoint that is to
 * hear of it: all in the transaction of the change, so that an event exists if and only if its change does.
 */
export async function recordEvents(
  tx: Transaction,
  cause: Cause,
  events: readonly NewEvent[],
  expected?: ExpectedEvents,
): Promise<readonly RecordedEvent[]> {
  if (events.length === 0) return [];
  const { providerId } = cause;
  const [sequences, subscriptions] = await Promise.all([
    numbersOf(tx, providerId, events, expected?.sequence),
    expected?.subscriptions ?? recallSubscriptions(tx, providerId),
  ]);

  const planned = events.map((event, index) => planEvent(cause, event, sequences[index] ?? 0, subscriptions));
  insertEvents(
    tx,
    cause,
    planned.map(({ row }) => row),
    planned.flatMap(({ payloads }) => payloads),
  );
  planDeliveries(
    tx,
    providerId,
    planned.flatMap(({ deliveries }) => deliveries),
  );
  tx.hintAfterCommit("history", "");
  return planned.map(({ row, deliveries }) => ({
    id: row.id,
    type: row.type,
    sequence: row.sequence,
    endpointIds: deliveries.map((delivery) => delivery.endpointId),
  }));
}

const numbersOf = (
  tx: Transaction,
  providerId: number,
  events: readonly NewEvent[],
  locked: LockedSequence | undefined,
): readonly number[] | Promise<readonly number[]> =>
  locked && events.every(({ accountId }) => accountId === locked.accountId)
    ? continueSequence(tx, providerId, locked, events.length)
    : nextSequences(
        tx,
        providerId,
        events.map(({ accountId }) => accountId),
      );

interface PlannedEvent {
  readonly row: EventRow;
  readonly payloads: readonly PayloadRow[];
  readonly deliveries: readonly PlannedDelivery[];
}

/** Pure but for the id: which endpoints get the event, what stops it at the others, and the bytes in each format. */
function planEvent(
  cause: Cause,
  event: NewEvent,
  sequence: number,
  subscriptions: readonly Subscription[],
): PlannedEvent {
  const id = newUuidV7(cause.now.getTime());
  const withheld: Record<number, Gate> = {};
  const deliveries: PlannedDelivery[] = [];
  for (const subscription of subscriptions) {
    const gate = decideGate(subscription, { type: event.type, actor: cause.actor });
    if (gate) withheld[subscription.id] = gate;
    else {
      const orderingKey = orderingKeyOf(subscription.ordering, event);
      deliveries.push({
        eventId: id,
        endpointId: subscription.id,
        format: bodyFormatOf(subscription),
        orderingKey,
        sequence,
      });
    }
  }

  const { now: occurredAt, channel } = cause;
  const row: EventRow = { ...event, id, sequence, withheld };
  const formats = new Set<BodyFormat>(deliveries.map((delivery) => delivery.format));
  const [{ source } = { source: "/" }] = subscriptions; // the provider's, so the same in all
  const rendered = { ...event, id, source, occurredAt, sequence, actor: actorInBody(cause.actor), channel };
  const context = contextOf({ ...event, ...actorColumns(cause.actor), occurredAt, sequence, channel });
  const payloads = [...formats].map((format) => ({
    eventId: id,
    format,
    body: renderEvent(rendered, format),
    context,
  }));
  return { row, payloads, deliveries };
}

const actorInBody = (actor: Actor): { kind: string; user_id?: number } =>
  "userId" in actor ? { kind: actor.kind, user_id: actor.userId } : { kind: actor.kind };
