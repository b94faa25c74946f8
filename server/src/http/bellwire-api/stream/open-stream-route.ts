import { Readable } from "node:stream";
import type { BellwireApiNeeds, BellwireApiRoute } from "../bellwire-api-route.ts";
import { HistoryHub } from "./history-hub.ts";
import { oldestRunningTransaction, readHistory } from "./read-history.ts";
import { heartbeat, textOf } from "./stream-message.ts";
import { openStream } from "./stream-operation.ts";

const heartbeatMs = 15_000;
/** Then the client has to come back, and to show again that he may look. Browsers do so by themselves, at once. */
const streamMs = 5 * 60_000;

export const openStreamRoute: BellwireApiRoute = async (http, { pool, clock, encryption }) => {
  const hub = new HistoryHub({ pool, clock, encryption, onError: (err) => http.log.warn({ err }, "stream is behind") });
  http.addHook("preClose", async () => hub.close());

  const options = { schema: openStream, config: { deed: "read-webhooks" }, exposeHeadRoute: false } as const;
  http.get("/stream", options, async (request, reply) => {
    const since = Number(request.headers["last-event-id"] ?? Number.NaN);
    const messages = follow({ pool, clock }, hub, { providerId: request.provider.id, since, closed: reply.raw });
    return reply
      .type("text/event-stream")
      .header("cache-control", "no-store")
      .header("x-accel-buffering", "no") // nginx would keep what it gets until there is more
      .send(Readable.from(messages, { objectMode: false }));
  });
};

interface Follower {
  readonly providerId: number;
  /** The last mark that he got; not a number, if he begins now. */
  readonly since: number;
  readonly closed: NodeJS.EventEmitter;
}

/** First what he missed, then what happens. The two overlap rather than leave a gap: ids tell what was there before. */
async function* follow(
  { pool, clock }: Pick<BellwireApiNeeds, "pool" | "clock">,
  hub: HistoryHub,
  { providerId, since, closed }: Follower,
): AsyncGenerator<string> {
  const queue = hub.follow(providerId);
  closed.once("close", () => queue.close());
  try {
    const from = Number.isSafeInteger(since) ? since : await oldestRunningTransaction(pool);
    yield textOf({ mark: from });
    for await (const messages of readHistory(pool, providerId, from)) yield messages.map(textOf).join("");

    const endsAtMs = clock.monotonicMs() + streamMs;
    while (clock.monotonicMs() < endsAtMs) {
      const messages = await queue.take(heartbeatMs);
      if (!messages) return;
      yield messages.length > 0 ? messages.map(textOf).join("") : heartbeat;
    }
  } finally {
    hub.leave(providerId, queue);
  }
}
