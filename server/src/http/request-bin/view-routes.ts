import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { LRUCache } from "lru-cache";
import { EventStream, type StreamAccess } from "#http/shared/event-stream.ts";
import { diffBinRequests, maskingFor } from "#http/shared/bin-requests.ts";
import { Problem } from "#http/shared/problem.ts";
import type { Clock } from "#platform/clock.ts";
import type { Pool } from "#platform/database/database.ts";
import {
  listBinRequests,
  listShares,
  readBinRequestBody,
  readBinRequests,
  searchableParts,
  type BinRequest,
  listBinRequestsAfter,
  readBin,
} from "#request-bin/index.ts";
import type { BinPages, SerialQueue } from "./bin-page.ts";
import {
  type FindViewer,
  type NotViewer,
  type RequestBinNeeds,
  type ViewRequest,
  type Viewer,
  viewerPath,
} from "./viewer.ts";

const requestsPerPage = 50;
const searchLengthMax = 200;

interface PageRequest extends ViewRequest {
  readonly Querystring: ViewRequest["Querystring"] & {
    readonly before?: string;
    readonly q?: string;
    readonly in?: string;
  };
}

export interface ViewNeeds extends RequestBinNeeds {
  readonly pages: BinPages;
  readonly findViewer: FindViewer;
  readonly queue: SerialQueue;
}

/** Parses the number of a request. Returns 0, which no request has, for any other text. */
export const parseNumber = (text: unknown): number =>
  typeof text === "string" && /^\d{1,9}$/.test(text) ? Number(text) : 0;

/** Returns undefined without a text to search for. */
function searchOf({ q, in: part }: PageRequest["Querystring"]) {
  const text = typeof q === "string" ? q.trim().slice(0, searchLengthMax) : "";
  const within = searchableParts.find((name) => name === part) ?? "any";
  return text === "" ? undefined : { text, within };
}

/** Shows the requests, or those that match a search. A search reads all requests of the bin, so only one runs at a time. */
export function addViewRoute(http: FastifyInstance, { pool, clock, pages, findViewer, queue }: ViewNeeds): void {
  http.get<PageRequest>("/:id/view", async (request, reply) => {
    const viewer = await findViewer(request);
    if (typeof viewer === "string") return sendRefusalPage(pages, reply, viewer);
    const key = { providerId: viewer.bin.providerId, binId: viewer.bin.id };
    const before = parseNumber(request.query.before) || undefined;
    const search = searchOf(request.query);
    const list = () =>
      listBinRequests(pool, {
        ...key,
        before,
        limit: requestsPerPage,
        search: search && { ...search, isMasked: !viewer.isAdmin },
      });
    const { requests, hasMore } = await (search ? queue.run(key.providerId, list) : list());
    return pages.page(reply, viewer, {
      requests,
      older: hasMore ? requests.at(-1)?.number : undefined,
      isNewest: before === undefined && search === undefined,
      search,
      shares: viewer.maySend ? await listShares(pool, key, clock.now()) : [],
    });
  });
}

interface OneRequest extends ViewRequest {
  readonly Params: { readonly id: string; readonly number: string };
}

/** Sends one request as the page shows it, for a page that waits for the result of forwarding. */
export function addRequestRoute(http: FastifyInstance, { pool, pages, findViewer, queue }: ViewNeeds): void {
  http.get<OneRequest>("/:id/view/requests/:number", async (request, reply) => {
    const viewer = await findViewer(request);
    if (typeof viewer === "string") return sendRefusalText(reply, viewer);
    const { providerId, id } = viewer.bin;
    const [found] = await readBinRequests(pool, { providerId, binId: id }, [parseNumber(request.params.number)]);
    if (!found) return reply.code(404).type("text/plain").send(noRequest);
    const html = await queue.run(providerId, () => pages.request(request, viewer, found));
    return reply.type("text/html; charset=utf-8").send(html);
  });
}

const noRequest = "This request does not exist. A bin keeps the newest ones only.\n";

interface CompareRequest extends ViewRequest {
  readonly Querystring: ViewRequest["Querystring"] & {
    readonly from?: string;
    readonly to?: string;
    /** The two selected requests of the page's form. */
    readonly n?: string | readonly string[];
  };
}

