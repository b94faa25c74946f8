/** What the headers of a request say about its event. */
export interface EventHeaders {
  /** The same for every attempt, retry and replay: remember it, and a repeat does no harm. */
  readonly id: string;
  /** `account.created` */
  readonly type: string;
  /** When it happened, to the millisecond. */
  readonly time: Date;
  /** Counted without gaps within one account: a gap is something that has not come yet. */
  readonly sequence: number;
  /** `developer:21`, `admin:3`, `token:3`, `key` or `system`. */
  readonly actor: string;
  /** `developer_portal`, `admin_portal`, `api` or `system`. */
  readonly channel: string;
  /** Counted from 1. */
  readonly attempt: number;
  /** How many times it was sent again after it had been settled; 0 for the first sending. */
  readonly replay: number;
  /** A sample that somebody asked for. Nothing happened. */
  readonly isTest: boolean;
}

type RawHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** Reads the headers as `node:http` gives them, with names in lower case. `undefined`: this is no webhook of Bellwire. */
export function readHeaders(headers: RawHeaders): EventHeaders | undefined {
  const text = (name: string): string => {
    const value = headers[name];
    return typeof value === "string" ? value : "";
  };
  const time = new Date(text("bellwire-event-time"));
  const read: EventHeaders = {
    id: text("webhook-id"),
    type: text("bellwire-event-type"),
    time,
    sequence: Number(text("bellwire-sequence")),
    actor: text("bellwire-actor"),
    channel: text("bellwire-channel"),
    attempt: Number(text("bellwire-attempt")),
    replay: Number(text("bellwire-replay")),
    isTest: text("bellwire-test") === "true",
  };
  const areCounts = [read.sequence, read.attempt, read.replay].every((it) => Number.isSafeInteger(it) && it >= 0);
  const isWhole = read.id !== "" && read.type !== "" && !Number.isNaN(time.getTime()) && areCounts && read.attempt > 0;
  return isWhole ? read : undefined;
}
