import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { type AttemptLimiter, createAttemptLimiter } from "#access/index.ts";
import { startBrowserSession } from "#http/shared/browser-session.ts";
import { readForm, readFormToken } from "#http/shared/forms.ts";
import { invitationUrl } from "#http/shared/mailed-links.ts";
import { attemptLimits } from "#platform/limits/limits.ts";
import { readAccount } from "#portal/accounts/index.ts";
import { type FieldErrors, readFieldsDefinitions } from "#portal/fields/index.ts";
import {
  type Invitation,
  acceptInvitation,
  deleteInvitation,
  findInvitation,
  inviteUser,
  listInvitations,
  resendInvitation,
} from "#portal/users/index.ts";
import { type Developer, byDeveloper, withVisitorTimeZone } from "./developer.ts";
import {
  type FormField,
  checkedFields,
  definedFields,
  passwordFields,
  submittedValues,
  withSubmittedValues,
} from "./form-fields.ts";
import { type DeveloperPage, addAdminFormPage, mailLimitErrors, showForm } from "./form-pages.ts";
import { showExpiredLink, showInvalidFormToken, showNotFound } from "./message-pages.ts";
import { type Portal, formatDate, readPathId, redirectWithNotice } from "./page.ts";
import { waitingPageOf } from "./sign-up.ts";
import { addDeleteUserPage, addEditUserPage, addSendActivationPage, addUserRolePage, addUsersRoute } from "./users.ts";

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

const emailField: FormField = { name: "email", label: "Email", type: "email", required: true, length_max: 255 };

/** Who was asked to join the account, and a form to ask somebody else. */
function addInvitationsPage(http: FastifyInstance, portal: Portal, limiter: AttemptLimiter): void {
  addAdminFormPage(http, portal, {
    path: "/account/invitations",
    show: (request, reply, developer) => showInvitations(portal, request, reply, developer),
    take: async (request, reply, developer) => {
      const { provider } = request;
      const errors = await mailLimitErrors(limiter, request, developer);
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
        : redirectWithNotice(reply, "/account/invitations", "invited");
    },
  });
}

interface RejectedInvitation {
  readonly errors?: FieldErrors;
  readonly status?: number;
}

async function showInvitations(
  { pool, clock, showPage }: Portal,
  request: FastifyRequest,
  reply: FastifyReply,
  { errors, status = errors ? 422 : 200, ...developer }: Developer & RejectedInvitation,
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
      ...checkedFields(fields, errors),
      invitations: invitations.map(({ id, email, sentAt, expiresAt, acceptedAt }) => ({
        id,
        email,
        sent: formatDate(sentAt, timeZone),
        state: acceptedAt !== null ? "accepted" : expiresAt > clock.now() ? "pending" : "expired",
      })),
    },
  });
}

/** Somebody who was asked to join, and whoever looks at it. */
interface OpenInvitation {
  readonly invitation: Invitation;
  readonly developer: Developer;
}

type InvitationPage = (request: FastifyRequest, reply: FastifyReply, asked: OpenInvitation) => Promise<FastifyReply>;

/** A page of an invitation that the path names, as long as it is not accepted. */
const requireInvitation =
  ({ pool }: Portal, page: InvitationPage): DeveloperPage =>
  async (request, reply, developer) => {
    const id = readPathId(request);
    const invitations = await listInvitations(pool, request.provider.id, developer.account.id);
    const invitation = invitations.find((it) => it.id === id && it.acceptedAt === null);
    return invitation ? page(request, reply, { invitation, developer }) : showNotFound(reply);
  };

/** Sends the mail once more, with another link. */
function addResendInvitationPage(http: FastifyInstance, portal: Portal, limiter: AttemptLimiter): void {
  addAdminFormPage(http, portal, {
    path: "/account/invitations/:id/resend",
    show: requireInvitation(portal, (request, reply, asked) => showResendForm(portal, request, reply, asked)),
    take: requireInvitation(portal, async (request, reply, asked) => {
      const errors = await mailLimitErrors(limiter, request, asked.developer);
      if (errors) return showResendForm(portal, request, reply, { ...asked, errors });
      const { invitation } = asked;
      const { provider } = request;
      const sent = await resendInvitation(portal.pool, {
        provider,
        accountId: invitation.accountId,
        invitationId: invitation.id,
        urlOf: invitationUrl(portal, provider),
        by: byDeveloper(portal, asked.developer),
      });
      return sent ? redirectWithNotice(reply, "/account/invitations", "invited") : showNotFound(reply);
    }),
  });
}

