import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { AttemptLimiter } from "#access/index.ts";
import { startBrowserSession } from "#http/shared/browser-session.ts";
import { readForm, readFormToken } from "#http/shared/forms.ts";
import { invitationUrl } from "#portal/providers/index.ts";
import { nameInText } from "#platform/xml.ts";
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
import {
  type Developer,
  developerContext,
  type DeveloperPage,
  findDeveloper,
  formatDate,
  listPage,
  type Portal,
  readPathId,
  redirectWithNotice,
  type Refusal,
  showExpiredLink,
  showNotFound,
  withVisitorTimeZone,
} from "./page.ts";
import {
  type FormField,
  checkedFields,
  definedFields,
  earliestSubmissionMs,
  orRefuse,
  passwordFields,
  refuseUnverified,
  submittedValues,
  withSubmittedValues,
  addAdminFormPage,
  mailLimitErrors,
  showForm,
} from "./forms.ts";
import { waitingPageOf } from "./sign-up.ts";

/** Adds the pages of the account's invitations, and the form that accepts one. */
export function addInvitationPages(http: FastifyInstance, portal: Portal, mailLimiter: AttemptLimiter): void {
  addInvitationsPage(http, portal, mailLimiter);
  addResendInvitationPage(http, portal, mailLimiter);
  addDeleteInvitationPage(http, portal);
  addAcceptInvitationPage(http, portal);
}

const emailField: FormField = { name: "email", label: "Email", type: "email", required: true };

/** Adds the list of invitations, with the form for a new one. */
function addInvitationsPage(http: FastifyInstance, portal: Portal, limiter: AttemptLimiter): void {
  addAdminFormPage(http, portal, {
    path: "/account/invitations",
    show: (request, reply, developer) => showInvitations(portal, request, reply, developer),
    submit: async (request, reply, developer) => {
      const { provider } = request;
      const errors = await mailLimitErrors(limiter, request, developer);
      if (errors) return showInvitations(portal, request, reply, { ...developer, errors, status: 429 });
      const { email = "" } = readForm(request.body);
      const invited = await inviteUser(portal.pool, {
        provider,
        accountId: developer.account.id,
        email,
        urlOf: invitationUrl(portal, provider),
        by: developerContext(portal, developer),
      });
      if (!invited) return showNotFound(reply);
      return "refused" in invited && !(await hasJustInvited(portal, request, developer))
        ? showInvitations(portal, request, reply, { ...developer, errors: invited.refused })
        : redirectWithNotice(reply, "/account/invitations", "invited");
    },
  });
}

/** Returns true if an earlier submission of the same form has sent the invitation. */
async function hasJustInvited(
  { pool, clock }: Portal,
  request: FastifyRequest,
  { account }: Developer,
): Promise<boolean> {
  const afterMs = earliestSubmissionMs(request, clock.now());
  if (afterMs === undefined) return false;
  const email = readForm(request.body)["email"]?.trim();
  const invitations = await listInvitations(pool, request.provider.id, account.id);
  return invitations.some((invitation) => invitation.email === email && invitation.sentAt.getTime() > afterMs);
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
  // On the first page, because a new one is looked for first.
  const { title, rows, ...page } = listPage(request, "Invitations", invitations.toReversed(), ({ email }) => email);
  const fields = [{ ...emailField, value: readForm(request.body)["email"] ?? "" }];
  return showPage(request, reply, {
    template: "invitations",
    title: `${errors ? "Please check: " : ""}${title}`,
    status,
    developer,
    data: {
      ...checkedFields(fields, errors),
      ...page,
      invitations: rows.map(({ id, email, sentAt, expiresAt, acceptedAt }) => ({
        id,
        email,
        sent: formatDate(sentAt, timeZone),
        state: acceptedAt !== null ? "accepted" : expiresAt > clock.now() ? "pending" : "expired",
      })),
    },
  });
}

/** An invitation that has not been accepted, and the developer who opened the page. */
interface OpenInvitation {
  readonly invitation: Invitation;
  readonly developer: Developer;
}

type InvitationPage = (request: FastifyRequest, reply: FastifyReply, open: OpenInvitation) => Promise<FastifyReply>;

/** Loads an open invitation from the path. */
const requireInvitation =
  ({ pool }: Portal, page: InvitationPage): DeveloperPage =>
  async (request, reply, developer) => {
    const id = readPathId(request);
    const invitations = await listInvitations(pool, request.provider.id, developer.account.id);
    const invitation = invitations.find((candidate) => candidate.id === id && candidate.acceptedAt === null);
    return invitation ? page(request, reply, { invitation, developer }) : showNotFound(reply);
  };

