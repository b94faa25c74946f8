import type { QueryKey } from "@tanstack/react-query";

export const messageKinds = ["event", "attempt", "delivery", "endpoint", "endpoint_deleted"] as const;
export type MessageKind = (typeof messageKinds)[number];

/** What a message of the stream makes stale, and nothing else. */
export function staleKeys(kind: MessageKind, data: unknown): { readonly now: QueryKey[]; readonly soon: QueryKey[] } {
  const fields = new Map<string, unknown>(Object.entries(data ?? {}));
  switch (kind) {
    case "event":
      return { now: [["events", "list"]], soon: [] };
    case "attempt":
      return {
        now: [
          ["deliveries", "list"],
          ["deliveries", "one", fields.get("delivery_id")],
        ],
        // After an answer that is none, the receiver may be left alone for a while.
        soon: fields.get("error") === null ? [] : [["endpoints", fields.get("endpoint_id")]],
      };
    case "delivery":
      return {
        now: [
          ["deliveries", "list"],
          ["deliveries", "one", fields.get("id")],
          ["events", "one", fields.get("event_id")],
        ],
        // The list shows a failure once its second has passed.
        soon: [["failures"]],
      };
    case "endpoint":
      return { now: [["endpoints"]], soon: [] };
    case "endpoint_deleted":
      // Its pending deliveries are cancelled with it, and it is no choice any more wherever there was one.
      return { now: [["endpoints"], ["deliveries"], ["failures"], ["events", "one"], ["replays"]], soon: [] };
  }
}
