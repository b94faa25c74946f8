import { clockSlackMs } from "./check-changes.ts";
import type { LossWindow } from "./faults.ts";
import type { ChaosEndpoint } from "./endpoints.ts";
import type { FollowedEvent } from "./follow-events.ts";
import type { ListedDelivery, ListedEvent } from "./read-outcome.ts";
import type { ReceivedRequest } from "./received-request.ts";

export interface Evidence {
  readonly endpoints: readonly ChaosEndpoint[];
  readonly events: readonly ListedEvent[];
  readonly deliveries: readonly ListedDelivery[];
  /** Keys of the form `event endpoint-name`. */
  readonly failures: ReadonlySet<string>;
  readonly received: readonly ReceivedRequest[];
  /** Events that a follower read during the run, oldest first. */
  readonly followed: readonly FollowedEvent[];
  /** Periods in which changes may have been lost after their events were sent. */
  readonly windows: readonly LossWindow[];
}

const keyOf = ({ eventId, endpoint }: { readonly eventId: string; readonly endpoint: string }): string =>
  `${eventId} ${endpoint}`;

/** Received requests by delivery, in the order of arrival. */
const byDelivery = (received: readonly ReceivedRequest[]): ReadonlyMap<string, readonly ReceivedRequest[]> =>
  Map.groupBy(received, keyOf);

/** Checks that every event has a delivery for each endpoint, delivered or on the failure list, as its receiver saw it. */
export function checkDeliveries({
  endpoints,
  events,
  deliveries,
  failures,
  received,
  windows,
}: Evidence): readonly string[] {
  const wrong: string[] = [];
  const left = new Map(deliveries.map((delivery) => [keyOf(delivery), delivery]));
  const requests = byDelivery(received);
  const known = new Set(events.map(({ id }) => id));
  for (const event of events) {
    for (const { name } of endpoints) {
      const key = `${event.id} ${name}`;
      const delivery = left.get(key);
      left.delete(key);
      const group = requests.get(key) ?? [];
      if (!delivery) wrong.push(`${key}: there is no delivery`);
      else if (delivery.state === "failed" && !failures.has(key))
        wrong.push(`${key}: failed, but not on the failure list`);
      else if (delivery.state === "delivered" && !group.some(isAccepted))
        wrong.push(`${key}: delivered, but not received`);
      else if (delivery.state !== "delivered" && delivery.state !== "failed") wrong.push(`${key}: ${delivery.state}`);
    }
  }
  for (const key of left.keys()) wrong.push(`${key}: a delivery without an event`);
  for (const key of failures) if (!known.has(key.split(" ")[0] ?? "")) wrong.push(`${key}: a failure without an event`);
  const unknownEvents = Map.groupBy(
    received.filter(({ eventId }) => !known.has(eventId)),
    ({ eventId }) => eventId,
  );
  for (const [id, group] of unknownEvents)
    if (!windows.some((window) => isOfLost(Math.min(...group.map(({ atMs }) => atMs)), window)))
      wrong.push(`${id}: received, but not an event of the API`);
  return wrong;
}

/** An engine may still send deliveries that it read before the failover. */
const readAheadMs = 30_000;

/** Returns whether a missing event may belong to a lost change. No client can have seen it before the standby's last transaction. */
const isOfLost = (firstSeenMs: number, { replayedMs, movedMs }: LossWindow): boolean =>
  firstSeenMs >= replayedMs - clockSlackMs && firstSeenMs <= movedMs + readAheadMs;

/** Checks that a follower gets every existing event once, and no other event except lost ones. */
export function checkFollower({ events, followed, windows }: Evidence): readonly string[] {
  const seen = Map.groupBy(followed, ({ id }) => id);
  const wrong = events.flatMap(({ id }) => (seen.has(id) ? [] : [`${id}: the follower missed the event`]));
  const known = new Set(events.map(({ id }) => id));
  for (const [id, group] of seen) {
    if (group.length > 1) wrong.push(`${id}: the follower received the event ${group.length} times`);
    const isLost = windows.some((window) => group.every(({ atMs }) => isOfLost(atMs, window)));
    if (!known.has(id) && !isLost) wrong.push(`${id}: the follower received an event that does not exist`);
  }
  return wrong;
}

