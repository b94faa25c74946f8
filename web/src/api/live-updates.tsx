import { type QueryClient, type QueryKey, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, createContext, use, useEffect, useMemo, useState } from "react";
import { useApi } from "./bellwire-client.ts";
import type { Delivery } from "./deliveries.ts";
import type { Event } from "./events.ts";
import { mayUseWebhooks, useSession } from "./session.tsx";

/** Long enough to fetch once for a burst of attempts, short enough to feel immediate. */
const nowMs = 200;
/** Under a steady flow of messages. */
const busyMs = 1000;
const soonMs = 1200;
/** Charts of a quarter of an hour do not change visibly faster, and lists of developers cost more than rows of the stream. */
const laterMs = 5000;

/** The server ends a stream after five minutes and the browser reconnects. A stream that lasts longer is dead. */
const streamLifetimeMs = 6 * 60_000;
const reconnectMs = 1000;
const reconnectMaxMs = 30_000;
/** Returning to a tab within this time costs nothing. */
const hiddenMs = 3000;

/** Of the six connections that a browser opens to a server without HTTP/2, for all of its windows. The others are for requests. */
const streamsMax = 4;
/** In a window without a stream. */
export const refreshSeconds = 5;

export type LiveState = "connecting" | "live" | "interrupted" | "refreshing";

/** Developers and their applications, which another admin may be changing. */
const developers: readonly QueryKey[] = [["accounts"], ["applications"]];
const statistics: QueryKey = ["statistics", "live"];
/** Queries that the stream keeps fresh, besides lists that follow it row by row. Failures and replays change together with deliveries. */
const streamedQueries: readonly QueryKey[] = [
  ["events"],
  ["history"],
  ["deliveries"],
  ["delivery pages"],
  ["failures"],
  ["endpoints"],
  ["replays"],
  ...developers,
];
/** The server replays missed events and deliveries, but not changed endpoints or deleted failures. */
const notReplayed: readonly QueryKey[] = [["endpoints"], ["failures"]];

export interface StreamFollower {
  readonly onState: (state: LiveState) => void;
  /** Called for each HTTP error. A browser does not say its status. */
  readonly onRefused: () => void;
  readonly onMessage: (message: StreamMessage) => void;
}

