import type { FastifyInstance, FastifyRequest } from "fastify";
import { EventStream, type StreamAccess } from "#http/shared/event-stream.ts";
import { Problem } from "#http/shared/problem.ts";
import type { Clock } from "#platform/clock.ts";
import type { Pool } from "#platform/database/database.ts";
import { listBinRequestsAfter, readBin } from "#request-bin/index.ts";
import type { BinPages, SerialQueue } from "./bin-page.ts";
import { sendRefusalText } from "./view-routes.ts";
import type { FindViewer, RequestBinNeeds, ViewRequest, Viewer } from "./viewer.ts";

interface StreamNeeds extends RequestBinNeeds {
  readonly show: BinPages;
  readonly watchers: BinWatchers;
  readonly access: StreamAccess;
  readonly findViewer: FindViewer;
  readonly turns: SerialQueue;
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
    if (typeof viewer === "string") return sendRefusalText(reply, viewer);
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
    await sendNewRequests(stream, watch, streaming);
  } catch {
    // The database is away: the browser comes back in a second, and goes on where it was.
  } finally {
    needs.watchers.stop(viewer.bin.id, watch);
    stream.end("reconnect");
  }
}

/** Looks without a hint, so that a connection that is gone is noticed. */
const heartbeat = ":\n\n";

async function sendNewRequests(stream: EventStream, watch: BinWatch, streaming: Streaming): Promise<void> {
  const { needs, asked, viewer, after } = streaming;
  const { bin } = viewer;
  const { pool, clock, show, turns } = needs;
  let last = after;
  while (!watch.isOver) {
    const key = { providerId: bin.providerId, binId: bin.id, after: last };
    const { requests, hasMore } = await turns.run(() => listBinRequestsAfter(pool, key));
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

/** A hint can be lost: whoever watches looks this often in any case. */
const pollEveryMs = 2000;

/** One who waits for what comes to a bin. */
class BinWatch {
  #woken = new AbortController();
  isOver = false;

  /** Resolves as soon as something may have come since the last call, and after a while in any case. */
  async next(clock: Clock): Promise<void> {
    await clock.sleep(pollEveryMs, this.#woken.signal);
    this.#woken = new AbortController();
  }

  wake(): void {
    this.#woken.abort();
  }

  end(): void {
    this.isOver = true;
    this.wake();
  }
}

/** All who watch bins in this process, with one listener for the hints. */
export class BinWatchers {
  readonly #watches = new Map<string, Set<BinWatch>>();
  readonly #stopListening: () => void;

  constructor(pool: Pick<Pool, "onHint">) {
    this.#stopListening = pool.onHint("bins", (binIds) => {
      for (const id of binIds) for (const watch of this.#watches.get(id) ?? []) watch.wake();
    });
  }

  watch(binId: string): BinWatch {
    const watch = new BinWatch();
    const watches = this.#watches.get(binId) ?? new Set();
    this.#watches.set(binId, watches.add(watch));
    return watch;
  }

  stop(binId: string, watch: BinWatch): void {
    const watches = this.#watches.get(binId);
    watches?.delete(watch);
    if (watches?.size === 0) this.#watches.delete(binId);
  }

  /** Ends every watch, so that the server can stop although browsers would stay for ever. */
  close(): void {
    this.#stopListening();
    for (const watches of this.#watches.values()) for (const watch of watches) watch.end();
  }
}