/** Checks that no two events of an account share a number, even if one of them is lost. */
export function findReusedNumbers({ events, followed, received }: Evidence): readonly string[] {
  const all = [
    ...[...events, ...followed].map(({ id, accountId, sequence }) => ({ id, accountId, sequence })),
    ...received.map(({ eventId, accountId, sequence }) => ({ id: eventId, accountId, sequence })),
  ].filter(({ accountId }) => accountId !== undefined);
  const numbered = Map.groupBy(all, ({ accountId, sequence }) => `number ${sequence} of account ${accountId}`);
  return [...numbered].flatMap(([number, group]) => {
    const ids = new Set(group.map(({ id }) => id));
    return ids.size === 1 ? [] : [`${number} is shared by ${[...ids].join(" and ")}`];
  });
}

const isAccepted = ({ status = 0 }: ReceivedRequest): boolean => status >= 200 && status <= 299;

/** Checks that one id has the same bytes in every attempt. */
export function findChangedBytes({ endpoints, received }: Evidence): readonly string[] {
  const formats = new Map(endpoints.map(({ name, settings }) => [name, settings.format]));
  const hashes = Map.groupBy(received, ({ eventId, endpoint }) => `${eventId} in ${formats.get(endpoint)}`);
  return [...hashes].flatMap(([key, group]) =>
    new Set(group.map(({ bodyHash }) => bodyHash)).size === 1 ? [] : [`${key}: the bytes have changed`],
  );
}

/** Checks that no retry comes before its wait or the receiver's Retry-After has passed. */
export function findEarlyRetries({ endpoints, received }: Evidence): readonly string[] {
  const waits = new Map(endpoints.map(({ name, settings }) => [name, settings.retry_waits_seconds]));
  return [...byDelivery(received)].flatMap(([key, group]) =>
    group.flatMap((request) => {
      const before = group.find(({ attempt }) => attempt === request.attempt - 1);
      if (!before) return []; // the first attempt, or the receiver never got the previous one
      const wait = waits.get(request.endpoint)?.[before.attempt - 1];
      if (wait === undefined) return [`${key}: attempt ${request.attempt} exceeds the number of retries`];
      const afterMs = Math.max(wait, before.status === 503 ? before.retryAfterSeconds : 0) * 1000;
      const early = before.atMs + afterMs - request.atMs;
      return early > 0 ? [`${key}: attempt ${request.attempt} came ${Math.round(early)} ms too early`] : [];
    }),
  );
}

/** Checks that no ordered delivery arrives before its predecessor has ended. */
export function findReordering({ endpoints, events, deliveries, received }: Evidence): readonly string[] {
  const requests = byDelivery(received);
  const states = new Map(deliveries.map((delivery) => [keyOf(delivery), delivery.state]));
  return endpoints.flatMap(({ name, settings: { ordering } }) => {
    if (ordering === "none") return [];
    const keyed = Map.groupBy(events, ({ accountId, type, objectId }) =>
      ordering === "account" ? `${accountId}` : `${type.split(".")[0]} ${objectId}`,
    );
    return [...keyed.values()].flatMap((group) => {
      let freeAtMs = 0;
      return group
        .toSorted((a, b) => a.sequence - b.sequence)
        .flatMap((event) => {
          const key = `${event.id} ${name}`;
          const attempts = requests.get(key) ?? [];
          const arrivedMs = attempts[0]?.atMs ?? Infinity;
          const earlyMs = freeAtMs - arrivedMs;
          const end = states.get(key) === "failed" ? attempts.at(-1)?.atMs : attempts.find(isAccepted)?.endedAtMs;
          freeAtMs = Math.max(freeAtMs, end ?? 0);
          return earlyMs > 0 ? [`${key}: arrived ${Math.round(earlyMs)} ms before the end of the one before it`] : [];
        });
    });
  });
}

/** Returns all violations that the evidence shows. */
export const checkEvidence = (evidence: Evidence): readonly string[] =>
  [checkDeliveries, checkFollower, findReusedNumbers, findChangedBytes, findEarlyRetries, findReordering].flatMap(
    (check) => check(evidence),
  );
