import { fileURLToPath } from "node:url";
import type { FastifyPluginAsync } from "fastify";
import { acceptForms } from "../shared/accept-forms.ts";
import { addPageHeaders } from "../shared/page-headers.ts";
import { servePageAssets } from "../shared/page-assets.ts";
import { addAnswerRoute } from "./answer-route.ts";
import { BinWatchers } from "./bin-watchers.ts";
import { addBodyRoute } from "./body-route.ts";
import { addCatchRoute } from "./catch-route.ts";
import type { RequestBinNeeds } from "./request-bin-needs.ts";
import { createShowBin } from "./show-bin.ts";
import { addStreamRoute } from "./stream-route.ts";
import { addViewRoute } from "./view-route.ts";

const assetsFolder = fileURLToPath(new URL("./assets/", import.meta.url));

/** Two fields. */
const formBytesMax = 4 * 1024;

/** `/bins/{id}` takes anything; `/bins/{id}/view` shows what came, to whoever knows the id. */
export const requestBinDoor =
  (needs: RequestBinNeeds): FastifyPluginAsync =>
  async (http) => {
    await http.register(async (catching) => addCatchRoute(catching, needs));
    await http.register(async (pages) => {
      const assets = await servePageAssets(pages, { folder: assetsFolder, prefix: "/bins/assets" });
      const show = createShowBin(needs, assets);
      const watchers = new BinWatchers(needs.pool);
      pages.addHook("preClose", async () => watchers.close());

      acceptForms(pages, { bytesMax: formBytesMax });
      addPageHeaders(pages);
      addViewRoute(pages, { ...needs, show });
      addStreamRoute(pages, { ...needs, show, watchers });
      addAnswerRoute(pages, { ...needs, show });
      addBodyRoute(pages, needs);
    });
  };
