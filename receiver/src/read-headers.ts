/** The event metadata in the headers of a request. */
export interface EventHeaders {
  /** Idempotency key: the same for every attempt, retry and replay. */
  readonly id: string;
  /** `account.created` */
  readonly type: string;
  /** Time of the event, in milliseconds. */
  readonly time: Date;
  /** Number of the event in its account, without gaps: a gap is an event that has not arrived yet. */
  readonly sequence: number;
  /** `developer:21`, `admin:3`, `token:3`, `key` or `system`. */
  readonly actor: string;
  /** `developer_portal`, `admin_portal`, `api` or `system`. */
  readonly channel: string;
  /** Counted from 1. */
  readonly attempt: number;
  /** Number of manual retries and replays of a settled delivery; 0 for the first delivery. */
  readonly replay: number;
  /** True for a sample sent by *Ping!*, which is not an event. */
  readonly isTest: boolean;
}

type RawHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** Parses headers with lower-case names, as `node:http` provides them. Returns `undefined` if one is missing or invalid. */
export function readHeaders(headers: RawHeaders): EventHeaders | undefined {
  const text = (name: string): string => {
    const value = headers[name];
    return typeof value === "string" ? value : "";
  };
  // Number("") is 0.
  const count = (name: string): number => (/^\d+$/.test(text(name)) ? Number(text(name)) : Number.NaN);
  const time = new Date(text("bellwire-event-time"));
  const read: EventHeaders = {
    id: text("webhook-id"),
    type: text("bellwire-event-type"),
    time,
    sequence: count("bellwire-sequence"),
    actor: text("bellwire-actor"),
    channel: text("bellwire-channel"),
    attempt: count("bellwire-attempt"),
    replay: headers["bellwire-replay"] === undefined ? 0 : count("bellwire-replay"),
    isTest: text("bellwire-test") === "true",
  };
  const areCounts = [read.sequence, read.attempt, read.replay].every(Number.isSafeInteger);
  const isComplete =
    [read.id, read.type, read.actor, read.channel].every((value) => value !== "") &&
    !Number.isNaN(time.getTime()) &&
    areCounts &&
    read.attempt > 0;
  return isComplete ? read : undefined;
}
