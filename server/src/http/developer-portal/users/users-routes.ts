import type { FastifyInstance } from "fastify";
import { createAttemptLimiter } from "#access/index.ts";
import { attemptLimits } from "#platform/limits/limits.ts";
import type { Portal } from "../show-page.ts";
import { addAcceptInvitationPage } from "./accept-invitation-page.ts";
import { addDeleteInvitationPage } from "./delete-invitation-page.ts";
import { addDeleteUserPage } from "./delete-user-page.ts";
import { addEditUserPage } from "./edit-user-page.ts";
import { addInvitationsPage } from "./invitations-page.ts";
import { addResendInvitationPage } from "./resend-invitation-page.ts";
import { addSendActivationPage } from "./send-activation-page.ts";
import { addUserRolePage } from "./user-role-page.ts";
import { addUsersRoute } from "./users-route.ts";

/** The people of an account: who is in it, who is asked to join, and joining. */
export function addUsersRoutes(http: FastifyInstance, portal: Portal): void {
  const limiter = createAttemptLimiter(portal, attemptLimits.developerMails);
  addUsersRoute(http, portal);
  addEditUserPage(http, portal);
  addUserRolePage(http, portal);
  addDeleteUserPage(http, portal);
  addSendActivationPage(http, portal, limiter);
  addInvitationsPage(http, portal, limiter);
  addResendInvitationPage(http, portal, limiter);
  addDeleteInvitationPage(http, portal);
  addAcceptInvitationPage(http, portal);
}
