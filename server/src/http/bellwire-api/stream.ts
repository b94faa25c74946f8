import { parseRowId } from "#platform/ids.ts";
import { Type } from "typebox";
import type { Database, Pool } from "#platform/database/database.ts";
import type { Encryption } from "#platform/encryption.ts";
import {
  type Delivery,
  deliveryId,
  followAttempts,
  listDeliveries,
  type FollowedAttempt,
} from "#webhooks/deliveries/index.ts";
import { readEndpoint, readEndpointKeys } from "#webhooks/endpoints/index.ts";
import { beforeTransaction, type EventSummary, followEvents } from "#webhooks/events/index.ts";
import { readActorNames } from "#portal/history/index.ts";
import type { AccessCheck } from "../shared/operation.ts";
import { EventStream, MessageQueue, StreamAccess } from "../shared/event-stream.ts";
import { Problem } from "../shared/problem.ts";
import { representDelivery } from "./deliveries.ts";
import { representEndpoint } from "./endpoints.ts";
import { oldestRunningTransaction, representEvent } from "./events.ts";
import type { CursorSeal } from "./fields.ts";
import { hijacked, operation, type Operation, type OperationNeeds } from "./operation.ts";

// Messages

/** A change, or a mark: the position that a client sends back to resume after a break. */
type StreamMessage =
  | { readonly event: "event" | "attempt" | "delivery" | "endpoint" | "endpoint_deleted"; readonly data: object }
  | { readonly mark: number };

/** Renders a message as `text/event-stream`. JSON has no line breaks, so the data fits on one line. */
export const renderMessage = (message: StreamMessage, seal: (mark: number) => string): string =>
  "mark" in message
    ? `id: ${seal(message.mark)}\n\n`
    : `event: ${message.event}\ndata: ${JSON.stringify(message.data)}\n\n`;

/** A comment, which keeps proxies from closing an idle stream. */
const heartbeat = ":\n\n";

type RenderMessages = (messages: readonly StreamMessage[]) => string;

/** Marks contain transaction numbers, which all providers share, so they are sealed for one provider. */
function createMessageRenderer(cursors: CursorSeal, providerId: number): RenderMessages {
  const seal = (mark: number): string => cursors.seal(providerId, String(mark));
  return (messages) => messages.map((message) => renderMessage(message, seal)).join("");
}

// History

/** Few enough rows to send while the next are read. */
const readLimit = 200;
/** An event can have many deliveries, so they are read in parts. */
const deliveriesLimit = 1000;

/** Transactions of the first part. */
const spanMin = 5000;
/** A part that is read in less time leads to a longer one: after a failover, a billion numbers belong to no transaction. */
const quickMs = 50;
/** A part that is read in more time leads to a shorter one: the attempts of all providers are read for those of one. */
const slowMs = 200;

/**
 * Reads what transactions from number `from` on and before `upTo` have recorded for a provider. None of these may still run. Each
 * part ends with a mark, below which every transaction has ended and was read. So a late commit is never skipped, and a client that
 * is far behind continues after an interruption where it was.
 */
async function* readHistory(
  { pool: db, clock }: Pick<OperationNeeds, "pool" | "clock">,
  providerId: number,
  { from, upTo }: { readonly from: number; readonly upTo: number },
): AsyncGenerator<readonly StreamMessage[], void, void> {
  let [mark, span, limit] = [from, spanMin, readLimit];
  while (mark < upTo) {
    const startedMs = clock.monotonicMs();
    const before = Math.min(upTo, mark + span);
    const events = await followEvents(db, { providerId, after: beforeTransaction(mark), before, limit });
    const attempts = await followAttempts(db, { providerId, from: mark, before, limit });
    const end = Math.min(before, completeUntil(events, limit), completeUntil(attempts, limit));
    if (end === mark) {
      limit *= 2; // one transaction has more rows
      continue;
    }
    const tookMs = clock.monotonicMs() - startedMs;
    if (tookMs < quickMs) span *= 2;
    else if (tookMs > slowMs) span = Math.max(spanMin, span / 2);
    yield* renderEvents(db, providerId, endedBefore(events, end));
    yield* renderAttempts(db, providerId, endedBefore(attempts, end));
    yield [{ mark: end }];
    [mark, limit] = [end, readLimit];
  }
}

type Recorded = { readonly recordedIn: number };

