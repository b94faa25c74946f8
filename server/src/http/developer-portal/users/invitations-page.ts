import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { AttemptLimiter } from "#access/index.ts";
import type { FieldErrors } from "#portal/fields/index.ts";
import { inviteUser, listInvitations } from "#portal/users/index.ts";
import { invitationUrl } from "../../shared/mailed-links.ts";
import { readForm } from "../../shared/read-form.ts";
import { byDeveloper } from "../by-developer.ts";
import type { Developer } from "../find-developer.ts";
import { addAdminFormPage } from "../forms/add-form-page.ts";
import { judged, type FormField } from "../forms/form-field.ts";
import { goOnTo } from "../go-on-to.ts";
import { showNotFound } from "../show-not-found.ts";
import type { Portal } from "../show-page.ts";
import { writeDate } from "../write-date.ts";
import { tooManyMails } from "../too-many-mails.ts";

const emailField: FormField = { name: "email", label: "Email", type: "email", required: true, length_max: 255 };

/** Who was asked to join the account, and a form to ask somebody else. */
export function addInvitationsPage(http: FastifyInstance, portal: Portal, limiter: AttemptLimiter): void {
  addAdminFormPage(http, portal, {
    path: "/account/invitations",
    show: (request, reply, developer) => showInvitations(portal, request, reply, developer),
    take: async (request, reply, developer) => {
      const { provider } = request;
      const errors = await tooManyMails(limiter, request, developer);
      if (errors) return showInvitations(portal, request, reply, { ...developer, errors, status: 429 });
      const { email = "" } = readForm(request.body);
      const invited = await inviteUser(portal.pool, {
        provider,
        accountId: developer.account.id,
        email,
        urlOf: invitationUrl(portal, provider),
        by: byDeveloper(portal, developer),
      });
      if (!invited) return showNotFound(reply);
      return "refused" in invited
        ? showInvitations(portal, request, reply, { ...developer, errors: invited.refused })
        : goOnTo(reply, "/account/invitations", "invited");
    },
  });
}

interface Again {
  readonly errors?: FieldErrors;
  readonly status?: number;
}

async function showInvitations(
  { pool, clock, showPage }: Portal,
  request: FastifyRequest,
  reply: FastifyReply,
  { errors, status = errors ? 422 : 200, ...developer }: Developer & Again,
): Promise<FastifyReply> {
  const { id: providerId, timeZone } = request.provider;
  const invitations = await listInvitations(pool, providerId, developer.account.id);
  const fields = [{ ...emailField, value: readForm(request.body)["email"] ?? "" }];
  return showPage(request, reply, {
    template: "invitations",
    title: `${errors ? "Please check: " : ""}Invitations`,
    status,
    developer,
    data: {
      ...judged(fields, errors),
      invitations: invitations.map(({ id, email, sentAt, expiresAt, acceptedAt }) => ({
        id,
        email,
        sent: writeDate(sentAt, timeZone),
        state: acceptedAt !== null ? "accepted" : expiresAt > clock.now() ? "pending" : "expired",
      })),
    },
  });
}
