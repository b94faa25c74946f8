import type { FastifyInstance } from "fastify";
import { isCrossOrigin, readForm } from "#http/shared/forms.ts";
import { binLimits } from "#platform/limits/bin-limits.ts";
import { changeBinAnswer } from "#request-bin/index.ts";
import type { RequestBinNeeds } from "./request-bin-needs.ts";
import type { ShowBin } from "./show-bin.ts";
import { showRefusal } from "./refusals.ts";
import { type FindViewer, type ViewRequest, viewPath } from "./viewer.ts";

interface AnswerNeeds extends RequestBinNeeds {
  readonly show: ShowBin;
  readonly findViewer: FindViewer;
}

const delaySecondsMax = binLimits.answerDelaySeconds.max;

/** The two controls of the page. Whoever may view the bin may use them, but no page of another site in their browser. */
export function addAnswerRoute(http: FastifyInstance, { pool, show, findViewer }: AnswerNeeds): void {
  http.post<ViewRequest>("/:id/view/answer", async (request, reply) => {
    if (isCrossOrigin(request))
      return show.message(reply, { status: 403, says: "This form was sent from another site." });
    const viewer = await findViewer(request);
    if (typeof viewer === "string") return showRefusal(show, reply, viewer);
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
    await pool.inTransaction((tx) => changeBinAnswer(tx, bin, { answerStatus, answerDelayMs }));
    return reply.redirect(viewPath(bin), 303);
  });
}

function wholeNumber(text: string | undefined, min: number, max: number): number | "wrong" | undefined {
  if (text === undefined) return undefined;
  const number = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
  return number >= min && number <= max ? number : "wrong";
}