/** Adds the form that sends an invitation again, with a new link. */
function addResendInvitationPage(http: FastifyInstance, portal: Portal, limiter: AttemptLimiter): void {
  addAdminFormPage(http, portal, {
    path: "/account/invitations/:id/resend",
    show: requireInvitation(portal, (request, reply, open) => showResendForm(portal, request, reply, open)),
    submit: requireInvitation(portal, async (request, reply, open) => {
      const errors = await mailLimitErrors(limiter, request, open.developer);
      if (errors) return showResendForm(portal, request, reply, { ...open, errors });
      const { invitation } = open;
      const { provider } = request;
      const sent = await resendInvitation(portal.pool, {
        provider,
        accountId: invitation.accountId,
        invitationId: invitation.id,
        urlOf: invitationUrl(portal, provider),
        by: developerContext(portal, open.developer),
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
    title: "Resend the invitation?",
    lead: `${invitation.email} will receive another email. The link in the previous one stops working.`,
    submit: "Resend invitation",
    back: { href: "/account/invitations", text: "Invitations" },
    developer,
    ...(errors ? { errors, status: 429 } : {}),
  });

/** Adds the form that deletes an invitation. */
function addDeleteInvitationPage(http: FastifyInstance, portal: Portal): void {
  addAdminFormPage(http, portal, {
    path: "/account/invitations/:id/delete",
    show: requireInvitation(portal, (request, reply, { invitation, developer }) =>
      showForm(portal, request, reply, {
        title: "Delete the invitation?",
        lead: `The link sent to ${invitation.email} stops working.`,
        submit: "Delete invitation",
        isDestructive: true,
        back: { href: "/account/invitations", text: "Invitations" },
        developer,
      }),
    ),
    submit: requireInvitation(portal, async (request, reply, { invitation, developer }) => {
      const { id: invitationId, accountId } = invitation;
      const target = { provider: request.provider, accountId, invitationId, by: developerContext(portal, developer) };
      const isDeleted = await deleteInvitation(portal.pool, target);
      return isDeleted ? redirectWithNotice(reply, "/account/invitations", "invitation-deleted") : showNotFound(reply);
    }),
  });
}

/** Adds the form that accepts an invitation: a sign-up without the organization's fields. */
function addAcceptInvitationPage(http: FastifyInstance, portal: Portal): void {
  http.get("/signup/:code", async (request, reply) => showJoinForm(portal, request, reply));

  http.post("/signup/:code", async (request, reply) => {
    const refuse = ({ text, status }: Refusal): Promise<FastifyReply> =>
      showJoinForm(portal, request, reply, { errors: { base: [text] }, status });
    if (!readFormToken(request, readForm(request.body), portal.cookieSecret))
      return refuseUnverified(portal, request, reply, { refuse });
    return orRefuse(request, reply, { isVisitor: true, submit: () => join(portal, request, reply), refuse });
  });
}

async function join(portal: Portal, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const provider = withVisitorTimeZone(request.provider);
  const joined = await acceptInvitation(portal.pool, portal.passwords, {
    provider,
    code: readForm(request.params)["code"] ?? "",
    values: submittedValues(await joinFields(portal, request), readForm(request.body)),
    now: portal.clock.now(),
  });
  if (!joined) return showExpiredInvitation(portal, request, reply);
  if ("refused" in joined) return showJoinForm(portal, request, reply, { errors: joined.refused });

  const account = await readAccount(portal.pool, provider.id, joined.user.accountId);
  if (account?.state !== "approved") return reply.redirect(waitingPageOf(account), 303);
  await startBrowserSession(portal, request, reply, { audience: "developer", userId: joined.user.id });
  return redirectWithNotice(reply, "/account", "joined");
}

async function showJoinForm(
  portal: Portal,
  request: FastifyRequest,
  reply: FastifyReply,
  rejected: RejectedInvitation = {},
): Promise<FastifyReply> {
  const { id: providerId } = request.provider;
  const { code = "" } = readForm(request.params);
  const invitation = await findInvitation(portal.pool, providerId, code, portal.clock.now());
  const account = invitation && (await readAccount(portal.pool, providerId, invitation.accountId));
  if (!account) return showExpiredInvitation(portal, request, reply);
  const developer = await findDeveloper(portal, request);
  const present = developer
    ? ` You are logged in as ${developer.user.username}. Joining logs you in as the new user.`
    : "";
  const organization = nameInText(account.orgName);
  return showForm(portal, request, reply, {
    title: `Join ${organization}`,
    lead: `Choose a username and a password to join ${organization} at ${nameInText(request.provider.name)}.${present}`,
    fields: withSubmittedValues(await joinFields(portal, request, invitation), readForm(request.body)),
    submit: "Join",
    ...rejected,
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
    text: "An invitation link works once, for two weeks, and only the newest one is valid. If you have already joined, log in. Otherwise, ask the admin of the account to resend the invitation.",
    link: { href: "/login", text: "Log in" },
  });
