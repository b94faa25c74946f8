import type { FastifyInstance } from "fastify";
import type { Portal } from "../show-page.ts";
import { addAcceptInvitationPage } from "./accept-invitation-page.ts";
import { addDeleteInvitationPage } from "./delete-invitation-page.ts";
import { addDeleteUserPage } from "./delete-user-page.ts";
import { addEditUserPage } from "./edit-user-page.ts";
import { addInvitationsPage } from "./invitations-page.ts";
import { addResendInvitationPage } from "./resend-invitation-page.ts";
import { addUserRolePage } from "./user-role-page.ts";
import { addUsersRoute } from "./users-route.ts";

/** The people of an account: who is in it, who is asked to join, and joining. */
export function addUsersRoutes(http: FastifyInstance, portal: Portal): void {
  addUsersRoute(http, portal);
  addEditUserPage(http, portal);
  addUserRolePage(http, portal);
  addDeleteUserPage(http, portal);
  addInvitationsPage(http, portal);
  addResendInvitationPage(http, portal);
  addDeleteInvitationPage(http, portal);
  addAcceptInvitationPage(http, portal);
}
