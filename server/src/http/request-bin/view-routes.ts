import type { FastifyInstance, FastifyReply } from "fastify";
import { isCrossOrigin, readForm } from "#http/shared/forms.ts";
import { binLimits } from "#platform/limits.ts";
import { listBinRequests, readBinRequestBody, updateBin } from "#request-bin/index.ts";
import type { BinPages } from "./bin-page.ts";
import { type FindViewer, type NotViewer, type RequestBinNeeds, type ViewRequest, viewPath } from "./viewer.ts";

/** Fits on a few screens; the rest is behind "Older". */
const requestsPerPage = 50;

interface PageRequest extends ViewRequest {
  readonly Querystring: { readonly key?: string; readonly before?: string };
}

interface ViewNeeds extends RequestBinNeeds {
  readonly show: BinPages;
  readonly findViewer: FindViewer;
}

export function addViewRoute(http: FastifyInstance, { pool, show, findViewer }: ViewNeeds): void {
  http.get<PageRequest>("/:id/view", async (request, reply) => {
    const viewer = await findViewer(request);
    if (typeof viewer === "string") return sendRefusalPage(show, reply, viewer);
    const { bin } = viewer;
    const before = /^\d{1,9}$/.test(request.query.before ?? "") ? Number(request.query.before) : undefined;
    const page = { providerId: bin.providerId, binId: bin.id, before, limit: requestsPerPage };
    const { requests, hasMore } = await listBinRequests(pool, page);
    const older = hasMore ? requests.at(-1)?.number : undefined;
    return show.page(reply, viewer, { requests, older, isNewest: before === undefined });
  });
}

interface AnswerNeeds extends RequestBinNeeds {
  readonly show: BinPages;
  readonly findViewer: FindViewer;
}

const delaySecondsMax = binLimits.answerDelaySeconds.max;

/** The two controls of the page. Whoever may view the bin may use them, but no page of another site in their browser. */
export function addAnswerRoute(http: FastifyInstance, { pool, show, findViewer }: AnswerNeeds): void {
  http.post<ViewRequest>("/:id/view/answer", async (request, reply) => {
    if (isCrossOrigin(request))
      return show.message(reply, { status: 403, says: "This form was sent from another site." });
    const viewer = await findViewer(request);
    if (typeof viewer === "string") return sendRefusalPage(show, reply, viewer);
    const { bin } = viewer;
    const { status, delay_ms } = readForm(request.body);
    const answerStatus = wholeNumber(status, 200, 599);
    const answerDelayMs = wholeNumber(delay_ms, 0, delaySecondsMax * 1000);
    if (answerStatus === "wrong" || answerDelayMs === "wrong") {
      return show.message(reply, {
        status: 422,
        says: `A bin answers with a status from 200 to 599, after ${delaySecondsMax} seconds at most.`,
      });
    }
    await pool.inTransaction((tx) => updateBin(tx, bin, { answerStatus, answerDelayMs }));
    return reply.redirect(viewPath(bin), 303);
  });
}

function wholeNumber(text: string | undefined, min: number, max: number): number | "wrong" | undefined {
  if (text === undefined) return undefined;
  const number = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
  return number >= min && number <= max ? number : "wrong";
}

interface BodyRequest extends ViewRequest {
  readonly Params: { readonly id: string; readonly number: string };
}

/**
 * Sends the bytes of one body, to be saved. They are a stranger's, so never shown as what they claim to be; and they may
 * hold credentials, so only admins get them.
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
    if (!body) return reply.code(404).type("text/plain").send("There is no such request.\n");
    return reply
      .type("application/octet-stream")
      .header("content-disposition", `attachment; filename="request-${number}"`)
      .send(body);
  });
}

const refusals = {
  "no bin": { status: 404, says: "There is no such bin. It may have been deleted." },
  "no right": {
    status: 403,
    says: "This page opens with the bin's view link, or for admins who are signed in to the Admin Portal.",
  },
  suspended: { status: 403, says: "This provider is suspended." },
} as const satisfies Record<NotViewer, { status: number; says: string }>;

/** As a page. */
const sendRefusalPage = (show: BinPages, reply: FastifyReply, reason: NotViewer): Promise<FastifyReply> =>
  show.message(reply, refusals[reason]);

/** As a line of text, for requests that no page answers. */
export const sendRefusalText = (reply: FastifyReply, reason: NotViewer): FastifyReply =>
  reply.code(refusals[reason].status).type("text/plain; charset=utf-8").send(`${refusals[reason].says}\n`);
