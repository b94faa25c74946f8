import { Readable } from "node:stream";
import type { FastifyRequest } from "fastify";
import { assertMay } from "../../shared/assert-may.ts";
import { Problem } from "../../shared/problem.ts";
import type { BellwireApiNeeds, BellwireApiRoute } from "../bellwire-api-route.ts";
import { HistoryHub } from "./history-hub.ts";
import { oldestRunningTransaction, readHistory } from "./read-history.ts";
import { heartbeat, textOf } from "./stream-message.ts";
import { openStream } from "./stream-operation.ts";

const heartbeatMs = 15_000;
/** Then the client has to come back, and to show again that he may look. Browsers do so by themselves, at once. */
const streamMs = 5 * 60_000;
/** For so long at most is somebody told who may look no more: signed out, suspended, without the token or the right to. */
const askAgainMs = 1000;

const openStreamDeed = "read-webhooks";

export const openStreamRoute: BellwireApiRoute = async (http, { pool, clock, encryption, findAdminCaller }) => {
  const hub = new HistoryHub({ pool, clock, encryption, onError: (err) => http.log.warn({ err }, "stream is behind") });
  http.addHook("preClose", async () => hub.close());

  const options = { schema: openStream, config: { deed: openStreamDeed }, exposeHeadRoute: false } as const;
  http.get("/stream", options, async (request, reply) => {
    const since = Number(request.headers["last-event-id"] ?? Number.NaN);
    const mayLook = createMayLook({ clock, findAdminCaller }, request);
    const follower = { providerId: request.provider.id, since, closed: reply.raw, mayLook };
    const messages = follow({ pool, clock }, hub, follower);
    return reply
      .type("text/event-stream")
      .header("cache-control", "no-store")
      .header("x-accel-buffering", "no") // nginx would keep what it gets until there is more
      .send(Readable.from(messages, { objectMode: false }));
  });
};

/** Whether who was admitted a moment ago may still look. */
function createMayLook(
  { clock, findAdminCaller }: Pick<BellwireApiNeeds, "clock" | "findAdminCaller">,
  request: FastifyRequest,
): () => Promise<boolean> {
  let askedAtMs = clock.monotonicMs();
  return async () => {
    if (clock.monotonicMs() - askedAtMs < askAgainMs) return true;
    askedAtMs = clock.monotonicMs();
    try {
      assertMay(await findAdminCaller(request), openStreamDeed, request.provider);
      return true;
    } catch (error) {
      return !(error instanceof Problem); // a database that is away says nothing about him, and tells him nothing
    }
  };
}

interface Follower {
  readonly providerId: number;
  /** The last mark that he got; not a number, if he begins now. */
  readonly since: number;
  readonly closed: NodeJS.EventEmitter;
  readonly mayLook: () => Promise<boolean>;
}

/** First what he missed, then what happens. The two overlap rather than leave a gap: ids tell what was there before. */
async function* follow(
  { pool, clock }: Pick<BellwireApiNeeds, "pool" | "clock">,
  hub: HistoryHub,
  { providerId, since, closed, mayLook }: Follower,
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
      if (!messages || !(await mayLook())) return;
      yield messages.length > 0 ? messages.map(textOf).join("") : heartbeat;
    }
  } finally {
    hub.leave(providerId, queue);
  }
}
