import type { CursorSeal } from "../sealed-cursor.ts";

/** One thing that happened; or, as a mark, how far the telling has come: what a client comes back with after a break. */
export type StreamMessage =
  | { readonly event: "event" | "attempt" | "delivery" | "endpoint" | "endpoint_deleted"; readonly data: object }
  | { readonly mark: number };

/** As `text/event-stream`. JSON has no line breaks, so each is one line of data. `seal` makes a mark fit to be shown. */
export const textOf = (message: StreamMessage, seal: (mark: number) => string): string =>
  "mark" in message
    ? `id: ${seal(message.mark)}\n\n`
    : `event: ${message.event}\ndata: ${JSON.stringify(message.data)}\n\n`;

/** A comment, so that nobody between us and the client takes a quiet stream for a dead one. */
export const heartbeat = ":\n\n";

/** Writes messages for the followers of one provider: the numbers of its marks grow with what all providers do. */
export function createMessageWriter(
  cursors: CursorSeal,
  providerId: number,
): (messages: readonly StreamMessage[]) => string {
  const seal = (mark: number): string => cursors.seal(providerId, String(mark));
  return (messages) => messages.map((message) => textOf(message, seal)).join("");
}