/** Follows the event stream and invalidates the queries that its messages affect. Returns a function that stops it. */
export function followStream(
  client: InvalidationClient,
  { onState, onRefused, onMessage }: StreamFollower,
): () => void {
  const now = batchInvalidations(client, nowMs, busyMs);
  const soon = batchInvalidations(client, soonMs);
  const later = batchInvalidations(client, laterMs);
  let stream: EventSource;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failedInRow = 0;
  /** A tab that was opened in the background has read its data before it follows the stream. */
  let missed: readonly QueryKey[] = document.hidden ? streamedQueries : [];

  const connect = (): void => {
    stream = new EventSource("/api/v1/stream");
    for (const kind of messageKinds) {
      stream.addEventListener(kind, ({ data }) => {
        const message = parseMessage(kind, String(data));
        const stale = staleKeys(message);
        stale.now.forEach(now.add);
        stale.soon.forEach(soon.add);
        stale.later.forEach(later.add);
        onMessage(message);
      });
    }
    stream.addEventListener("open", () => {
      missed.forEach(now.add);
      if (missed === streamedQueries) onMessage({ kind: "missed" });
      missed = [];
      failedInRow = 0;
      onState("live");
      retryAfter(streamLifetimeMs);
    });
    stream.addEventListener("error", () => {
      onState("interrupted");
      // A browser reconnects by itself, with the id of the last message. After an HTTP error, as during a restart or
      // after the session has ended, it does not, so this reconnects.
      if (stream.readyState !== EventSource.CLOSED) {
        missed = missed.length > 0 ? missed : notReplayed;
        return;
      }
      onRefused();
      retryAfter(Math.min(reconnectMs * 2 ** failedInRow++, reconnectMaxMs));
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

  const disconnect = (): void => {
    clearTimeout(timer);
    stream.close();
    missed = streamedQueries;
    onState("connecting");
  };

  const refresh = (): void => {
    onState("refreshing");
    streamedQueries.forEach(now.add);
    onMessage({ kind: "missed" });
  };

  const stopFollowing = whileShown(takeTurns({ connect, disconnect, refresh }));
  return () => {
    stopFollowing();
    now.stop();
    soon.stop();
    later.stop();
  };
}

interface Turns {
  readonly start: () => void;
  readonly stop: () => void;
  /** Called when the user turns to the window. */
  readonly resume: () => void;
}

/**
 * Connects the windows that were opened or used last, and refreshes the others. Six shown windows with a stream would keep any further
 * page from loading. Pages of request bins take part with the same messages.
 */
function takeTurns({ connect, disconnect, refresh }: Record<"connect" | "disconnect" | "refresh", () => void>): Turns {
  const id = Math.random();
  /** Windows with a stream that began after this one's. */
  const later = new Set<number>();
  let channel: BroadcastChannel | undefined;
  let timer: ReturnType<typeof setInterval> | undefined;
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a channel has no target: it is of one origin
  const tell = (isOpen: boolean): void => channel?.postMessage({ id, isOpen });
  const take = (): void => {
    clearInterval(timer);
    timer = undefined;
    later.clear();
    tell(true);
    connect();
  };
  const leave = (): void => {
    tell(false);
    disconnect();
  };
  const refreshOrTake = (): void => (later.size < streamsMax ? take() : refresh());
  return {
    start: () => {
      channel = new BroadcastChannel("bellwire-streams");
      channel.addEventListener(
        "message",
        ({ data }: MessageEvent<{ readonly id: number; readonly isOpen: boolean }>) => {
          if (data.isOpen) later.add(data.id);
          else later.delete(data.id);
          if (timer !== undefined || later.size < streamsMax) return;
          leave();
          refresh();
          timer = setInterval(refreshOrTake, refreshSeconds * 1000);
        },
      );
      take();
    },
    stop: () => {
      if (timer === undefined) leave();
      clearInterval(timer);
      timer = undefined;
      channel?.close();
    },
    resume: () => {
      if (timer !== undefined) take();
    },
  };
}

/**
 * Calls `start` whenever the tab is shown, and `stop` soon after it is hidden, or at once if it is frozen. Hidden tabs need no stream.
 */
function whileShown({ start, stop, resume }: Turns): () => void {
  const listeners = new AbortController();
  const { signal } = listeners;
  let isStarted = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const end = (): void => {
    clearTimeout(timer);
    if (isStarted) stop();
    isStarted = false;
  };
  const update = (): void => {
    clearTimeout(timer);
    if (document.hidden) timer = setTimeout(end, hiddenMs);
    else if (!isStarted) {
      isStarted = true;
      start();
    }
  };
  document.addEventListener("visibilitychange", update, { signal });
  document.addEventListener("resume", update, { signal });
  document.addEventListener("freeze", end, { signal });
  window.addEventListener("pageshow", update, { signal });
  window.addEventListener("pagehide", end, { signal });
  window.addEventListener("focus", resume, { signal });
  update();
  return () => {
    listeners.abort();
    end();
  };
}

/** A message of the stream. `delivery` and `event` contain the whole row of their lists. */
export type StreamMessage =
  | { readonly kind: "event"; readonly data: Event }
  | { readonly kind: "delivery"; readonly data: Delivery }
  | { readonly kind: "attempt"; readonly data: StreamedAttempt }
  | { readonly kind: "endpoint" }
  | { readonly kind: "endpoint_deleted" }
  /** Not sent by the server: the stream was reopened, so messages may be missing. */
  | { readonly kind: "missed" };

interface StreamedAttempt {
  readonly delivery_id: string;
  readonly endpoint_id: number;
  /** Null if the attempt counts as delivered. */
  readonly error: string | null;
}

type MessageKind = Exclude<StreamMessage["kind"], "missed">;
const messageKinds = ["event", "attempt", "delivery", "endpoint", "endpoint_deleted"] as const satisfies MessageKind[];

function parseMessage(kind: MessageKind, text: string): StreamMessage {
  switch (kind) {
    case "event": {
      const data: Event = JSON.parse(text);
      return { kind, data };
    }
    case "delivery": {
      const data: Delivery = JSON.parse(text);
      return { kind, data };
    }
    case "attempt": {
      const data: StreamedAttempt = JSON.parse(text);
      return { kind, data };
    }
    case "endpoint":
    case "endpoint_deleted":
      return { kind };
  }
}

interface StaleKeys {
  readonly now: readonly QueryKey[];
  readonly soon: readonly QueryKey[];
  readonly later: readonly QueryKey[];
}

/** Returns the queries that a message of the stream makes stale. */
export function staleKeys(message: StreamMessage): StaleKeys {
  switch (message.kind) {
    case "event":
      return { now: [["events", "list"], ["history"]], soon: [], later: developers };
    case "attempt": {
      const { delivery_id, endpoint_id, error } = message.data;
      return {
        now: [
          ["deliveries", "list"],
          ["deliveries", "one", delivery_id],
        ],
        // After a failed attempt, the receiver may be paused.
        soon: error === null ? [] : [["endpoints", endpoint_id]],
        later: [statistics],
      };
    }
    case "delivery": {
      const { id, event_id } = message.data;
      return {
        now: [
          ["deliveries", "list"],
          ["deliveries", "one", id],
          ["events", "one", event_id],
        ],
        // The list shows a failure once its second has passed. A history shows the states of deliveries.
        soon: [["failures"], ["history"]],
        later: [statistics],
      };
    }
    case "missed":
      return { now: streamedQueries, soon: [], later: [] };
    case "endpoint":
      return { now: [["endpoints"]], soon: [], later: [statistics] };
    case "endpoint_deleted":
      // Deleting an endpoint cancels its pending deliveries and removes it from all choices.
      return {
        now: [["endpoints"], ["deliveries"], ["delivery pages"], ["failures"], ["events", "one"], ["replays"]],
        soon: [],
        later: [statistics],
      };
  }
}

/** The part of QueryClient that invalidation needs. */
type InvalidationClient = Pick<QueryClient, "invalidateQueries" | "isFetching">;

export interface InvalidationBatch {
  readonly add: (queryKey: QueryKey) => void;
  readonly stop: () => void;
}

/**
 * Invalidates queries once per burst of messages, and every `busyAfterMs` while bursts follow each other. Skips queries
 * that are being fetched until they are done: under load, cancelling them would discard responses before they are
 * shown.
 */
export function batchInvalidations(
  client: InvalidationClient,
  afterMs: number,
  busyAfterMs = afterMs,
): InvalidationBatch {
  const gathered = new Map<string, QueryKey>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isStopped = false;
  let refreshedAtMs = -Infinity;

  // Does not await the requests: one that hangs must not delay other queries.
  const refresh = (): void => {
    timer = undefined;
    refreshedAtMs = Date.now();
    const keys = [...gathered].filter(([, queryKey]) => client.isFetching({ queryKey }) === 0);
    for (const [name, queryKey] of keys) {
      gathered.delete(name);
      void client.invalidateQueries({ queryKey });
    }
    if (gathered.size > 0) wait();
  };
  const wait = (): void => {
    const isBusy = Date.now() - refreshedAtMs < busyAfterMs;
    if (!isStopped) timer ??= setTimeout(refresh, isBusy ? busyAfterMs : afterMs);
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

type Listener = (message: StreamMessage) => void;

interface LiveStream {
  readonly state: LiveState;
  /** Calls the listener with each message. Returns a function that ends this. */
  readonly subscribe: (listener: Listener) => () => void;
}

const noStream: LiveStream = { state: "connecting", subscribe: () => () => undefined };

export const LiveContext = createContext(noStream);

export const useLiveState = (): LiveState => use(LiveContext).state;

/** Opens one event stream for the whole tab. */
export function LiveProvider({ children }: { children: ReactNode }) {
  const client = useQueryClient();
  const api = useApi();
  const isAllowed = mayUseWebhooks(useSession());
  const [state, setState] = useState<LiveState>("connecting");
  const [listeners] = useState(() => new Set<Listener>());
  useEffect(() => {
    if (!isAllowed) return undefined;
    const onMessage: Listener = (message) => listeners.forEach((listener) => listener(message));
    // Any request that needs the same right reports an ended session, or the loss of the right. A page that nobody uses sends no other.
    const onRefused = (): void =>
      void api.GET("/api/v1/endpoints", { params: { query: { limit: 1 } } }).catch(() => undefined);
    return followStream(client, { onState: setState, onRefused, onMessage });
  }, [client, api, isAllowed, listeners]);
  const stream = useMemo(() => {
    const subscribe = (listener: Listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    };
    return { state, subscribe };
  }, [state, listeners]);
  return <LiveContext value={stream}>{children}</LiveContext>;
}
