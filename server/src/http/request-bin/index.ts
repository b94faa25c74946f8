import { fileURLToPath } from "node:url";
import type { FastifyInstance, FastifyPluginAsync } from "fastify";
import { limitBodies } from "#http/shared/server-hooks.ts";
import { problemOfError } from "#http/shared/problem.ts";
import { StreamAccess } from "#http/shared/event-stream.ts";
import { acceptForms } from "#http/shared/forms.ts";
import { addPageHeaders, sendDatabaseAwayPage, servePageAssets } from "#http/shared/pages.ts";
import { type BinPages, SerialQueue, createBinPages } from "./bin-page.ts";
import { addChangeRoutes, formBytesMax } from "./change-routes.ts";
import { addReceiveRoute } from "./receive-request.ts";
import {
  addBodyRoute,
  addCompareRoute,
  addRequestRoute,
  addViewRoute,
  BinWatchers,
  addStreamRoute,
} from "./view-routes.ts";
import { type RequestBinNeeds, createFindViewer } from "./viewer.ts";

const assetsFolder = fileURLToPath(new URL("./assets/", import.meta.url));

/** Serves `/bins/{id}` and paths below it, which accept any request, and `/bins/{id}/view`, which shows them to viewers with the view key and to admins. */
export const requestBinPlugin =
  (needs: RequestBinNeeds): FastifyPluginAsync =>
  async (http) => {
    await http.register(async (bins) => addBins(bins, needs), { prefix: "/bins" });
  };

async function addBins(bins: FastifyInstance, needs: RequestBinNeeds): Promise<void> {
  await bins.register(async (receiving) => addReceiveRoute(receiving, needs));
  await bins.register(async (viewing) => {
    const assets = await servePageAssets(viewing, { folder: assetsFolder, prefix: "/assets" });
    const queue = new SerialQueue();
    const pages = createBinPages({ ...needs, queue }, assets);
    const watchers = new BinWatchers(needs.pool);
    const access = new StreamAccess(needs.pool);
    viewing.addHook("preClose", async () => {
      watchers.close();
      access.close();
    });

    viewing.removeAllContentTypeParsers(); // other bodies are refused instead of ignored
    acceptForms(viewing, { bytesMax: formBytesMax });
    limitBodies(viewing);
    addPageHeaders(viewing);
    answerErrorsAsPages(viewing, pages);
    const findViewer = createFindViewer(needs);
    const view = { ...needs, pages, findViewer, queue };
    addViewRoute(viewing, view);
    addStreamRoute(viewing, { ...view, watchers, access });
    addRequestRoute(viewing, view);
    addCompareRoute(viewing, view);
    addBodyRoute(viewing, view);
    addChangeRoutes(viewing, view);
    refuseOtherViewPaths(viewing);
  });
}

/** Keeps requests to unknown paths and methods of the page from being received by the bin. */
function refuseOtherViewPaths(http: FastifyInstance): void {
  const method = http.supportedMethods.filter((name) => name !== "GET" && name !== "HEAD");
  http.route({ method, url: "/:id/view", handler: (_request, reply) => reply.callNotFound() });
  for (const url of ["/:id/view/*", "/assets/*"]) http.all(url, (_request, reply) => reply.callNotFound());
}

/** Answers unknown paths and errors with pages. Details go to the log. */
function answerErrorsAsPages(http: FastifyInstance, pages: BinPages): void {
  http.setNotFoundHandler(async (_request, reply) =>
    pages.message(reply, { status: 404, text: "This page does not exist." }),
  );

  http.setErrorHandler<Error>(async (error, request, reply) => {
    const problem = problemOfError(error);
    const { code, status, message, retryAfterSeconds } = problem;
    if (status >= 500) request.log.error({ err: error }, "page failed");
    if (code === "database-away") return sendDatabaseAwayPage(reply, problem);
    if (retryAfterSeconds !== undefined) reply.header("retry-after", retryAfterSeconds);
    const text = code === "internal" ? `${message} Request id: ${request.id}` : message;
    return pages.message(reply, { status, text, hasHome: code !== "host-unknown" });
  });
}
