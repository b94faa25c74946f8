import { fileURLToPath } from "node:url";
import type { FastifyInstance, FastifyPluginAsync } from "fastify";
import { StreamAccess } from "#http/shared/event-stream.ts";
import { acceptForms } from "#http/shared/forms.ts";
import { addPageHeaders, servePageAssets } from "#http/shared/pages.ts";
import { addAnswerRoute } from "./answer-route.ts";
import { BinWatchers } from "./bin-watchers.ts";
import { addBodyRoute } from "./body-route.ts";
import { addCatchRoute } from "./catch-route.ts";
import type { RequestBinNeeds } from "./request-bin-needs.ts";
import { createShowBin } from "./show-bin.ts";
import { showErrors } from "./show-errors.ts";
import { addStreamRoute } from "./stream-route.ts";
import { Turns } from "./turns.ts";
import { addViewRoute } from "./view-route.ts";
import { createFindViewer } from "./viewer.ts";

const assetsFolder = fileURLToPath(new URL("./assets/", import.meta.url));

/** Two fields. */
const formBytesMax = 4 * 1024;

/** `/bins/{id}` takes anything; `/bins/{id}/view` shows what came, to whoever has the view key or is signed in as admin. */
export const requestBinDoor =
  (needs: RequestBinNeeds): FastifyPluginAsync =>
  async (http) => {
    await http.register(async (bins) => addBins(bins, needs), { prefix: "/bins" });
  };

async function addBins(bins: FastifyInstance, needs: RequestBinNeeds): Promise<void> {
  await bins.register(async (catching) => addCatchRoute(catching, needs));
  await bins.register(async (pages) => {
    const assets = await servePageAssets(pages, { folder: assetsFolder, prefix: "/assets" });
    const turns = new Turns();
    const show = createShowBin({ ...needs, turns }, assets);
    const watchers = new BinWatchers(needs.pool);
    const access = new StreamAccess(needs.pool);
    pages.addHook("preClose", async () => {
      watchers.close();
      access.close();
    });

    pages.removeAllContentTypeParsers(); // what is no form is refused, instead of changing nothing
    acceptForms(pages, { bytesMax: formBytesMax });
    addPageHeaders(pages);
    showErrors(pages, show);
    const findViewer = createFindViewer(needs);
    addViewRoute(pages, { ...needs, show, findViewer });
    addStreamRoute(pages, { ...needs, show, watchers, access, findViewer, turns });
    addAnswerRoute(pages, { ...needs, show, findViewer });
    addBodyRoute(pages, { ...needs, findViewer });
  });
}
