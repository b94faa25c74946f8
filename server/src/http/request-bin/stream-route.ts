import { once } from "node:events";
import type { ServerResponse } from "node:http";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { listNextBinRequests, readBin } from "#request-bin/index.ts";
import type { BinWatch, BinWatchers } from "./bin-watchers.ts";
import type { RequestBinNeeds } from "./request-bin-needs.ts";
import type { ShowBin } from "./show-bin.ts";
import { sendRefusal, type FindViewer, type Viewer, type ViewRequest } from "./viewer.ts";

interface StreamNeeds extends RequestBinNeeds {
  readonly show: ShowBin;
  readonly watchers: BinWatchers;
  readonly findViewer: FindViewer;
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
    reply.hijack();
    await streamRequests(reply.raw, { needs, asked: request, viewer, after });
    return reply;
  });
}

/** The connection ends with the stream: one that idled on would keep a server that stops waiting for a minute. */
const eventStreamHeaders = {
  "content-type": "text/event-stream",
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
  "x-accel-buffering": "no",
  connection: "close",
} as const;

interface Streaming {
  readonly needs: StreamNeeds;
  readonly asked: FastifyRequest;
  readonly viewer: Viewer;
  /** The number of the last request that was seen. */
  readonly after: number;
}

async function streamRequests(stream: ServerResponse, streaming: Streaming): Promise<void> {
  const { needs, viewer } = streaming;
  const { bin } = viewer;
  const watch = needs.watchers.watch(bin.id);
  stream.once("close", () => watch.end());
  stream.on("error", () => watch.end());
  stream.writeHead(200, eventStreamHeaders);
  stream.write("retry: 1000\n\n");
  try {
    await sendWhatComes(stream, watch, streaming);
  } catch {
    // The database is away: the browser comes back in a second, and goes on where it was.
  } finally {
    needs.watchers.stop(bin.id, watch);
    stream.end();
  }
}

/** Of bodies of 1 MiB, as much as a process can hold for each who watches. */
const readAtOnce = 50;

async function sendWhatComes(stream: ServerResponse, watch: BinWatch, streaming: Streaming): Promise<void> {
  const { needs, asked, viewer, after } = streaming;
  const { bin } = viewer;
  const { pool, clock, show } = needs;
  let last = after;
  while (!watch.isOver) {
    const next = { providerId: bin.providerId, binId: bin.id, after: last, limit: readAtOnce };
    const found = await listNextBinRequests(pool, next);
    for (const request of found) {
      const html = await show.request(asked, viewer, request);
      last = request.number;
      await write(stream, watch, `id: ${last}\nevent: request\ndata: ${JSON.stringify({ number: last, html })}\n\n`);
    }
    if (found.length === readAtOnce) continue;
    if (found.length === 0) {
      // Nothing comes to a bin that was deleted. Whoever asks for its stream again is told so.
      if (!(await readBin(pool, bin))) return;
      // A line that says nothing, so that a connection that is gone is noticed.
      await write(stream, watch, ":\n\n");
    }
    if (!watch.isOver) await watch.next(clock);
  }
}

/** Waits for a browser that reads slowly instead of keeping its pages in memory. */
async function write(stream: ServerResponse, watch: BinWatch, text: string): Promise<void> {
  if (watch.isOver || stream.write(text)) return;
  const closed = new AbortController();
  stream.once("close", () => closed.abort());
  await once(stream, "drain", { signal: closed.signal }).catch(() => watch.end());
}