const showResendForm = (
  portal: Portal,
  request: FastifyRequest,
  reply: FastifyReply,
  { invitation, developer, errors }: OpenInvitation & { readonly errors?: FieldErrors },
): Promise<FastifyReply> =>
  showForm(portal, request, reply, {
    title: "Send the invitation again?",
    lead: `${invitation.email} gets another mail. The link in the one before opens nothing any more.`,
    submit: "Send again",
    back: { href: "/account/invitations", text: "Invitations" },
    developer,
    ...(errors ? { errors, status: 429 } : {}),
  });

/** Takes an invitation back. */
function addDeleteInvitationPage(http: FastifyInstance, portal: Portal): void {
  addAdminFormPage(http, portal, {
    path: "/account/invitations/:id/delete",
    show: requireInvitation(portal, (request, reply, { invitation, developer }) =>
      showForm(portal, request, reply, {
        title: "Delete the invitation?",
        lead: `The link that ${invitation.email} was sent opens nothing any more.`,
        submit: "Delete invitation",
        isGrave: true,
        back: { href: "/account/invitations", text: "Invitations" },
        developer,
      }),
    ),
    take: requireInvitation(portal, async (request, reply, { invitation, developer }) => {
      const { id: invitationId, accountId } = invitation;
      const which = { provider: request.provider, accountId, invitationId, by: byDeveloper(portal, developer) };
      const isDeleted = await deleteInvitation(portal.pool, which);
      return isDeleted ? redirectWithNotice(reply, "/account/invitations", "invitation-deleted") : showNotFound(reply);
    }),
  });
}

/** Where the mail of an invitation leads: the sign-up without the organization. */
function addAcceptInvitationPage(http: FastifyInstance, portal: Portal): void {
  http.get("/signup/:code", async (request, reply) => showJoinForm(portal, request, reply));

  http.post("/signup/:code", async (request, reply) => {
    const provider = withVisitorTimeZone(request.provider);
    const form = readForm(request.body);
    if (!readFormToken(request, form, portal.cookieSecret)) return showInvalidFormToken(portal, request, reply);

    const values = submittedValues(await joinFields(portal, request), form);
    const { code = "" } = readForm(request.params);
    const joined = await acceptInvitation(portal.pool, { provider, code, values, now: portal.clock.now() });
    if (!joined) return showExpiredInvitation(portal, request, reply);
    if ("refused" in joined) return showJoinForm(portal, request, reply, joined.refused);

    const account = await readAccount(portal.pool, provider.id, joined.user.accountId);
    if (account?.state !== "approved") return reply.redirect(waitingPageOf(account), 303);
    await startBrowserSession(portal, request, reply, { audience: "developer", userId: joined.user.id });
    return redirectWithNotice(reply, "/account", "joined");
  });
}

async function showJoinForm(
  portal: Portal,
  request: FastifyRequest,
  reply: FastifyReply,
  errors?: FieldErrors,
): Promise<FastifyReply> {
  const { id: providerId } = request.provider;
  const { code = "" } = readForm(request.params);
  const invitation = await findInvitation(portal.pool, providerId, code, portal.clock.now());
  const account = invitation && (await readAccount(portal.pool, providerId, invitation.accountId));
  if (!account) return showExpiredInvitation(portal, request, reply);
  return showForm(portal, request, reply, {
    title: `Join ${account.orgName}`,
    lead: `Choose a name and a password, and you are a member of ${account.orgName} at ${request.provider.name}.`,
    fields: withSubmittedValues(await joinFields(portal, request, invitation), readForm(request.body)),
    submit: "Join",
    errors,
  });
}

async function joinFields(
  { pool }: Portal,
  { provider }: FastifyRequest,
  invitation?: Invitation,
): Promise<readonly FormField[]> {
  const definitions = await readFieldsDefinitions(pool, provider.id);
  return [
    ...definedFields(definitions, "User", invitation ? { email: invitation.email } : {}),
    ...passwordFields("Password", provider.passwordLengthMin),
  ];
}

const showExpiredInvitation = (portal: Portal, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> =>
  showExpiredLink(portal, request, reply, {
    text: "The link of an invitation works once, within two weeks, and only the one in the newest mail. If you have joined already, just log in. If not, ask whoever invited you to send the invitation again.",
    link: { href: "/login", text: "Log in" },
  });
