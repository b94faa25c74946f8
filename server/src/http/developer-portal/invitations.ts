import type { FastifyInstance, FastifyReply } from "fastify";
import type { AttemptLimiter } from "#access/index.ts";
import { startBrowserSession } from "#http/shared/sign-in.ts";
import { readForm, readFormToken } from "#http/shared/forms.ts";
import { forgetPerson, type KnownPerson, logInLinks, readPerson } from "#http/shared/single-sign-on.ts";
import { invitationUrl } from "#portal/providers/index.ts";
import { nameInText } from "#platform/visible-text.ts";
import { readAccount } from "#portal/accounts/index.ts";
import { type FieldErrors, readFieldsDefinitions } from "#portal/fields/index.ts";
import {
  type Invitation,
  acceptInvitation,
  deleteInvitation,
  findAcceptedInvitation,
  findInvitation,
  inviteUser,
  listInvitations,
  resendInvitation,
  type User,
} from "#portal/users/index.ts";
import {
  developerContext,
  type DeveloperPage,
  type DeveloperVisit,
  findDeveloper,
  formatDate,
  listPage,
  type Portal,
  readPathId,
  redirectWithNotice,
  type Refusal,
  showNotFound,
  type Visit,
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
  withVisitorTimeZone,
} from "./forms.ts";
import { showExpiredLink } from "./mailed-links.ts";
import {
  findDuplicateSignUp,
  findUserOfPerson,
  isWithPassword,
  personInPage,
  personOf,
  valuesOfPerson,
  waitingPageOf,
} from "./sign-up.ts";

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
    show: showInvitations,
    submit: async (visit) => {
      const { request, reply, developer } = visit;
      const { provider } = request;
      const errors = await mailLimitErrors(limiter, visit);
      if (errors) return showInvitations(visit, { errors, status: 429 });
      const { email = "" } = readForm(request.body);
      const invited = await inviteUser(portal.pool, {
        provider,
        accountId: developer.account.id,
        email,
        urlOf: invitationUrl(portal, provider),
        by: developerContext(visit),
      });
      if (!invited) return showNotFound(reply);
      return "refused" in invited && !(await hasJustInvited(visit))
        ? showInvitations(visit, { errors: invited.refused })
        : redirectWithNotice(reply, "/account/invitations", "invited");
    },
  });
}

/** Returns true if an earlier submission of the same form has sent the invitation. */
async function hasJustInvited({ portal, request, developer }: DeveloperVisit): Promise<boolean> {
  const afterMs = earliestSubmissionMs(request, portal.clock.now());
  if (afterMs === undefined) return false;
  const email = readForm(request.body)["email"]?.trim();
  const invitations = await listInvitations(portal.pool, request.provider.id, developer.account.id);
  return invitations.some((invitation) => invitation.email === email && invitation.sentAt.getTime() > afterMs);
}

interface RejectedInvitation {
  readonly errors?: FieldErrors;
  readonly status?: number;
}

