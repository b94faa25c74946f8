/** One thing that happened; or, as a mark, how far the telling has come: what a client comes back with after a break. */
export type StreamMessage =
  | { readonly event: "event" | "attempt" | "delivery" | "endpoint" | "endpoint_deleted"; readonly data: object }
  | { readonly mark: number };

/** As `text/event-stream`. JSON has no line breaks, so each is one line of data. */
export const textOf = (message: StreamMessage): string =>
  "mark" in message ? `id: ${message.mark}\n\n` : `event: ${message.event}\ndata: ${JSON.stringify(message.data)}\n\n`;

/** A comment, so that nobody between us and the client takes a quiet stream for a dead one. */
export const heartbeat = ":\n\n";
