import type { HintsLeft } from "./run-transaction.ts";

/** PostgreSQL refuses a payload of 8000 bytes or more. */
const payloadBytesMax = 7999;

interface Heard {
  readonly from: string;
  readonly hints: ReadonlyMap<string, readonly string[]>;
}

/** `from` and one list a channel. What does not fit is said without values, which means "look everywhere". */
export function writeHints(from: string, left: HintsLeft): string {
  const payload = JSON.stringify([from, ...[...left].map(([channel, values]) => [channel, ...values])]);
  if (Buffer.byteLength(payload) <= payloadBytesMax) return payload;
  return JSON.stringify([from, ...[...left.keys()].map((channel) => [channel])]);
}

/** Undefined for what is not ours: whoever may connect to the database may say anything on the channel. */
export function readHints(payload: string): Heard | undefined {
  const [from, ...lists] = parseList(payload);
  if (typeof from !== "string") return undefined;
  const hints = new Map<string, readonly string[]>();
  for (const list of lists) {
    const [channel, ...values] = Array.isArray(list) ? list.filter((it) => typeof it === "string") : [];
    if (channel !== undefined) hints.set(channel, values);
  }
  return { from, hints };
}

function parseList(text: string): readonly unknown[] {
  try {
    const parsed: unknown = JSON.parse(text);
    return Array.isArray(parsed) ? parsed : [];
  } catch {
    return [];
  }
}
