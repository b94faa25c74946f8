import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { AttemptLimiter } from "#access/index.ts";
import type { FieldErrors } from "#portal/fields/index.ts";
import { resendInvitation } from "#portal/users/index.ts";
import { invitationUrl } from "../../shared/mailed-links.ts";
import { byDeveloper } from "../by-developer.ts";
import { addAdminFormPage } from "../forms/add-form-page.ts";
import { showForm } from "../forms/show-form.ts";
import { goOnTo } from "../go-on-to.ts";
import { showNotFound } from "../show-not-found.ts";
import type { Portal } from "../show-page.ts";
import { tooManyMails } from "../too-many-mails.ts";
import { withInvitation, type Asked } from "./with-invitation.ts";

/** Sends the mail once more, with another link. */
export function addResendInvitationPage(http: FastifyInstance, portal: Portal, limiter: AttemptLimiter): void {
  addAdminFormPage(http, portal, {
    path: "/account/invitations/:id/resend",
    show: withInvitation(portal, (request, reply, asked) => showQuestion(portal, request, reply, asked)),
    take: withInvitation(portal, async (request, reply, asked) => {
      const errors = await tooManyMails(limiter, request, asked.developer);
      if (errors) return showQuestion(portal, request, reply, { ...asked, errors });
      const { invitation } = asked;
      const { provider } = request;
      const sent = await resendInvitation(portal.pool, {
        provider,
        accountId: invitation.accountId,
        invitationId: invitation.id,
        urlOf: invitationUrl(portal, provider),
        by: byDeveloper(portal, asked.developer),
      });
      return sent ? goOnTo(reply, "/account/invitations", "invited") : showNotFound(reply);
    }),
  });
}

const showQuestion = (
  portal: Portal,
  request: FastifyRequest,
  reply: FastifyReply,
  { invitation, developer, errors }: Asked & { readonly errors?: FieldErrors },
): Promise<FastifyReply> =>
  showForm(portal, request, reply, {
    title: "Send the invitation again?",
    lead: `${invitation.email} gets another mail. The link in the one before opens nothing any more.`,
    submit: "Send again",
    back: { href: "/account/invitations", text: "Invitations" },
    developer,
    ...(errors ? { errors, status: 429 } : {}),
  });
