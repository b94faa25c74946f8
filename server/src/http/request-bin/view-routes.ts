import type { FastifyInstance, FastifyReply } from "fastify";
import { diffBinRequests } from "#http/shared/inspect-bin-requests.ts";
import {
  listBinRequests,
  listShares,
  readBinRequestBody,
  readBinRequests,
  searchableParts,
} from "#request-bin/index.ts";
import type { BinPages, SerialQueue } from "./bin-page.ts";
import { maskingFor } from "./represent-request.ts";
import type { FindViewer, NotViewer, RequestBinNeeds, ViewRequest } from "./viewer.ts";

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
    const { from, to, n } = request.query;
    const selected = Array.isArray(n) ? n.map(parseNumber).toSorted((a, b) => a - b) : [];
    const [first = 0, second = 0] = selected.length === 2 ? selected : [parseNumber(from), parseNumber(to)];
    if (first === 0 || second === 0)
      return pages.message(reply, { status: 422, text: "Select two requests to compare." });
    const { providerId, id } = viewer.bin;
    return queue.run(providerId, async () => {
      const requests = await readBinRequests(pool, { providerId, binId: id }, [first, second]);
      const [one, other] = requests;
      if (!one || !other) return pages.message(reply, { status: 404, text: noRequest });
      const diff = diffBinRequests(one, other, maskingFor(viewer));
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
export const sendRefusalText = (reply: FastifyReply, reason: NotViewer): FastifyReply =>
  reply.code(refusals[reason].status).type("text/plain; charset=utf-8").send(`${refusals[reason].text}\n`);
