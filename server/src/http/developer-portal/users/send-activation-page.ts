import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { AttemptLimiter } from "#access/index.ts";
import type { FieldErrors } from "#portal/fields/index.ts";
import { sendActivation } from "#portal/users/index.ts";
import { activationUrl } from "../../shared/mailed-links.ts";
import { byDeveloper } from "../by-developer.ts";
import { addAdminFormPage } from "../forms/add-form-page.ts";
import { showForm } from "../forms/show-form.ts";
import { goOnTo } from "../go-on-to.ts";
import { showNotFound } from "../show-not-found.ts";
import type { Portal } from "../show-page.ts";
import { tooManyMails } from "../too-many-mails.ts";
import { withUser, type Colleague } from "./with-user.ts";

/** Writes once more to a user who has never opened the activation mail, or never got one. */
export function addSendActivationPage(http: FastifyInstance, portal: Portal, limiter: AttemptLimiter): void {
  addAdminFormPage(http, portal, {
    path: "/account/users/:id/activation",
    show: withUser(portal, async (request, reply, colleague) =>
      colleague.user.state === "pending" ? showQuestion(portal, request, reply, colleague) : showNotFound(reply),
    ),
    take: withUser(portal, async (request, reply, colleague) => {
      const tooMany = await tooManyMails(limiter, request, colleague.developer);
      if (tooMany) return showQuestion(portal, request, reply, { ...colleague, errors: tooMany, status: 429 });
      const { provider } = request;
      const sent = await sendActivation(portal.pool, {
        provider,
        accountId: colleague.user.accountId,
        userId: colleague.user.id,
        urlOf: activationUrl(portal, provider),
        by: byDeveloper(portal, colleague.developer),
      });
      if (!sent) return showNotFound(reply);
      return "refused" in sent
        ? showQuestion(portal, request, reply, { ...colleague, errors: sent.refused })
        : goOnTo(reply, "/account/users", "activation-sent");
    }),
  });
}

const showQuestion = (
  portal: Portal,
  request: FastifyRequest,
  reply: FastifyReply,
  { user, developer, ...again }: Colleague & { readonly errors?: FieldErrors; readonly status?: number },
): Promise<FastifyReply> =>
  showForm(portal, request, reply, {
    title: "Send the activation mail?",
    lead: `${user.username} gets a mail with a link that activates the user. The link in a mail before opens nothing any more.`,
    submit: "Send the mail",
    back: { href: "/account/users", text: "Users" },
    developer,
    ...again,
  });