/** Compares two requests as the viewer sees them. Comparing takes up to 0.2 s, so it runs one at a time. */
export function addCompareRoute(http: FastifyInstance, { pool, pages, findViewer, queue }: ViewNeeds): void {
  http.get<CompareRequest>("/:id/view/compare", async (request, reply) => {
    const viewer = await findViewer(request);
    if (typeof viewer === "string") return sendRefusalPage(pages, reply, viewer);
    const back = viewerPath(viewer);
    const { from, to, n } = request.query;
    const selected = Array.isArray(n) ? n.map(parseNumber).toSorted((a, b) => a - b) : [];
    const [first = 0, second = 0] = selected.length === 2 ? selected : [parseNumber(from), parseNumber(to)];
    if (first === 0 || second === 0)
      return pages.message(reply, { status: 422, text: "Select two requests to compare.", back });
    const { providerId, id } = viewer.bin;
    return queue.run(providerId, async () => {
      const requests = await readBinRequests(pool, { providerId, binId: id }, [first, second]);
      const [one, other] = requests;
      if (!one || !other) return pages.message(reply, { status: 404, text: noRequest, back });
      const diff = diffBinRequests(one, other, maskingFor(viewer.isAdmin));
      return pages.comparison(reply, viewer, { numbers: [first, second], diff });
    });
  });
}

/**
 * Sends one body as a download. Its bytes are a stranger's, so they are never served with their own content type. They may
 * contain credentials, so only admins get them.
 */
export function addBodyRoute(http: FastifyInstance, { pool, findViewer }: ViewNeeds): void {
  http.get<OneRequest>("/:id/view/requests/:number/body", async (request, reply) => {
    const viewer = await findViewer(request);
    if (typeof viewer === "string") return sendRefusalText(reply, viewer);
    if (!viewer.isAdmin) return sendRefusalText(reply, "no right");
    const { bin } = viewer;
    const number = parseNumber(request.params.number);
    const body = await readBinRequestBody(pool, { providerId: bin.providerId, binId: bin.id, number });
    if (!body) return reply.code(404).type("text/plain").send(noRequest);
    return reply
      .type("application/octet-stream")
      .header("content-disposition", `attachment; filename="request-${number}"`)
      .send(body);
  });
}

const refusals = {
  "no bin": { status: 404, text: "This bin does not exist. It may have been deleted." },
  "no right": {
    status: 403,
    text: "Open this page with the bin's view link, or sign in to the Admin Portal as an admin. Share links expire.",
  },
  suspended: { status: 403, text: "This provider is suspended." },
} as const satisfies Record<NotViewer, { status: number; text: string }>;

export const sendRefusalPage = (pages: BinPages, reply: FastifyReply, reason: NotViewer): Promise<FastifyReply> =>
  pages.message(reply, refusals[reason]);

/** Sends a refusal as plain text, for requests that are not made by a page load. */
const sendRefusalText = (reply: FastifyReply, reason: NotViewer): FastifyReply =>
  reply.code(refusals[reason].status).type("text/plain; charset=utf-8").send(`${refusals[reason].text}\n`);

interface StreamNeeds extends ViewNeeds {
  readonly watchers: BinWatchers;
  readonly access: StreamAccess;
}

interface StreamRequest extends ViewRequest {
  readonly Querystring: ViewRequest["Querystring"] & { readonly after?: string };
}

/** Streams each new request of a bin as its page shows it. A browser that reconnects resumes after its last request. */
export function addStreamRoute(http: FastifyInstance, needs: StreamNeeds): void {
  const messages = new RenderedMessages(needs);
  // A HEAD request to a stream would never end.
  const options = { exposeHeadRoute: false } as const;
  http.get<StreamRequest>("/:id/view/stream", options, async (request, reply) => {
    const viewer = await needs.findViewer(request);
    if (typeof viewer === "string") return sendRefusalText(reply, viewer);
    const lastId = request.headers["last-event-id"] ?? request.query.after;
    const after = typeof lastId === "string" && /^\d{1,9}$/.test(lastId) ? Number(lastId) : 0;
    const stream = new EventStream(reply.raw, needs.clock);
    const endUnlessAllowed = async (): Promise<void> => {
      if (!(await isStillViewer(needs, request, viewer))) stream.end("access-ended");
    };
    const stopWatching = needs.access.watch(viewer.bin.providerId, () => void endUnlessAllowed());
    if (!stopWatching) throw new Problem("too-many-streams", { retryAfterSeconds: 60 });
    reply.hijack();
    stream.open();
    try {
      await streamRequests(stream, { needs, messages, streamRequest: request, viewer, after, endUnlessAllowed });
    } finally {
      stopWatching();
    }
    return reply;
  });
}

/** Checks whether the viewer may see exactly as much as before. Otherwise the page reconnects and gets its new view. */
async function isStillViewer(
  { findViewer }: StreamNeeds,
  request: FastifyRequest<StreamRequest>,
  { isAdmin, maySend }: Viewer,
): Promise<boolean> {
  try {
    await request.findProviderAgain();
    const viewer = await findViewer(request);
    return typeof viewer !== "string" && viewer.isAdmin === isAdmin && viewer.maySend === maySend;
  } catch (error) {
    return !(error instanceof Problem); // while the database is away, nothing is shown either
  }
}

