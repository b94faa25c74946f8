import { fileURLToPath } from "node:url";
import type { FastifyPluginAsync } from "fastify";
import { requestLimits } from "#platform/limits/limits.ts";
import { acceptForms } from "../shared/accept-forms.ts";
import { addPageHeaders } from "../shared/page-headers.ts";
import { servePageAssets } from "../shared/page-assets.ts";
import { addAccountRoutes } from "./account/account-routes.ts";
import { addActivateRoute } from "./activate-route.ts";
import { addApplicationsRoutes } from "./applications/applications-routes.ts";
import type { DeveloperPortalNeeds } from "./developer-portal-needs.ts";
import { addHomeRoute } from "./home-route.ts";
import { addLoginRoutes } from "./login-routes.ts";
import { addLostPasswordPage } from "./passwords/lost-password-page.ts";
import { addNewPasswordPage } from "./passwords/new-password-page.ts";
import { showErrors } from "./show-errors.ts";
import { createShowPage } from "./show-page.ts";
import { addSignUpRoutes } from "./sign-up-routes.ts";
import { addUsersRoutes } from "./users/users-routes.ts";

const assetsFolder = fileURLToPath(new URL("./assets/", import.meta.url));

/** What the provider's customers see: sign-up, log in, their account with its applications and keys. */
export const developerPortalDoor =
  (needs: DeveloperPortalNeeds): FastifyPluginAsync =>
  async (http) => {
    const assets = await servePageAssets(http, { folder: assetsFolder, prefix: "/assets" });
    const portal = { ...needs, showPage: createShowPage(needs, assets) };

    acceptForms(http, { bytesMax: requestLimits.formBytes.max });
    addPageHeaders(http);
    showErrors(http, portal);
    addHomeRoute(http, portal);
    addSignUpRoutes(http, portal);
    addLoginRoutes(http, portal);
    addActivateRoute(http, portal);
    addLostPasswordPage(http, portal);
    addNewPasswordPage(http, portal);
    addAccountRoutes(http, portal);
    addUsersRoutes(http, portal);
    addApplicationsRoutes(http, portal);
  };
