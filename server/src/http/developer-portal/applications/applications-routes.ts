import type { FastifyInstance } from "fastify";
import { createAttemptLimiter } from "#access/index.ts";
import { attemptLimits } from "#platform/limits/limits.ts";
import type { Portal } from "../show-page.ts";
import { addApplicationPlanPage } from "./application-plan-page.ts";
import { addApplicationRoute } from "./application-route.ts";
import { addDeleteApplicationPage } from "./delete-application-page.ts";
import { addEditApplicationPage } from "./edit-application-page.ts";
import { addDeleteKeyPage } from "./keys/delete-key-page.ts";
import { addKeysPage } from "./keys/keys-page.ts";
import { addRegenerateKeyPage } from "./keys/regenerate-key-page.ts";
import { addListApplicationsRoute } from "./list-applications-route.ts";
import { addNewApplicationPage } from "./new-application-page.ts";
import { addDeleteReferrerFilterPage } from "./referrer-filters/delete-referrer-filter-page.ts";
import { addReferrerFiltersPage } from "./referrer-filters/referrer-filters-page.ts";
import { addUserKeyPage } from "./user-key-page.ts";
import { addWithdrawPlanRequestPage } from "./withdraw-plan-request-page.ts";

/** The applications of the developer's own account, their plans and their credentials. */
export function addApplicationsRoutes(http: FastifyInstance, portal: Portal): void {
  addListApplicationsRoute(http, portal);
  addNewApplicationPage(http, portal);
  addApplicationRoute(http, portal);
  addEditApplicationPage(http, portal);
  addApplicationPlanPage(http, portal, createAttemptLimiter(portal, attemptLimits.planRequests));
  addWithdrawPlanRequestPage(http, portal);
  addDeleteApplicationPage(http, portal);
  addUserKeyPage(http, portal);
  addKeysPage(http, portal);
  addDeleteKeyPage(http, portal);
  addRegenerateKeyPage(http, portal);
  addReferrerFiltersPage(http, portal);
  addDeleteReferrerFilterPage(http, portal);
}