/** Characters of rendered messages in memory, for all bins. The largest message has about one million. */
const cachedCharactersMax = 8 * 1024 * 1024;
/** Long enough for all viewers of a bin. A rotated secret changes the signature of later renderings only. */
const cachedMs = 5000;

/**
 * Renders each request once for all viewers of a bin with the same rights. Rendering takes up to 15 ms, so forty viewers of a
 * flooded bin would otherwise cost more than half a second of the event loop for each request.
 */
class RenderedMessages {
  readonly #needs: StreamNeeds;
  readonly #cache: LRUCache<string, string>;

  constructor(needs: StreamNeeds) {
    this.#needs = needs;
    this.#cache = new LRUCache({
      maxSize: cachedCharactersMax,
      sizeCalculation: (message) => message.length,
      ttl: cachedMs,
      ttlResolution: 0,
      perf: { now: () => needs.clock.monotonicMs() },
    });
  }

  /** Renders one request at a time, so that the second viewer finds the rendering of the first. */
  render(streamRequest: FastifyRequest, viewer: Viewer, request: BinRequest): Promise<string> {
    const { pages, queue, originOf } = this.#needs;
    const key = `${originOf(streamRequest)} ${viewer.bin.id} ${viewer.isAdmin} ${viewer.maySend} ${request.number}`;
    const cached = this.#cache.get(key);
    if (cached !== undefined) return Promise.resolve(cached);
    return queue.run(viewer.bin.providerId, async () => {
      const rendered = this.#cache.get(key);
      if (rendered !== undefined) return rendered;
      const html = await pages.request(streamRequest, viewer, request);
      const { number } = request;
      const message = `id: ${number}\nevent: request\ndata: ${JSON.stringify({ number, html })}\n\n`;
      this.#cache.set(key, message);
      return message;
    });
  }
}

interface Streaming {
  readonly needs: StreamNeeds;
  readonly messages: RenderedMessages;
  readonly streamRequest: FastifyRequest;
  readonly viewer: Viewer;
  readonly endUnlessAllowed: () => Promise<void>;
  /** The number of the last request that the browser has. */
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
    // The database is away. The browser reconnects after a second and resumes.
  } finally {
    needs.watchers.stop(viewer.bin.id, watch);
    stream.end("reconnect");
  }
}

/** A comment, which finds out connections that are gone. */
const heartbeat = ":\n\n";

async function sendNewRequests(stream: EventStream, watch: BinWatch, streaming: Streaming): Promise<void> {
  const { needs, messages, streamRequest, viewer, after, endUnlessAllowed } = streaming;
  const { bin, credential, isAdmin } = viewer;
  const { pool, clock, queue } = needs;
  let last = after;
  while (!watch.isOver) {
    // No hint says that a share link or a session has expired. A view key never does.
    if (isAdmin || credential["share"] !== undefined) await endUnlessAllowed();
    if (stream.isOver) return;
    const key = { providerId: bin.providerId, binId: bin.id, after: last };
    const { requests, hasMore } = await queue.run(bin.providerId, () => listBinRequestsAfter(pool, key));
    for (const request of requests) {
      if (stream.isOver) return;
      await stream.send(await messages.render(streamRequest, viewer, request));
      last = request.number;
    }
    if (hasMore && requests.length > 0) continue;
    if (requests.length === 0) {
      // A deleted bin receives nothing. Reconnecting to its stream is answered 404.
      if (!(await readBin(pool, bin))) return stream.end("gone");
      await stream.send(heartbeat);
    }
    if (!watch.isOver) await watch.next(clock);
  }
}

/** Hints can be lost, so each watch also polls. */
const pollEveryMs = 2000;

/** One viewer's wait for new requests of a bin. */
class BinWatch {
  #wake = new AbortController();
  isOver = false;

  /** Resolves on the next hint since the last call, and after the poll time at the latest. */
  async next(clock: Clock): Promise<void> {
    await clock.sleep(pollEveryMs, this.#wake.signal);
    this.#wake = new AbortController();
  }

  wake(): void {
    this.#wake.abort();
  }

  end(): void {
    this.isOver = true;
    this.wake();
  }
}

/** All watches of this process, with one listener for the hints. */
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

  /** Ends every watch, because browsers would otherwise keep the server from stopping. */
  close(): void {
    this.#stopListening();
    for (const watches of this.#watches.values()) for (const watch of watches) watch.end();
  }
}
