import { fileURLToPath } from "node:url";
import type { FastifyInstance, FastifyPluginAsync } from "fastify";
import { problemOfError } from "#http/shared/error-answers.ts";
import { StreamAccess } from "#http/shared/event-stream.ts";
import { acceptForms } from "#http/shared/forms.ts";
import { addPageHeaders, sendDatabaseAwayPage, servePageAssets } from "#http/shared/pages.ts";
import { type BinPages, SerialQueue, createBinPages } from "./bin-page.ts";
import { addReceiveRoute } from "./receive-request.ts";
import { addAnswerRoute, addBodyRoute, addViewRoute } from "./view-routes.ts";
import { BinWatchers, addStreamRoute } from "./view-stream.ts";
import { type RequestBinNeeds, createFindViewer } from "./viewer.ts";

const assetsFolder = fileURLToPath(new URL("./assets/", import.meta.url));

/** Two fields. */
const formBytesMax = 4 * 1024;

/** `/bins/{id}` takes anything; `/bins/{id}/view` shows what came, to whoever has the view key or is signed in as admin. */
export const requestBinPlugin =
  (needs: RequestBinNeeds): FastifyPluginAsync =>
  async (http) => {
    await http.register(async (bins) => addBins(bins, needs), { prefix: "/bins" });
  };

async function addBins(bins: FastifyInstance, needs: RequestBinNeeds): Promise<void> {
  await bins.register(async (catching) => addReceiveRoute(catching, needs));
  await bins.register(async (pages) => {
    const assets = await servePageAssets(pages, { folder: assetsFolder, prefix: "/assets" });
    const turns = new SerialQueue();
    const show = createBinPages({ ...needs, turns }, assets);
    const watchers = new BinWatchers(needs.pool);
    const access = new StreamAccess(needs.pool);
    pages.addHook("preClose", async () => {
      watchers.close();
      access.close();
    });

    pages.removeAllContentTypeParsers(); // what is no form is refused, instead of changing nothing
    acceptForms(pages, { bytesMax: formBytesMax });
    addPageHeaders(pages);
    answerErrorsAsPages(pages, show);
    const findViewer = createFindViewer(needs);
    addViewRoute(pages, { ...needs, show, findViewer });
    addStreamRoute(pages, { ...needs, show, watchers, access, findViewer, turns });
    addAnswerRoute(pages, { ...needs, show, findViewer });
    addBodyRoute(pages, { ...needs, findViewer });
  });
}

/** What is not there below /bins, and what goes wrong, as pages of the bins. The inside story goes to the log. */
function answerErrorsAsPages(http: FastifyInstance, show: BinPages): void {
  http.setNotFoundHandler(async (_request, reply) =>
    show.message(reply, { status: 404, says: "There is no such page." }),
  );

  http.setErrorHandler<Error>(async (error, request, reply) => {
    const problem = problemOfError(error);
    const { code, status, message, retryAfterSeconds } = problem;
    if (status >= 500) request.log.error({ err: error }, "page failed");
    if (code === "database-away") return sendDatabaseAwayPage(reply, problem);
    if (retryAfterSeconds !== undefined) reply.header("retry-after", retryAfterSeconds);
    const says = code === "internal" ? `${message} It is ${request.id}.` : message;
    return show.message(reply, { status, says, hasHome: code !== "host-unknown" });
  });
}