/** Returns the first transaction of which rows may be missing. */
const completeUntil = (rows: readonly Recorded[], limit: number): number =>
  rows.length < limit ? Number.POSITIVE_INFINITY : (rows.at(-1)?.recordedIn ?? 0);

const endedBefore = <Row extends Recorded>(rows: readonly Row[], end: number): readonly Row[] =>
  rows.filter(({ recordedIn }) => recordedIn < end);

async function* renderEvents(db: Database, providerId: number, events: readonly (EventSummary & Recorded)[]) {
  if (events.length === 0) return;
  const nameOf = await readActorNames(db, providerId, events);
  yield events.map((event): StreamMessage => ({ event: "event", data: representEvent(event, nameOf) }));
  const ids = events.map(({ id }) => id);
  yield* readDeliveries(db, providerId, ids);
}

async function* renderAttempts(db: Database, providerId: number, attempts: readonly FollowedAttempt[]) {
  if (attempts.length === 0) return;
  yield attempts.map((attempt): StreamMessage => ({ event: "attempt", data: representAttempt(attempt) }));
  const ids = attempts.map(({ eventId }) => eventId);
  yield* readDeliveries(db, providerId, ids);
}

/** Reads the current states of all deliveries of the events. */
async function* readDeliveries(
  db: Database,
  providerId: number,
  ids: readonly string[],
): AsyncGenerator<readonly StreamMessage[], void, void> {
  const eventIds = [...new Set(ids)];
  for (let after: Delivery | undefined; ;) {
    const deliveries: readonly Delivery[] = await listDeliveries(db, {
      providerId,
      eventIds,
      after,
      limit: deliveriesLimit,
    });
    yield deliveries.map((delivery) => ({ event: "delivery", data: representDelivery(delivery) }));
    after = deliveries.at(-1);
    if (deliveries.length < deliveriesLimit) return;
  }
}

const representAttempt = ({ eventId, endpointId, number, at, status, error, latencyMs }: FollowedAttempt) => ({
  delivery_id: deliveryId({ eventId, endpointId }),
  event_id: eventId,
  endpoint_id: endpointId,
  number,
  at: at.toISOString(),
  status,
  error,
  latency_ms: latencyMs,
});

// One reader for each provider

/** Attempts notify nobody, so the history is also polled. */
const pollEveryMs = 500;

/**
 * The connection for hints opens within this time of a start, and reports then that hints may have been missed. The streams that are
 * open by then are milliseconds older, and stay open.
 */
const startMs = 5000;

interface HubNeeds extends Pick<OperationNeeds, "clock" | "encryption" | "cursors"> {
  readonly pool: Pool;
  readonly encryption: Encryption;
  readonly onError: (error: unknown) => void;
}

interface Audience {
  readonly queues: Set<MessageQueue>;
  /** All transactions before it have ended. */
  ended: number;
  wake: AbortController;
  readonly render: RenderMessages;
}

/** Reads the history once for each provider that has followers, and passes it to all of them. */
class HistoryHub {
  readonly #needs: HubNeeds;
  readonly #audiences = new Map<number, Audience>();
  readonly #startedMs: number;
  readonly #stopListening: readonly (() => void)[];
  /** The changes are read one after another: of two states that are read at once, the older one could be sent last. */
  #endpointsPushed: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(needs: HubNeeds) {
    this.#needs = needs;
    this.#startedMs = needs.clock.monotonicMs();
    this.#stopListening = [
      needs.pool.onHint("history", (providerIds) => {
        // An empty id is any provider's. Without ids, hints may have been missed.
        const isOfAny = providerIds.length === 0 || providerIds.includes("");
        const changed = isOfAny ? [...this.#audiences.keys()] : providerIds.map(Number);
        for (const providerId of changed) this.#audiences.get(providerId)?.wake.abort();
      }),
      needs.pool.onHint("endpoints", (ids) => this.#endpointsChanged(ids.map(Number))),
    ];
  }

