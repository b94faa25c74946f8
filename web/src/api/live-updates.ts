import type { QueryClient, QueryKey } from "@tanstack/react-query";

/** Long enough to fetch once for a burst of attempts, short enough to look immediate. */
const gatherMs = 200;

type Kind = "event" | "attempt" | "delivery" | "endpoint";

/** What a message of the stream makes stale, and nothing else. */
export function staleKeys(kind: Kind, message: { readonly delivery?: string; readonly event?: string }): QueryKey[] {
  const delivery = message.delivery ? [["deliveries", "one", message.delivery]] : [];
  switch (kind) {
    case "event":
      return [["events", "list"]];
    case "attempt":
      return [["deliveries", "list"], ...delivery];
    case "delivery":
      return [["deliveries", "list"], ["failures"], ...delivery, ...(message.event ? [["events", "one", message.event]] : [])];
    case "endpoint":
      return [["endpoints"]];
  }
}

export type LiveState = "connecting" | "live" | "interrupted";

/** Keeps what is on the screen fresh from one event stream for the whole tab. Returns how to stop. */
export function followStream(client: QueryClient, tell: (state: LiveState) => void): () => void {
  const stream = new EventSource("/api/v1/stream");
  const gathered = new Map<string, QueryKey>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let hasBeenInterrupted = false;

  // The next round waits for this one: under load, answers would otherwise be thrown away before they are shown.
  const refresh = async (): Promise<void> => {
    const keys = [...gathered.values()];
    gathered.clear();
    await Promise.all(keys.map((queryKey) => client.invalidateQueries({ queryKey })));
    timer = gathered.size > 0 ? setTimeout(refresh, gatherMs) : undefined;
  };
  const follow = (kind: Kind): void =>
    stream.addEventListener(kind, ({ data }) => {
      for (const key of staleKeys(kind, readMessage(kind, data))) gathered.set(JSON.stringify(key), key);
      timer ??= setTimeout(refresh, gatherMs);
    });

  (["event", "attempt", "delivery", "endpoint"] as const).forEach(follow);
  stream.addEventListener("open", () => {
    // What happened while we were cut off was not told to us.
    if (hasBeenInterrupted) void client.invalidateQueries();
    tell("live");
  });
  stream.addEventListener("error", () => {
    hasBeenInterrupted = true;
    tell("interrupted");
  });
  return () => {
    clearTimeout(timer);
    stream.close();
  };
}

/** The ids in a message: a `delivery` is the delivery itself, an `attempt` names its own. */
function readMessage(kind: Kind, data: unknown): { delivery?: string; event?: string } {
  const fields = new Map<string, unknown>(Object.entries(JSON.parse(String(data)) ?? {}));
  const [delivery, event] = [fields.get(kind === "delivery" ? "id" : "delivery_id"), fields.get("event_id")];
  return {
    ...(typeof delivery === "string" && { delivery }),
    ...(typeof event === "string" && { event }),
  };
}
