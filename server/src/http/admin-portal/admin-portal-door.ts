import { fileURLToPath } from "node:url";
import type { FastifyPluginAsync } from "fastify";
import { requestLimits } from "#platform/limits/limits.ts";
import { acceptForms } from "../shared/accept-forms.ts";
import { addPageHeaders } from "../shared/page-headers.ts";
import { servePageAssets } from "../shared/page-assets.ts";
import type { AdminPortalNeeds } from "./admin-portal-needs.ts";
import { addAppRoutes } from "./app-routes.ts";
import { serveWebFiles } from "./serve-web-files.ts";
import { showErrors } from "./show-errors.ts";
import { createShowPage } from "./show-page.ts";
import { addSignInRoutes } from "./sign-in-routes.ts";

const assetsFolder = fileURLToPath(new URL("./assets/", import.meta.url));

/** Signs the provider's people in, and gives them the app that `web` built. */
export const adminPortalDoor =
  (needs: AdminPortalNeeds): FastifyPluginAsync =>
  async (http) => {
    const assets = await servePageAssets(http, { folder: assetsFolder, prefix: "/p/assets" });
    const portal = { ...needs, showPage: createShowPage(needs, assets) };

    acceptForms(http, { bytesMax: requestLimits.signInFormBytes.max });
    addPageHeaders(http);
    showErrors(http, portal);
    addSignInRoutes(http, portal);
    await serveWebFiles(http, needs.webFolder);
    addAppRoutes(http, portal);
  };