  /**
   * Adds a follower, which must call `leave` at its end. Calls `onOverflow` when it reads too slowly. Its queue gets everything that
   * transactions from number `from` on record, unless others follow already and these have been read up to a later one.
   */
  follow({ providerId, from }: { providerId: number; from: number }, onOverflow: () => void): MessageQueue {
    const queue = new MessageQueue(this.#needs.clock, onOverflow);
    if (this.#isClosed) {
      queue.close();
      return queue;
    }
    const audience = this.#audiences.get(providerId);
    if (audience) {
      audience.queues.add(queue);
      return queue;
    }
    const opened = {
      queues: new Set([queue]),
      ended: from,
      wake: new AbortController(),
      render: createMessageRenderer(this.#needs.cursors, providerId),
    };
    this.#audiences.set(providerId, opened);
    void this.#readFor(providerId, from, opened);
    return queue;
  }

  /**
   * Returns the transaction up to which the history can be read, at least as far as it was read for others. A later sample may be lower: a
   * transaction of another database that ends while it is compared counts as one of this.
   */
  async readableTo(providerId: number): Promise<number> {
    const sampled = await oldestRunningTransaction(this.#needs.pool);
    const audience = this.#audiences.get(providerId);
    if (!audience) return sampled;
    audience.ended = Math.max(audience.ended, sampled);
    return audience.ended;
  }

  leave(providerId: number, queue: MessageQueue): void {
    const audience = this.#audiences.get(providerId);
    audience?.queues.delete(queue);
    if (audience?.queues.size !== 0) return;
    this.#audiences.delete(providerId);
    audience.wake.abort();
  }

  close(): void {
    this.#isClosed = true;
    for (const stop of this.#stopListening) stop();
    this.#endAll();
  }

  #endAll(): void {
    for (const { queues } of this.#audiences.values()) for (const queue of queues) queue.close();
  }

  async #readFor(providerId: number, first: number, audience: Audience): Promise<void> {
    const { clock, onError } = this.#needs;
    let from = first;
    while (audience.queues.size > 0) {
      audience.wake = new AbortController();
      try {
        const upTo = await this.readableTo(providerId);
        for await (const messages of readHistory(this.#needs, providerId, { from, upTo })) {
          push(audience, messages);
          from = messages.find((message) => "mark" in message)?.mark ?? from;
        }
      } catch (error) {
        onError(error); // the next poll reads from the same mark
      }
      await clock.sleep(pollEveryMs, audience.wake.signal);
    }
  }

  /** Without ids, changes may have been missed. The history does not contain them, so clients have to reconnect and read endpoints again. */
  #endpointsChanged(ids: readonly number[]): void {
    const isStarting = this.#needs.clock.monotonicMs() - this.#startedMs < startMs;
    if (ids.length > 0) this.#endpointsPushed = this.#endpointsPushed.then(() => this.#pushOrEnd(ids));
    else if (!isStarting) this.#endAll();
  }

  async #pushOrEnd(ids: readonly number[]): Promise<void> {
    try {
      await this.#pushEndpoints(ids);
    } catch (error) {
      this.#needs.onError(error);
      this.#endAll();
    }
  }

  async #pushEndpoints(ids: readonly number[]): Promise<void> {
    if (this.#audiences.size === 0) return;
    const { pool, encryption } = this.#needs;
    for (const key of await readEndpointKeys(pool, ids)) {
      const audience = this.#audiences.get(key.providerId);
      if (!audience) continue;
      const endpoint = await readEndpoint(pool, encryption, key);
      if (endpoint) push(audience, [{ event: "endpoint", data: representEndpoint(endpoint, { mayChange: false }) }]);
      else push(audience, [{ event: "endpoint_deleted", data: { id: key.id } }]);
    }
  }
}

/** Renders once, so that a hundred followers hold one text. */
function push({ queues, render }: Audience, messages: readonly StreamMessage[]): void {
  const text = render(messages);
  for (const queue of queues) queue.push(text);
}

// The operation

const heartbeatMs = 15_000;
/** Clients reconnect after this time and authenticate again. Browsers do so by themselves. */
const streamMs = 5 * 60_000;

interface Streams {
  readonly operation: Operation;
  /** Ends all streams. */
  close(): void;
}

export function createStreams(needs: OperationNeeds & Pick<HubNeeds, "onError">): Streams {
  const hub = new HistoryHub(needs);
  const access = new StreamAccess(needs.pool);
  return {
    operation: streamOperation(hub, access),
    close: () => {
      hub.close();
      access.close();
    },
  };
}

const streamOperation = (hub: HistoryHub, access: StreamAccess): Operation =>
  operation({
    id: "openStream",
    title: "Follow events and deliveries, as server-sent events",
    description:
      "`event`: a recorded Event. `attempt`: an Attempt, with `delivery_id`, `event_id` and `endpoint_id`. " +
      "`delivery`: the current state of a Delivery. `endpoint`: the current state of an Endpoint, its URL masked. " +
      "`endpoint_deleted`: the `id` of a deleted endpoint, whose pending deliveries are cancelled. " +
      "The data is JSON. Nothing is skipped: after an interruption, send `Last-Event-ID`, as browsers do. At the beginning of each " +
      "connection, some messages may be repeated. Missed changes of endpoints are not sent: read the endpoints after each connection. " +
      "An id that is not one of this stream is refused. The last event is `end` with a `reason`: `access-ended` (the session, the " +
      "token or the permission ended, or the provider is suspended) or `reconnect`. Clients that do not read are disconnected.",
    method: "GET",
    path: "/stream",
    action: "read-webhooks",
    responses: {
      200: {
        description: "Ends after some minutes. Clients reopen it.",
        content: { "text/event-stream": { schema: Type.String() } },
      },
    },
    hasNoHead: true,
    async handle(needs, { provider, request, reply, mayStill }) {
      const { clock, cursors } = needs;
      const providerId = provider.id;
      const since = parseLastEventId(request.headers["last-event-id"], (id) => cursors.open(providerId, id));
      const render = createMessageRenderer(cursors, providerId);
      const stream = new EventStream(reply.raw, clock);
      const endUnlessAllowed = async (): Promise<void> => {
        if (!(await mayStill("now"))) stream.end("access-ended");
      };
      const stopWatching = access.watch(providerId, () => void endUnlessAllowed());
      if (!stopWatching) throw new Problem("too-many-streams", { retryAfterSeconds: 60 });
      reply.hijack();
      stream.open();
      try {
        await follow(needs, hub, { stream, providerId, since, render, mayStill });
      } catch (err) {
        request.log.warn({ err }, "stream was cut");
        stream.drop(); // the client reconnects with its last mark
      } finally {
        stopWatching();
      }
      return hijacked;
    },
  });

/** Returns undefined for a client without an id. Refuses an unreadable one: from the present on, events would be skipped. */
function parseLastEventId(id: unknown, open: (id: string) => string | undefined): number | undefined {
  if (id === undefined || id === "") return undefined;
  const mark = typeof id === "string" ? parseRowId(open(id) ?? "") : undefined;
  if (mark === undefined) {
    throw new Problem("request-unreadable", { detail: "Last-Event-ID is not an id of this stream. Leave it out." });
  }
  return mark;
}

interface Follower {
  readonly stream: EventStream;
  readonly providerId: number;
  /** The last mark that the client received. Undefined starts at the present. */
  readonly since: number | undefined;
  readonly render: RenderMessages;
  readonly mayStill: AccessCheck;
}

/** Sends the missed history, then new messages. Both overlap rather than leave a gap; clients drop duplicates by id. */
async function follow(
  needs: Pick<OperationNeeds, "pool" | "clock">,
  hub: HistoryHub,
  { stream, providerId, since, render, mayStill }: Follower,
): Promise<void> {
  // Read before the hub follows from it and before the missed history ends, so the two leave no gap.
  const present = await oldestRunningTransaction(needs.pool);
  if (stream.isOver) return;
  const queue = hub.follow({ providerId, from: present }, () => stream.drop());
  stream.over.addEventListener("abort", () => queue.close());
  try {
    const from = since ?? present;
    await stream.send(render([{ mark: from }]));
    const upTo = await hub.readableTo(providerId);
    for await (const messages of readHistory(needs, providerId, { from, upTo })) {
      if (stream.isOver) return;
      if (!(await mayStill())) return stream.end("access-ended");
      await stream.send(render(messages));
    }

    const { clock } = needs;
    const endsAtMs = clock.monotonicMs() + streamMs;
    while (clock.monotonicMs() < endsAtMs) {
      const texts = await queue.take(heartbeatMs);
      if (!texts) break;
      if (!(await mayStill())) return stream.end("access-ended");
      for (const text of texts.length > 0 ? texts : [heartbeat]) await stream.send(text);
    }
    stream.end("reconnect");
  } finally {
    hub.leave(providerId, queue);
  }
}
