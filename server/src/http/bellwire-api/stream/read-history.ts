import type { Database } from "#platform/database/database.ts";
import {
  type FollowedAttempt,
  deliveryId,
  followAttempts,
  listDeliveries,
  sampleTransactions,
} from "#webhooks/deliveries/index.ts";
import { followEvents } from "#webhooks/events/index.ts";
import { representDelivery } from "../deliveries/represent-delivery.ts";
import { representEvent } from "../events/represent-event.ts";
import type { StreamMessage } from "./stream-message.ts";

/** Rows read at once: few enough to be sent while the next are read. */
const readLimit = 200;
/** Deliveries shown after one such read: an event can have many. */
const deliveriesMax = 1000;
const firstId = "00000000-0000-0000-0000-000000000000";

export async function oldestRunningTransaction(db: Database): Promise<number> {
  const { oldestRunning } = await sampleTransactions(db);
  return Number(oldestRunning);
}

/**
 * What transactions from number `from` on have recorded for a provider, up to the oldest one still running, which is the
 * mark at the end: below it everything is there to be read, so that what commits late is never passed by.
 */
export async function* readHistory(
  db: Database,
  providerId: number,
  from: number,
): AsyncGenerator<readonly StreamMessage[], void, void> {
  const upTo = await oldestRunningTransaction(db);
  if (upTo <= from) return;
  yield* readEvents(db, providerId, { from, upTo });
  yield* readAttempts(db, providerId, { from, upTo });
  yield [{ mark: upTo }];
}

type Span = { readonly from: number; readonly upTo: number };

async function* readEvents(db: Database, providerId: number, { from, upTo }: Span) {
  let after = { recordedIn: from, id: firstId };
  for (;;) {
    const read = await followEvents(db, { providerId, after, limit: readLimit });
    const events = read.filter(({ recordedIn }) => recordedIn < upTo);
    if (events.length > 0) {
      const told = events.map((event): StreamMessage => ({ event: "event", data: representEvent(event) }));
      yield [
        ...told,
        ...(await readDeliveries(
          db,
          providerId,
          events.map(({ id }) => id),
        )),
      ];
    }
    const last = events.at(-1);
    if (!last || events.length < readLimit) return;
    after = last;
  }
}

async function* readAttempts(db: Database, providerId: number, { from, upTo }: Span) {
  let after = { recordedIn: from, eventId: firstId, endpointId: 0, number: 0 };
  for (;;) {
    const read = await followAttempts(db, { providerId, after, limit: readLimit });
    const attempts = read.filter(({ recordedIn }) => recordedIn < upTo);
    if (attempts.length > 0) {
      const told = attempts.map((attempt): StreamMessage => ({ event: "attempt", data: representFollowed(attempt) }));
      yield [
        ...told,
        ...(await readDeliveries(
          db,
          providerId,
          attempts.map(({ eventId }) => eventId),
        )),
      ];
    }
    const last = attempts.at(-1);
    if (!last || attempts.length < readLimit) return;
    after = last;
  }
}

/** The deliveries of these events, as they are by now. */
async function readDeliveries(db: Database, providerId: number, eventIds: readonly string[]): Promise<StreamMessage[]> {
  const deliveries = await listDeliveries(db, { providerId, eventIds: [...new Set(eventIds)], limit: deliveriesMax });
  return deliveries.map((delivery) => ({ event: "delivery", data: representDelivery(delivery) }));
}

const representFollowed = ({ eventId, endpointId, number, at, status, error, latencyMs }: FollowedAttempt) => ({
  delivery_id: deliveryId({ eventId, endpointId }),
  event_id: eventId,
  endpoint_id: endpointId,
  number,
  at: at.toISOString(),
  status,
  error,
  latency_ms: latencyMs,
});
