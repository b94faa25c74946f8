import type { FastifyRequest } from "fastify";
import { requirePermission } from "#http/shared/admin-caller.ts";
import { EventStream, StreamAccess } from "#http/shared/event-stream.ts";
import { Problem } from "#http/shared/problem.ts";
import { parseRowId } from "#platform/ids.ts";
import type { BellwireApiNeeds, BellwireApiRoute } from "../bellwire-api-route.ts";
import { createCursorSeal } from "../sealed-cursor.ts";
import { HistoryHub } from "./history-hub.ts";
import { oldestRunningTransaction, readHistory } from "./read-history.ts";
import { createMessageWriter, heartbeat } from "./stream-message.ts";
import { openStream } from "./stream-operation.ts";

const heartbeatMs = 15_000;
/** Then the client has to come back, and to show again that it may look. Browsers do so by themselves, at once. */
const streamMs = 5 * 60_000;
/** A hint says at once that a caller has changed; should one be lost, nobody is told more for longer than this. */
const checkAgainMs = 1000;

const openStreamDeed = "read-webhooks";

export const openStreamRoute: BellwireApiRoute = async (http, { pool, clock, encryption, findAdminCaller }) => {
  const hub = new HistoryHub({ pool, clock, encryption, onError: (err) => http.log.warn({ err }, "stream is behind") });
  const access = new StreamAccess(pool);
  http.addHook("preClose", async () => {
    hub.close();
    access.close();
  });

  const cursors = createCursorSeal(encryption);
  const options = { schema: openStream, config: { deed: openStreamDeed }, exposeHeadRoute: false } as const;
  http.get("/stream", options, async (request, reply) => {
    const providerId = request.provider.id;
    const lastMark = cursors.open(providerId, String(request.headers["last-event-id"] ?? ""));
    const since = lastMark === undefined ? undefined : parseRowId(lastMark);
    const write = createMessageWriter(cursors, providerId);
    const mayLook = createMayLook({ clock, findAdminCaller }, request);
    const stream = new EventStream(reply.raw, clock);
    const check = async (): Promise<void> => {
      if (!(await mayLook("now"))) stream.end("access-ended");
    };
    const stopWatching = access.watch(providerId, () => void check());
    if (!stopWatching) throw new Problem("too-many-streams", { retryAfterSeconds: 60 });
    reply.hijack();
    stream.open();
    try {
      await follow({ pool, clock }, hub, { stream, providerId, since, write, mayLook });
    } catch (err) {
      request.log.warn({ err }, "stream was cut");
      stream.drop(); // the client comes back with its last mark
    } finally {
      stopWatching();
    }
    return reply;
  });
};

type MayLook = (when?: "now") => Promise<boolean>;

/** Whether the caller who was admitted a moment ago may still look. */
function createMayLook(
  { clock, findAdminCaller }: Pick<BellwireApiNeeds, "clock" | "findAdminCaller">,
  request: FastifyRequest,
): MayLook {
  let checkedAtMs = clock.monotonicMs();
  return async (when) => {
    if (when !== "now" && clock.monotonicMs() - checkedAtMs < checkAgainMs) return true;
    checkedAtMs = clock.monotonicMs();
    try {
      await request.findProviderAgain();
      requirePermission(await findAdminCaller(request), openStreamDeed, request.provider);
      return true;
    } catch (error) {
      return !(error instanceof Problem); // a database that is away says nothing about the caller, and tells them nothing
    }
  };
}

interface Follower {
  readonly stream: EventStream;
  readonly providerId: number;
  /** The last mark that the client received; undefined to begin now. */
  readonly since: number | undefined;
  readonly write: ReturnType<typeof createMessageWriter>;
  readonly mayLook: MayLook;
}

/** First what the client missed, then what happens. The two overlap rather than leave a gap: ids tell what was there before. */
async function follow(
  { pool, clock }: Pick<BellwireApiNeeds, "pool" | "clock">,
  hub: HistoryHub,
  { stream, providerId, since, write, mayLook }: Follower,
): Promise<void> {
  const queue = hub.follow(providerId, () => stream.drop());
  stream.over.addEventListener("abort", () => queue.close());
  try {
    const from = since ?? (await oldestRunningTransaction(pool));
    await stream.send(write([{ mark: from }]));
    for await (const messages of readHistory(pool, providerId, from)) {
      if (stream.isOver) return;
      if (!(await mayLook())) return stream.end("access-ended");
      await stream.send(write(messages));
    }

    const endsAtMs = clock.monotonicMs() + streamMs;
    while (clock.monotonicMs() < endsAtMs) {
      const texts = await queue.take(heartbeatMs);
      if (!texts) break;
      if (!(await mayLook())) return stream.end("access-ended");
      for (const text of texts.length > 0 ? texts : [heartbeat]) await stream.send(text);
    }
    stream.end("reconnect");
  } finally {
    hub.leave(providerId, queue);
  }
}
