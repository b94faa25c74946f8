const endOfHead = Buffer.from("\r\n\r\n");
const idHeader = Buffer.from("webhook-id: ");
const idLength = 36;

/** The length of the first request in the buffer, once its head is complete. */
export function requestSize(buffer: Buffer): number | undefined {
  const headEnds = buffer.indexOf(endOfHead);
  if (headEnds < 0) return undefined;
  const length = /content-length: (\d+)/i.exec(buffer.toString("latin1", 0, headEnds))?.[1] ?? "0";
  return headEnds + endOfHead.length + Number(length);
}

/** Whether it goes to a path that is to hang: `/hang…`. */
export const isToHang = (request: Buffer): boolean => request.toString("latin1", 5, 10) === "/hang";

/** Its `webhook-id`; empty without one. */
export function webhookIdOf(request: Buffer): string {
  const at = request.indexOf(idHeader);
  return at < 0 ? "" : request.toString("latin1", at + idHeader.length, at + idHeader.length + idLength);
}

/** When an event was made, in the milliseconds that its UUIDv7 begins with. */
export const madeAtMs = (id: string): number => Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
