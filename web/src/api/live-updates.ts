import type { QueryKey } from "@tanstack/react-query";

import { gatherStaleKeys, type StaleClient } from "./gather-stale-keys.ts";
import { messageKinds, staleKeys } from "./stale-keys.ts";

/** Long enough to fetch once for a burst of attempts, short enough to look immediate. */
const nowMs = 200;
const soonMs = 1200;

/** The server ends a stream after five minutes, for the browser to open it again. One that lasts longer is dead. */
const aliveMs = 6 * 60_000;
const againMs = 1000;
const againMostMs = 30_000;

export type LiveState = "connecting" | "live" | "interrupted";

/** What the stream tells of. The failures come with the deliveries; what a replay has done, with what it has made due. */
const followed: readonly QueryKey[] = [["events"], ["deliveries"], ["failures"], ["endpoints"]];
/** That an endpoint changed during a break, or a failure was deleted, is not told later, as events and deliveries are. */
const notTold: readonly QueryKey[] = [["endpoints"], ["failures"]];

/** Keeps what is on the screen fresh from one event stream for the whole tab. Returns how to stop. */
export function followStream(client: StaleClient, tell: (state: LiveState) => void): () => void {
  const now = gatherStaleKeys(client, nowMs);
  const soon = gatherStaleKeys(client, soonMs);
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
      });
    }
    stream.addEventListener("open", () => {
      missed.forEach(now.add);
      missed = [];
      failedInRow = 0;
      tell("live");
      retryAfter(aliveMs);
    });
    stream.addEventListener("error", () => {
      tell("interrupted");
      // A browser tries again by itself, with the mark of what it was told last. It gives up for good when it is answered
      // with an error, as it is while a server starts or when the session has ended.
      if (stream.readyState !== EventSource.CLOSED) missed = missed.length > 0 ? missed : notTold;
      else retryAfter(Math.min(againMs * 2 ** failedInRow++, againMostMs));
    });
  };
  const retryAfter = (ms: number): void => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      stream.close();
      tell("interrupted");
      missed = followed; // a new stream begins with what happens from now on
      connect();
    }, ms);
  };

  connect();
  return () => {
    clearTimeout(timer);
    now.stop();
    soon.stop();
    stream.close();
  };
}
