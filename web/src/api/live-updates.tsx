import { type QueryClient, type QueryKey, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, createContext, use, useEffect, useState } from "react";
import { mayUseWebhooks, useSession } from "./session.tsx";

/** Long enough to fetch once for a burst of attempts, short enough to feel immediate. */
const nowMs = 200;
const soonMs = 1200;
/** Charts of a quarter of an hour do not change visibly faster. */
const statisticsMs = 5000;

/** The server ends a stream after five minutes and the browser reconnects. A stream that lasts longer is dead. */
const streamLifetimeMs = 6 * 60_000;
const reconnectMs = 1000;
const reconnectMaxMs = 30_000;

export type LiveState = "connecting" | "live" | "interrupted";

/** Queries that the stream keeps fresh. Failures and replays change together with deliveries. */
const streamedQueries: readonly QueryKey[] = [["events"], ["deliveries"], ["failures"], ["endpoints"]];
/** The server replays missed events and deliveries, but not changed endpoints or deleted failures. */
const notReplayed: readonly QueryKey[] = [["endpoints"], ["failures"]];

/** Follows the event stream and invalidates the queries that its messages affect. Returns a function that stops it. */
export function followStream(client: InvalidationClient, onState: (state: LiveState) => void): () => void {
  const now = batchInvalidations(client, nowMs);
  const soon = batchInvalidations(client, soonMs);
  const statistics = batchInvalidations(client, statisticsMs);
  let stream: EventSource;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failedInRow = 0;
  let missed: readonly QueryKey[] = [];

  const connect = (): void => {
    stream = new EventSource("/api/v1/stream");
    for (const kind of messageKinds) {
      stream.addEventListener(kind, ({ data }) => {
        const stale = staleKeys(kind, JSON.parse(String(data)));
        stale.now.forEach(now.add);
        stale.soon.forEach(soon.add);
        if (kind !== "event") statistics.add(["statistics", "live"]);
      });
    }
    stream.addEventListener("open", () => {
      missed.forEach(now.add);
      missed = [];
      failedInRow = 0;
      onState("live");
      retryAfter(streamLifetimeMs);
    });
    stream.addEventListener("error", () => {
      onState("interrupted");
      // A browser reconnects by itself, with the id of the last message. After an HTTP error, as during a restart or
      // after the session has ended, it does not, so this reconnects.
      if (stream.readyState !== EventSource.CLOSED) missed = missed.length > 0 ? missed : notReplayed;
      else retryAfter(Math.min(reconnectMs * 2 ** failedInRow++, reconnectMaxMs));
    });
  };
  const retryAfter = (ms: number): void => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      stream.close();
      onState("interrupted");
      missed = streamedQueries; // a new stream starts at the current time
      connect();
    }, ms);
  };

  connect();
  return () => {
    clearTimeout(timer);
    now.stop();
    soon.stop();
    statistics.stop();
    stream.close();
  };
}

const messageKinds = ["event", "attempt", "delivery", "endpoint", "endpoint_deleted"] as const;
export type MessageKind = (typeof messageKinds)[number];

/** Returns the queries that a message of the stream makes stale. */
export function staleKeys(kind: MessageKind, data: unknown): { readonly now: QueryKey[]; readonly soon: QueryKey[] } {
  const fields = new Map<string, unknown>(Object.entries(data ?? {}));
  switch (kind) {
    case "event":
      return { now: [["events", "list"], ["history"]], soon: [] };
    case "attempt":
      return {
        now: [
          ["deliveries", "list"],
          ["deliveries", "one", fields.get("delivery_id")],
        ],
        // After a failed attempt, the receiver may be paused.
        soon: fields.get("error") === null ? [] : [["endpoints", fields.get("endpoint_id")]],
      };
    case "delivery":
      return {
        now: [
          ["deliveries", "list"],
          ["deliveries", "one", fields.get("id")],
          ["events", "one", fields.get("event_id")],
        ],
        // The list shows a failure once its second has passed. A history shows the states of deliveries.
        soon: [["failures"], ["history"]],
      };
    case "endpoint":
      return { now: [["endpoints"]], soon: [] };
    case "endpoint_deleted":
      // Deleting an endpoint cancels its pending deliveries and removes it from all choices.
      return { now: [["endpoints"], ["deliveries"], ["failures"], ["events", "one"], ["replays"]], soon: [] };
  }
}

/** The part of QueryClient that invalidation needs. */
type InvalidationClient = Pick<QueryClient, "invalidateQueries" | "isFetching">;

export interface InvalidationBatch {
  readonly add: (queryKey: QueryKey) => void;
  readonly stop: () => void;
}

/**
 * Invalidates queries once per burst of messages. Skips queries that are being fetched until they are done: under load,
 * cancelling them would discard responses before they are shown.
 */
export function batchInvalidations(client: InvalidationClient, afterMs: number): InvalidationBatch {
  const gathered = new Map<string, QueryKey>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isStopped = false;

  const refresh = async (): Promise<void> => {
    const keys = [...gathered].filter(([, queryKey]) => client.isFetching({ queryKey }) === 0);
    for (const [name] of keys) gathered.delete(name);
    await Promise.all(keys.map(([, queryKey]) => client.invalidateQueries({ queryKey })));
    timer = undefined;
    if (gathered.size > 0) wait();
  };
  const wait = (): void => {
    if (!isStopped) timer ??= setTimeout(() => void refresh(), afterMs);
  };
  return {
    add: (queryKey) => {
      gathered.set(JSON.stringify(queryKey), queryKey);
      wait();
    },
    stop: () => {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}

const LiveContext = createContext<LiveState>("connecting");

export const useLiveState = (): LiveState => use(LiveContext);

/** Opens one event stream for the whole tab. */
export function LiveProvider({ children }: { children: ReactNode }) {
  const client = useQueryClient();
  const isAllowed = mayUseWebhooks(useSession());
  const [state, setState] = useState<LiveState>("connecting");
  useEffect(() => (isAllowed ? followStream(client, setState) : undefined), [client, isAllowed]);
  return <LiveContext value={state}>{children}</LiveContext>;
}
