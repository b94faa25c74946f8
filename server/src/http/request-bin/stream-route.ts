import type { FastifyInstance, FastifyRequest } from "fastify";
import { EventStream, type StreamAccess } from "#http/shared/event-stream.ts";
import { Problem } from "#http/shared/problem.ts";
import { listNextBinRequests, readBin } from "#request-bin/index.ts";
import type { BinWatch, BinWatchers } from "./bin-watchers.ts";
import type { RequestBinNeeds } from "./request-bin-needs.ts";
import type { ShowBin } from "./show-bin.ts";
import type { Turns } from "./turns.ts";
import { sendRefusal } from "./refusals.ts";
import type { FindViewer, ViewRequest, Viewer } from "./viewer.ts";

interface StreamNeeds extends RequestBinNeeds {
  readonly show: ShowBin;
  readonly watchers: BinWatchers;
  readonly access: StreamAccess;
  readonly findViewer: FindViewer;
  readonly turns: Turns;
}

interface StreamRequest extends ViewRequest {
  readonly Querystring: { readonly key?: string; readonly after?: string };
}

/** Each new request of the bin as it is shown on the page. A browser that was cut off goes on where it was. */
export function addStreamRoute(http: FastifyInstance, needs: StreamNeeds): void {
  // HEAD would be a stream of nothing, without an end.
  const options = { exposeHeadRoute: false } as const;
  http.get<StreamRequest>("/:id/view/stream", options, async (request, reply) => {
    const viewer = await needs.findViewer(request);
    if (typeof viewer === "string") return sendRefusal(reply, viewer);
    const seen = request.headers["last-event-id"] ?? request.query.after;
    const after = typeof seen === "string" && /^\d{1,9}$/.test(seen) ? Number(seen) : 0;
    const stream = new EventStream(reply.raw, needs.clock);
    const checkAccess = async (): Promise<void> => {
      if (!(await isStillViewer(needs, request, viewer))) stream.end("access-ended");
    };
    const stopWatching = needs.access.watch(viewer.bin.providerId, () => void checkAccess());
    if (!stopWatching) throw new Problem("too-many-streams", { retryAfterSeconds: 60 });
    reply.hijack();
    stream.open();
    try {
      await streamRequests(stream, { needs, asked: request, viewer, after });
    } finally {
      stopWatching();
    }
    return reply;
  });
}

/** Whether they may view as much as before. Somebody who may now see less, or more, is told so by coming again. */
async function isStillViewer(
  { findViewer }: StreamNeeds,
  request: FastifyRequest<StreamRequest>,
  { isAdmin }: Viewer,
): Promise<boolean> {
  try {
    await request.findProviderAgain();
    const viewer = await findViewer(request);
    return typeof viewer !== "string" && viewer.isAdmin === isAdmin;
  } catch (error) {
    return !(error instanceof Problem); // a database that is away says nothing about them, and shows them nothing
  }
}

interface Streaming {
  readonly needs: StreamNeeds;
  readonly asked: FastifyRequest;
  readonly viewer: Viewer;
  /** The number of the last request that was seen. */
  readonly after: number;
}

async function streamRequests(stream: EventStream, streaming: Streaming): Promise<void> {
  const { needs, viewer } = streaming;
  const watch = needs.watchers.watch(viewer.bin.id);
  stream.over.addEventListener("abort", () => watch.end());
  try {
    await stream.send("retry: 1000\n\n");
    await sendWhatComes(stream, watch, streaming);
  } catch {
    // The database is away: the browser comes back in a second, and goes on where it was.
  } finally {
    needs.watchers.stop(viewer.bin.id, watch);
    stream.end("reconnect");
  }
}

/** Looks without a hint, so that a connection that is gone is noticed. */
const heartbeat = ":\n\n";

async function sendWhatComes(stream: EventStream, watch: BinWatch, streaming: Streaming): Promise<void> {
  const { needs, asked, viewer, after } = streaming;
  const { bin } = viewer;
  const { pool, clock, show, turns } = needs;
  let last = after;
  while (!watch.isOver) {
    const key = { providerId: bin.providerId, binId: bin.id, after: last };
    const { requests, hasMore } = await turns.run(() => listNextBinRequests(pool, key));
    for (const request of requests) {
      if (stream.isOver) return;
      const html = await turns.run(async () => (stream.isOver ? "" : show.request(asked, viewer, request)));
      last = request.number;
      await stream.send(`id: ${last}\nevent: request\ndata: ${JSON.stringify({ number: last, html })}\n\n`);
    }
    if (hasMore && requests.length > 0) continue;
    if (requests.length === 0) {
      // Nothing comes to a bin that was deleted. Whoever asks for its stream again is told so.
      if (!(await readBin(pool, bin))) return stream.end("gone");
      await stream.send(heartbeat);
    }
    if (!watch.isOver) await watch.next(clock);
  }
}
