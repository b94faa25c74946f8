import type { FastifyInstance } from "fastify";
import { deleteInvitation } from "#portal/users/index.ts";
import { byDeveloper } from "../by-developer.ts";
import { addAdminFormPage } from "../forms/add-form-page.ts";
import { showForm } from "../forms/show-form.ts";
import { goOnTo } from "../go-on-to.ts";
import { showNotFound } from "../show-not-found.ts";
import type { Portal } from "../show-page.ts";
import { withInvitation } from "./with-invitation.ts";

/** Takes an invitation back. */
export function addDeleteInvitationPage(http: FastifyInstance, portal: Portal): void {
  addAdminFormPage(http, portal, {
    path: "/account/invitations/:id/delete",
    show: withInvitation(portal, (request, reply, { invitation, developer }) =>
      showForm(portal, request, reply, {
        title: "Delete the invitation?",
        lead: `The link that ${invitation.email} was sent opens nothing any more.`,
        submit: "Delete invitation",
        isGrave: true,
        back: { href: "/account/invitations", text: "Invitations" },
        developer,
      }),
    ),
    take: withInvitation(portal, async (request, reply, { invitation, developer }) => {
      const { id: invitationId, accountId } = invitation;
      const which = { provider: request.provider, accountId, invitationId, by: byDeveloper(portal, developer) };
      const isDeleted = await deleteInvitation(portal.pool, which);
      return isDeleted ? goOnTo(reply, "/account/invitations", "invitation-deleted") : showNotFound(reply);
    }),
  });
}
