import { fileURLToPath } from "node:url";
import type { FastifyPluginAsync } from "fastify";
import { acceptForms } from "#http/shared/forms.ts";
import { addPageHeaders, servePageAssets } from "#http/shared/pages.ts";
import { requestLimits } from "#platform/limits.ts";
import { addAppRoutes, addErrorPages, type AdminPortalNeeds, createShowPage, serveWebFiles } from "./app-page.ts";
import { addSignInRoutes } from "./sign-in.ts";

const assetsFolder = fileURLToPath(new URL("./assets/", import.meta.url));

/** Serves the sign-in page and the app built from `web` to the provider's users. */
export const adminPortalPlugin =
  (needs: AdminPortalNeeds): FastifyPluginAsync =>
  async (http) => {
    const assets = await servePageAssets(http, { folder: assetsFolder, prefix: "/p/assets" });
    const portal = { ...needs, showPage: createShowPage(needs, assets) };

    acceptForms(http, { bytesMax: requestLimits.signInFormBytes.max });
    addPageHeaders(http);
    addErrorPages(http, portal);
    addSignInRoutes(http, portal);
    await serveWebFiles(http, needs.webFolder);
    addAppRoutes(http, portal);
  };
