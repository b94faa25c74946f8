import type { FastifyInstance } from "fastify";
import { resendInvitation } from "#portal/users/index.ts";
import { addAdminFormPage } from "../forms/add-form-page.ts";
import { showForm } from "../forms/show-form.ts";
import { goOnTo } from "../go-on-to.ts";
import { showNotFound } from "../show-not-found.ts";
import type { Portal } from "../show-page.ts";
import { invitationUrl } from "./invitation-url.ts";
import { withInvitation } from "./with-invitation.ts";

/** Sends the mail once more, with another link. */
export function addResendInvitationPage(http: FastifyInstance, portal: Portal): void {
  addAdminFormPage(http, portal, {
    path: "/account/invitations/:id/resend",
    show: withInvitation(portal, (request, reply, { invitation, developer }) =>
      showForm(portal, request, reply, {
        title: "Send the invitation again?",
        lead: `${invitation.email} gets another mail. The link in the one before opens nothing any more.`,
        submit: "Send again",
        back: { href: "/account/invitations", text: "Invitations" },
        developer,
      }),
    ),
    take: withInvitation(portal, async (request, reply, { invitation }) => {
      const { provider } = request;
      const sent = await resendInvitation(portal.pool, {
        provider,
        accountId: invitation.accountId,
        invitationId: invitation.id,
        urlOf: invitationUrl(portal, provider),
        now: portal.clock.now(),
      });
      return sent ? goOnTo(reply, "/account/invitations", "invited") : showNotFound(reply);
    }),
  });
}
