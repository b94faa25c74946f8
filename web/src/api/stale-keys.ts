import type { QueryKey } from "@tanstack/react-query";

export const messageKinds = ["event", "attempt", "delivery", "endpoint"] as const;
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
        soon: [],
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
  }
}
