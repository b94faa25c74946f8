import type { FastifyInstance, FastifyReply } from "fastify";
import { isCrossOrigin, readForm } from "#http/shared/forms.ts";
import { binLimits } from "#platform/limits.ts";
import { listBinRequests, readBinRequestBody, updateBin } from "#request-bin/index.ts";
import type { BinPages } from "./bin-page.ts";
import { type FindViewer, type NotViewer, type RequestBinNeeds, type ViewRequest, viewPath } from "./viewer.ts";

const requestsPerPage = 50;

interface PageRequest extends ViewRequest {
  readonly Querystring: { readonly key?: string; readonly before?: string };
}

interface ViewNeeds extends RequestBinNeeds {
  readonly pages: BinPages;
  readonly findViewer: FindViewer;
}

export function addViewRoute(http: FastifyInstance, { pool, pages, findViewer }: ViewNeeds): void {
  http.get<PageRequest>("/:id/view", async (request, reply) => {
    const viewer = await findViewer(request);
    if (typeof viewer === "string") return sendRefusalPage(pages, reply, viewer);
    const { bin } = viewer;
    const before = /^\d{1,9}$/.test(request.query.before ?? "") ? Number(request.query.before) : undefined;
    const page = { providerId: bin.providerId, binId: bin.id, before, limit: requestsPerPage };
    const { requests, hasMore } = await listBinRequests(pool, page);
    const older = hasMore ? requests.at(-1)?.number : undefined;
    return pages.page(reply, viewer, { requests, older, isNewest: before === undefined });
  });
}

interface AnswerNeeds extends RequestBinNeeds {
  readonly pages: BinPages;
  readonly findViewer: FindViewer;
}

const delaySecondsMax = binLimits.answerDelaySeconds.max;

/** Changes the bin's response. Every viewer may do so, but no page of another site in a viewer's browser. */
export function addAnswerRoute(http: FastifyInstance, { pool, pages, findViewer }: AnswerNeeds): void {
  http.post<ViewRequest>("/:id/view/answer", async (request, reply) => {
    if (isCrossOrigin(request))
      return pages.message(reply, { status: 403, text: "This form was sent from another site." });
    const viewer = await findViewer(request);
    if (typeof viewer === "string") return sendRefusalPage(pages, reply, viewer);
    const { bin } = viewer;
    const { status, delay_ms } = readForm(request.body);
    const answerStatus = wholeNumber(status, 200, 599);
    const answerDelayMs = wholeNumber(delay_ms, 0, delaySecondsMax * 1000);
    if (answerStatus === "invalid" || answerDelayMs === "invalid") {
      return pages.message(reply, {
        status: 422,
        text: `A bin responds with a status from 200 to 599, after at most ${delaySecondsMax} seconds.`,
      });
    }
    await pool.inTransaction((tx) => updateBin(tx, bin, { answerStatus, answerDelayMs }));
    return reply.redirect(viewPath(bin), 303);
  });
}

function wholeNumber(text: string | undefined, min: number, max: number): number | "invalid" | undefined {
  if (text === undefined) return undefined;
  const number = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
  return number >= min && number <= max ? number : "invalid";
}

interface BodyRequest extends ViewRequest {
  readonly Params: { readonly id: string; readonly number: string };
}

/**
 * Sends one body as a download. Its bytes are a stranger's, so they are never served with their own content type. They may
 * contain credentials, so only admins get them.
 */
export function addBodyRoute(
  http: FastifyInstance,
  { pool, findViewer }: RequestBinNeeds & { readonly findViewer: FindViewer },
): void {
  http.get<BodyRequest>("/:id/view/requests/:number/body", async (request, reply) => {
    const viewer = await findViewer(request);
    if (typeof viewer === "string") return sendRefusalText(reply, viewer);
    if (!viewer.isAdmin) return sendRefusalText(reply, "no right");
    const { bin } = viewer;
    const number = /^\d{1,9}$/.test(request.params.number) ? Number(request.params.number) : 0;
    const body = await readBinRequestBody(pool, { providerId: bin.providerId, binId: bin.id, number });
    if (!body) return reply.code(404).type("text/plain").send("This request does not exist.\n");
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
    text: "Open this page with the bin's view link, or sign in to the Admin Portal as an admin.",
  },
  suspended: { status: 403, text: "This provider is suspended." },
} as const satisfies Record<NotViewer, { status: number; text: string }>;

const sendRefusalPage = (pages: BinPages, reply: FastifyReply, reason: NotViewer): Promise<FastifyReply> =>
  pages.message(reply, refusals[reason]);

/** Sends a refusal as plain text, for requests that are not made by a page load. */
export const sendRefusalText = (reply: FastifyReply, reason: NotViewer): FastifyReply =>
  reply.code(refusals[reason].status).type("text/plain; charset=utf-8").send(`${refusals[reason].text}\n`);
