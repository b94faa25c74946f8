import type { FastifyInstance } from "fastify";
import { createAttemptLimiter } from "#access/index.ts";
import type { Portal } from "../show-page.ts";
import { addAccountPlanPage } from "./account-plan-page.ts";
import { addAccountRoute } from "./account-route.ts";
import { addEditAccountPage } from "./edit-account-page.ts";
import { addOwnDetailsPage } from "./own-details-page.ts";
import { addOwnPasswordPage } from "./own-password-page.ts";
import { addWithdrawAccountPlanRequestPage } from "./withdraw-account-plan-request-page.ts";

/** Whoever finds a browser that is logged in must not find out the password with it. */
const limit = { attemptsMax: 10, windowSeconds: 10 * 60 } as const;

/** Asking for another plan writes to every admin of the provider. */
const asking = { attemptsMax: 10, windowSeconds: 60 * 60 } as const;

/** The account as it is, and what its people change of it and of themselves. */
export function addAccountRoutes(http: FastifyInstance, portal: Portal): void {
  const guesses = createAttemptLimiter(portal.clock, limit);
  addAccountRoute(http, portal);
  addEditAccountPage(http, portal);
  addAccountPlanPage(http, portal, createAttemptLimiter(portal.clock, asking));
  addWithdrawAccountPlanRequestPage(http, portal);
  addOwnDetailsPage(http, portal, guesses);
  addOwnPasswordPage(http, portal, guesses);
}
