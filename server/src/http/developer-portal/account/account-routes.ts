import type { FastifyInstance } from "fastify";
import { createAttemptLimiter } from "#access/index.ts";
import { attemptLimits } from "#platform/limits/limits.ts";
import type { Portal } from "../show-page.ts";
import { addAccountPlanPage } from "./account-plan-page.ts";
import { addAccountRoute } from "./account-route.ts";
import { addEditAccountPage } from "./edit-account-page.ts";
import { addOwnDetailsPage } from "./own-details-page.ts";
import { addOwnPasswordPage } from "./own-password-page.ts";
import { addWithdrawAccountPlanRequestPage } from "./withdraw-account-plan-request-page.ts";

/** The account as it is, and what its people change of it and of themselves. */
export function addAccountRoutes(http: FastifyInstance, portal: Portal): void {
  const guesses = createAttemptLimiter(portal, attemptLimits.ownPassword);
  addAccountRoute(http, portal);
  addEditAccountPage(http, portal);
  addAccountPlanPage(http, portal, createAttemptLimiter(portal, attemptLimits.planRequests));
  addWithdrawAccountPlanRequestPage(http, portal);
  addOwnDetailsPage(http, portal, guesses);
  addOwnPasswordPage(http, portal, guesses);
}
