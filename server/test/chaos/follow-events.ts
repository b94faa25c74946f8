import { setTimeout as wait } from "node:timers/promises";
import { sendRequest, itemsAt, valueAt, type BellwireApi } from "./api-client.ts";
import { asListedEvent, type ListedEvent } from "./read-outcome.ts";
import { wallMs } from "./received-request.ts";

export interface FollowedEvent extends ListedEvent {
  /** When the follower read it, by the wall clock. */
  readonly atMs: number;
}

export interface Follower extends AsyncDisposable {
  /** Reads to the end, and returns all events read so far. */
  finish(): Promise<readonly FollowedEvent[]>;
}

const pollMs = 100;

/** Follows all events, oldest first, with a stored cursor. */
export function followEvents(api: BellwireApi): Follower {
  const followed: FollowedEvent[] = [];
  const closing = new AbortController();
  let after = "";
  const following = follow();
  return {
    async finish() {
      closing.abort();
      await following;
      while ((await readOn()) !== "end") await wait(pollMs);
      return followed;
    },
    async [Symbol.asyncDispose]() {
      closing.abort();
      await following;
    },
  };

  async function follow(): Promise<void> {
    while (!closing.signal.aborted) {
      await readOn();
      await wait(pollMs);
    }
  }

  async function readOn(): Promise<"end" | "more" | "no answer"> {
    const answer = await sendRequest(api, "GET", `/api/v1/events?order=oldest&limit=200${after}`).catch(
      () => undefined,
    );
    if (answer?.status !== 200) return "no answer";
    const events = itemsAt(answer.body, "data").map((event) => ({ ...asListedEvent(event), atMs: wallMs() }));
    followed.push(...events);
    after = `&after=${encodeURIComponent(String(valueAt(answer.body, "next")))}`;
    return events.length === 0 ? "end" : "more";
  }
}
