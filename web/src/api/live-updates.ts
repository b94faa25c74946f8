import type { QueryClient } from "@tanstack/react-query";

import { gatherStaleKeys } from "./gather-stale-keys.ts";
import { messageKinds, staleKeys } from "./stale-keys.ts";

/** Long enough to fetch once for a burst of attempts, short enough to look immediate. */
const nowMs = 200;
const soonMs = 1200;

export type LiveState = "connecting" | "live" | "interrupted";

/** Keeps what is on the screen fresh from one event stream for the whole tab. Returns how to stop. */
export function followStream(client: QueryClient, tell: (state: LiveState) => void): () => void {
  const stream = new EventSource("/api/v1/stream");
  const now = gatherStaleKeys(client, nowMs);
  const soon = gatherStaleKeys(client, soonMs);
  let hasBeenInterrupted = false;

  for (const kind of messageKinds) {
    stream.addEventListener(kind, ({ data }) => {
      const stale = staleKeys(kind, JSON.parse(String(data)));
      stale.now.forEach(now.add);
      stale.soon.forEach(soon.add);
    });
  }
  stream.addEventListener("open", () => {
    // Events and deliveries are told later; that an endpoint changed meanwhile, or a failure was deleted, is not.
    if (hasBeenInterrupted) [["endpoints"], ["failures"]].forEach(now.add);
    tell("live");
  });
  stream.addEventListener("error", () => {
    hasBeenInterrupted = true;
    tell("interrupted");
  });
  return () => {
    now.stop();
    soon.stop();
    stream.close();
  };
}