async function showInvitations(
  { portal, request, reply, developer }: DeveloperVisit,
  { errors, status = errors ? 422 : 200 }: RejectedInvitation = {},
): Promise<FastifyReply> {
  const { pool, clock, showPage } = portal;
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

/** A visit of a page of an invitation that has not been accepted. */
interface InvitationVisit extends DeveloperVisit {
  readonly invitation: Invitation;
}

/** Loads an open invitation from the path. */
const requireInvitation =
  (page: (visit: InvitationVisit) => Promise<FastifyReply>): DeveloperPage =>
  async (visit) => {
    const { portal, request, developer } = visit;
    const id = readPathId(request);
    const invitations = await listInvitations(portal.pool, request.provider.id, developer.account.id);
    const invitation = invitations.find((candidate) => candidate.id === id && candidate.acceptedAt === null);
    return invitation ? page({ ...visit, invitation }) : showNotFound(visit.reply);
  };

/** Returns the arguments shared by the use cases that change an invitation. */
const invitationChange = (visit: InvitationVisit) => ({
  provider: visit.request.provider,
  accountId: visit.invitation.accountId,
  invitationId: visit.invitation.id,
  by: developerContext(visit),
});

/** Adds the form that sends an invitation again, with a new link. */
function addResendInvitationPage(http: FastifyInstance, portal: Portal, limiter: AttemptLimiter): void {
  addAdminFormPage(http, portal, {
    path: "/account/invitations/:id/resend",
    show: requireInvitation(showResendForm),
    submit: requireInvitation(async (visit) => {
      const { request, reply } = visit;
      const errors = await mailLimitErrors(limiter, visit);
      if (errors) return showResendForm(visit, errors);
      const urlOf = invitationUrl(portal, request.provider);
      const change = invitationChange(visit);
      const sameAfterMs = earliestSubmissionMs(request, change.by.now);
      const sent = await resendInvitation(portal.pool, { ...change, urlOf, sameAfterMs });
      return sent && "invitation" in sent
        ? redirectWithNotice(reply, "/account/invitations", "invited")
        : showNotFound(reply);
    }),
  });
}

const showResendForm = (visit: InvitationVisit, errors?: FieldErrors): Promise<FastifyReply> =>
  showForm(visit, {
    title: "Resend the invitation?",
    lead: `${visit.invitation.email} will receive another email. The link in the previous one stops working.`,
    submit: "Resend invitation",
    back: { href: "/account/invitations", text: "Invitations" },
    ...(errors ? { errors, status: 429 } : {}),
  });

/** Adds the form that deletes an invitation. */
function addDeleteInvitationPage(http: FastifyInstance, portal: Portal): void {
  addAdminFormPage(http, portal, {
    path: "/account/invitations/:id/delete",
    show: requireInvitation((visit) =>
      showForm(visit, {
        title: "Delete the invitation?",
        lead: `The link sent to ${visit.invitation.email} stops working.`,
        submit: "Delete invitation",
        isDestructive: true,
        back: { href: "/account/invitations", text: "Invitations" },
      }),
    ),
    submit: requireInvitation(async (visit) => {
      const isDeleted = await deleteInvitation(portal.pool, invitationChange(visit));
      return isDeleted
        ? redirectWithNotice(visit.reply, "/account/invitations", "invitation-deleted")
        : showNotFound(visit.reply);
    }),
  });
}

/** Adds the form that accepts an invitation: a sign-up without the organization's fields. */
function addAcceptInvitationPage(http: FastifyInstance, portal: Portal): void {
  http.get("/signup/:code", async (request, reply) => showJoinForm({ portal, request, reply }));

  http.post("/signup/:code", async (request, reply) => {
    const visit = { portal, request, reply };
    const refuse = ({ text, status }: Refusal): Promise<FastifyReply> =>
      showJoinForm(visit, { errors: { base: [text] }, status });
    if (!readFormToken(request, readForm(request.body), portal.cookieSecret))
      return refuseUnverified(visit, { refuse });
    return orRefuse(request, reply, { isVisitor: true, submit: () => join(visit), refuse });
  });
}

async function join(visit: Visit): Promise<FastifyReply> {
  const { portal, request, reply } = visit;
  const provider = withVisitorTimeZone(request.provider);
  const person = await readPerson(portal, request);
  const values = submittedValues(await joinFields(visit, { person }), readForm(request.body));
  const joined = await acceptInvitation(portal.pool, portal.passwords, {
    provider,
    code: readForm(request.params)["code"] ?? "",
    values,
    person: person && personOf(portal, provider.id, person),
    now: portal.clock.now(),
  });
  const user = joined && "user" in joined ? joined.user : await findJustJoined(visit, { person, values });
  if (!user)
    return joined && "refused" in joined
      ? showJoinForm(visit, { errors: joined.refused })
      : showExpiredInvitation(visit);
  if (person) forgetPerson(portal, reply);

  const account = await readAccount(portal.pool, provider.id, user.accountId);
  if (account?.state !== "approved") return reply.redirect(waitingPageOf(account), 303);
  await startBrowserSession(portal, request, reply, { audience: "developer", userId: user.id });
  return redirectWithNotice(reply, "/account", "joined");
}

/** Returns the user that an earlier submission of the same form has made of the invitation. */
async function findJustJoined(
  { portal, request }: Visit,
  { person, values }: Pick<Joining, "person"> & { readonly values: Readonly<Record<string, string>> },
): Promise<User | undefined> {
  const { id: providerId } = request.provider;
  const issued = readFormToken(request, readForm(request.body), portal.cookieSecret);
  const { code = "" } = readForm(request.params);
  const invitation = issued && (await findAcceptedInvitation(portal.pool, providerId, code));
  if (!invitation) return undefined;
  const user = await (person
    ? findUserOfPerson(portal, providerId, person)
    : findDuplicateSignUp(portal, { providerId, address: request.ip, values, ...issued }));
  return user?.accountId === invitation.accountId ? user : undefined;
}

async function showJoinForm(visit: Visit, rejected: RejectedInvitation = {}): Promise<FastifyReply> {
  const { portal, request, reply } = visit;
  const { id: providerId } = request.provider;
  const { code = "" } = readForm(request.params);
  const invitation = await findInvitation(portal.pool, providerId, code, portal.clock.now());
  const account = invitation && (await readAccount(portal.pool, providerId, invitation.accountId));
  if (!account) return showExpiredInvitation(visit);
  const developer = await findDeveloper(portal, request);
  const present = developer
    ? ` You are logged in as ${developer.user.username}. Joining logs you in as the new user.`
    : "";
  const organization = nameInText(account.orgName);
  if (isWithPassword(request)) forgetPerson(portal, reply);
  const person = isWithPassword(request) ? undefined : await readPerson(portal, request);
  const { logIns } = await portal.readOffers(request.provider);
  const chosen = person ? "a username" : "a username and a password";
  return showForm(visit, {
    title: `Join ${organization}`,
    lead: `Choose ${chosen} to join ${organization} at ${nameInText(request.provider.name)}.${present}`,
    person: person && personInPage(person, `/signup/${code}`),
    logInLinks: person ? [] : logInLinks(logIns, "developer", { invitation: code }),
    fields: withSubmittedValues(await joinFields(visit, { invitation, person }), readForm(request.body)),
    submit: "Join",
    ...rejected,
  });
}

interface Joining {
  readonly invitation?: Invitation;
  readonly person: KnownPerson | undefined;
}

async function joinFields({ portal, request }: Visit, { invitation, person }: Joining): Promise<readonly FormField[]> {
  const { provider } = request;
  const definitions = await readFieldsDefinitions(portal.pool, provider.id);
  const values = { ...(invitation && { email: invitation.email }), ...(person && valuesOfPerson(person)) };
  const defined = definedFields(definitions, "User", values);
  return person ? defined : [...defined, ...passwordFields("Password", provider.passwordLengthMin)];
}

async function showExpiredInvitation(visit: Visit): Promise<FastifyReply> {
  const developer = await findDeveloper(visit.portal, visit.request);
  const rule = "An invitation link works once, for two weeks, and only the newest one is valid.";
  return developer
    ? showExpiredLink(visit, {
        text: `${rule} You are logged in as ${developer.user.username}, a user of ${nameInText(developer.account.orgName)}. To join another organization, ask its admin to resend the invitation.`,
        link: { href: "/account", text: "My account" },
      })
    : showExpiredLink(visit, {
        text: `${rule} If you have already joined, log in. Otherwise, ask the admin of the organization to resend the invitation.`,
        link: { href: "/login", text: "Log in" },
      });
}
