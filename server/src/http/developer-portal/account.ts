import type { FastifyInstance, FastifyReply } from "fastify";
import {
  type AttemptLimiter,
  createAttemptLimiter,
  endOtherSessions,
  endOwnSession,
  type ListedSession,
  listSessions,
} from "#access/index.ts";
import { formatWait, readSessionCookie } from "#http/shared/sign-in.ts";
import { readForm } from "#http/shared/forms.ts";
import type { Database } from "#platform/database/database.ts";
import { attemptLimits } from "#platform/limits.ts";
import { nameInText } from "#platform/visible-text.ts";
import {
  type Account,
  changeAccountPlan,
  readAccountPlanRequest,
  requestAccountPlan,
  updateAccount,
  withdrawAccountPlanRequest,
} from "#portal/accounts/index.ts";
import { listApplications } from "#portal/applications/index.ts";
import { type FieldErrors, readFieldsDefinitions } from "#portal/fields/index.ts";
import { readPlans } from "#portal/products/index.ts";
import { readProviderSettings } from "#portal/provider-account/index.ts";
import type { ListedIdentity } from "#portal/single-sign-on/index.ts";
import { hasPassword, readUser, updateUser } from "#portal/users/index.ts";
import { describeApplication } from "./application.ts";
import {
  developerContext,
  type DeveloperPage,
  type DeveloperVisit,
  formatCount,
  type FormattedDate,
  formatDate,
  type Portal,
  redirectWithNotice,
  requireDeveloper,
  sessionsPage,
  showNotFound,
} from "./page.ts";
import {
  changedAddressErrors,
  definedFields,
  earliestSubmissionMs,
  readOnlyFacts,
  type FormField,
  submittedValues,
  withSubmittedValues,
  currentPasswordField,
  passwordFields,
  addAdminFormPage,
  requireAdmin,
  showForm,
  addFormPage,
} from "./forms.ts";
import { addPlanPages, findOtherPlans, type OtherPlans, readShownOffers } from "./plans.ts";
import { listOwnLogIns } from "./single-sign-on.ts";
import { userFields } from "./users.ts";

/** Adds the pages of the account and of the signed-in user. */
export function addAccountRoutes(http: FastifyInstance, portal: Portal, mailLimiter: AttemptLimiter): void {
  addAccountRoute(http, portal);
  addEditAccountPage(http, portal);
  addAccountPlanPages(http, portal);
  addOwnUserPages(http, portal, mailLimiter);
  addSessionPages(http, portal);
}

/** With their credentials. The list of applications has the others. */
const applicationsShown = 10;

function addAccountRoute(http: FastifyInstance, portal: Portal): void {
  const { pool, showPage } = portal;

  http.get(
    "/account",
    requireDeveloper(portal, async ({ request, reply, developer }) => {
      const { id: providerId, timeZone } = request.provider;
      const { account, user } = developer;
      const [plan] = await readPlans(pool, providerId, [account.planId]);
      const applications = await listApplications(pool, providerId, account.id);
      const { userAccountAreaEnabled } = await readProviderSettings(pool, providerId);
      const other = await findOtherAccountPlans(pool, providerId, account);
      const planRequest = await readAccountPlanRequest(pool, providerId, account.id);
      const definitions = await readFieldsDefinitions(pool, providerId);
      return showPage(request, reply, {
        template: "account",
        title: "My account",
        developer,
        data: {
          account: {
            org_name: account.orgName,
            state: account.state,
            plan: plan?.name,
            plan_offer: plan && (await readShownOffers(pool, providerId, [plan])).get(plan.id),
            since: formatDate(account.createdAt, timeZone),
            is_editable: userAccountAreaEnabled,
            may_request_plan: other?.step === "request",
            may_change_plan: other?.step === "change",
            requested_plan: planRequest?.planName,
            facts: readOnlyFacts(definitions, "Account", account.fields),
          },
          user: {
            facts: readOnlyFacts(definitions, "User", user.fields),
            username: user.username,
            email: user.email,
            role: user.role,
          },
          applications: applications
            .slice(0, applicationsShown)
            .map((application) => describeApplication(application, timeZone)),
          all_applications:
            applications.length > applicationsShown && `All ${formatCount(applications.length)} applications`,
        },
      });
    }),
  );
}

/** Adds the form for the organization's fields, if the provider's settings allow it. */
function addEditAccountPage(http: FastifyInstance, portal: Portal): void {
  const ifAllowed =
    (page: DeveloperPage): DeveloperPage =>
    async (visit) => {
      const { userAccountAreaEnabled } = await readProviderSettings(portal.pool, visit.request.provider.id);
      return userAccountAreaEnabled ? page(visit) : showNotFound(visit.reply);
    };

  addAdminFormPage(http, portal, {
    path: "/account/edit",
    show: ifAllowed(showAccountForm),
    submit: ifAllowed(saveAccount),
  });
}

async function saveAccount(visit: DeveloperVisit): Promise<FastifyReply> {
  const { portal, request, reply, developer } = visit;
  const fields = await accountFields(visit);
  const saved = await updateAccount(portal.pool, {
    provider: request.provider,
    accountId: developer.account.id,
    values: submittedValues(fields, readForm(request.body)),
    writer: "developer",
    by: developerContext(visit),
  });
  if (!saved) return showNotFound(reply);
  return "refused" in saved ? showAccountForm(visit, saved.refused) : redirectWithNotice(reply, "/account", "saved");
}

const showAccountForm = async (visit: DeveloperVisit, errors?: FieldErrors): Promise<FastifyReply> =>
  showForm(visit, {
    title: "Edit organization",
    fields: withSubmittedValues(await accountFields(visit), readForm(visit.request.body)),
    submit: "Save",
    back: { href: "/account", text: "My account" },
    errors,
  });

const accountFields = async ({
  portal,
  request,
  developer: { account },
}: DeveloperVisit): Promise<readonly FormField[]> =>
  definedFields(await readFieldsDefinitions(portal.pool, request.provider.id), "Account", {
    ...account.fields,
    org_name: account.orgName,
  });

/** Adds the forms of the account's plan. */
const addAccountPlanPages = (http: FastifyInstance, portal: Portal): void =>
  addPlanPages(http, portal, {
    path: "/account/plan",
    titles: { request: "Request another account plan", change: "Change account plan" },
    requireOwner: (page) =>
      requireAdmin((visit) => {
        const { pool } = portal;
        const { provider } = visit.request;
        const { account } = visit.developer;
        const change = { provider, accountId: account.id, by: developerContext(visit) };
        return page(visit, {
          name: nameInText(account.orgName),
          page: { href: "/account", text: "My account" },
          keptPlan: "Your account keeps its current plan.",
          readPlan: async () => (await readPlans(pool, provider.id, [account.planId]))[0],
          findOtherPlans: () => findOtherAccountPlans(pool, provider.id, account),
          readRequest: () => readAccountPlanRequest(pool, provider.id, account.id),
          requestPlan: (planId) => requestAccountPlan(pool, { ...change, planId }),
          changePlan: (planId) => changeAccountPlan(pool, { ...change, planId }),
          withdrawRequest: () => withdrawAccountPlanRequest(pool, change),
        });
      }),
    showNoPlans: async ({ reply }) => showNotFound(reply),
  });

/** Returns the plans that the account's admins may choose or request. */
async function findOtherAccountPlans(
  db: Database,
  providerId: number,
  account: Account,
): Promise<OtherPlans | undefined> {
  const { changeAccountPlanPermission: permission } = await readProviderSettings(db, providerId);
  const filter = { kind: "account_plan" } as const;
  return findOtherPlans(db, providerId, { account, planId: account.planId, permission, filter });
}

/** Adds the forms for the signed-in user's details and password. */
function addOwnUserPages(http: FastifyInstance, portal: Portal, mailLimiter: AttemptLimiter): void {
  const limiter = createAttemptLimiter(portal, attemptLimits.ownPassword);
  addOwnDetailsPage(http, portal, { limiter, mailLimiter });
  addOwnPasswordPage(http, portal, limiter);
}

/** Shows a form that needs the current password. A user without one is led to the mail that sets it. */
const requirePassword =
  (show: DeveloperPage): DeveloperPage =>
  async (visit) => {
    const { portal, request, reply, developer } = visit;
    if (await hasPassword(portal.pool, request.provider.id, developer.user.id)) return show(visit);
    return portal.showPage(request, reply, {
      template: "message",
      title: "You have no password yet",
      developer,
      data: {
        text: "You log in without one. These changes need a password, so that only you can make them. We will send you a link to choose one.",
        link: { href: "/lost-password", text: "Choose a password" },
      },
    });
  };

/** Adds the form for the signed-in user's fields. Every change requires the current password. */
function addOwnDetailsPage(
  http: FastifyInstance,
  portal: Portal,
  { limiter, mailLimiter }: Readonly<Record<"limiter" | "mailLimiter", AttemptLimiter>>,
): void {
  addFormPage(http, portal, {
    path: "/account/details",
    show: requirePassword(showDetailsForm),
    submit: async (visit) => {
      const form = readForm(visit.request.body);
      const values = submittedValues(await ownFields(visit), form);
      const { current_password: currentPassword = "" } = form;
      const tooMany = await changedAddressErrors(mailLimiter, visit, { user: visit.developer.user, values });
      if (tooMany) return showDetailsForm(visit, { refused: tooMany, status: 429 });
      const outcome = await updateOwnUser(visit, limiter, { values, currentPassword });
      if (!outcome) return showNotFound(visit.reply);
      return "refused" in outcome
        ? showDetailsForm(visit, outcome)
        : redirectWithNotice(visit.reply, "/account", "saved");
    },
  });
}

async function showDetailsForm(visit: DeveloperVisit, rejected?: RejectedUpdate): Promise<FastifyReply> {
  const fields = withSubmittedValues(await ownFields(visit), readForm(visit.request.body));
  return showForm(visit, {
    title: "My details",
    fields: [...fields, { ...currentPasswordField, hint: "Required for every change, so that only you can make it." }],
    submit: "Save",
    back: { href: "/account", text: "My account" },
    errors: rejected?.refused,
    status: rejected?.status,
  });
}

const ownFields = async ({ portal, request, developer }: DeveloperVisit): Promise<readonly FormField[]> =>
  userFields(await readFieldsDefinitions(portal.pool, request.provider.id), developer.user);

const passwordMissing: FieldErrors = { password: ["can't be blank"] };

/** Adds the form that changes the signed-in user's password and ends the sessions of all other browsers. */
function addOwnPasswordPage(http: FastifyInstance, portal: Portal, limiter: AttemptLimiter): void {
  addFormPage(http, portal, {
    path: "/account/password",
    show: requirePassword(showPasswordForm),
    submit: async (visit) => {
      const { current_password: currentPassword = "", ...form } = readForm(visit.request.body);
      const { password = "", password_confirmation = "" } = form;
      if (password === "") {
        const refused = currentPassword === "" ? { ...currentPasswordMissing, ...passwordMissing } : passwordMissing;
        return showPasswordForm(visit, { status: 422, refused });
      }
      const values = { password, password_confirmation };
      const outcome = await changeOwnPassword(visit, limiter, { values, currentPassword });
      if (!outcome) return showNotFound(visit.reply);
      return "refused" in outcome
        ? showPasswordForm(visit, outcome)
        : redirectWithNotice(visit.reply, "/account", "password-changed");
    },
  });
}

const showPasswordForm = (visit: DeveloperVisit, rejected?: RejectedUpdate): Promise<FastifyReply> =>
  showForm(visit, {
    title: "Change password",
    fields: [currentPasswordField, ...passwordFields("New password", visit.request.provider.passwordLengthMin)],
    username: visit.developer.user.username,
    submit: "Change password",
    back: { href: "/account", text: "My account" },
    errors: rejected?.refused,
    status: rejected?.status,
  });

/** Changes the password, unless an earlier submission of the same form has: then the new password is the current one. */
async function changeOwnPassword(
  visit: DeveloperVisit,
  limiter: AttemptLimiter,
  update: OwnUpdate & { readonly values: { readonly password: string } },
): Promise<OwnUpdateOutcome> {
  const { portal, request, developer } = visit;
  const outcome = await updateOwnUser(visit, limiter, update);
  if (!outcome || "saved" in outcome || !outcome.refused["current_password"]) return outcome;
  const afterMs = earliestSubmissionMs(request, portal.clock.now());
  const user = await readUser(portal.pool, request.provider.id, developer.user.id);
  if (afterMs === undefined || !user || user.updatedAt.getTime() <= afterMs) return outcome;
  // Counts as another attempt, because it checks another password.
  const repeated = await updateOwnUser(visit, limiter, { ...update, currentPassword: update.values.password });
  return repeated && "saved" in repeated ? repeated : outcome;
}

interface OwnUpdate {
  readonly values: Readonly<Record<string, string>>;
  readonly currentPassword: string;
}

/** Undefined if the user no longer exists. */
type OwnUpdateOutcome = { readonly saved: true } | RejectedUpdate | undefined;

type RejectedUpdate = { readonly refused: FieldErrors; readonly status: 422 | 429 };

/** Replaces "is incorrect" if the field was left empty. */
const currentPasswordMissing: FieldErrors = { current_password: ["can't be blank"] };

/** Updates the signed-in user after checking the current password. */
async function updateOwnUser(
  visit: DeveloperVisit,
  limiter: AttemptLimiter,
  { values, currentPassword }: OwnUpdate,
): Promise<OwnUpdateOutcome> {
  const { portal, request, developer } = visit;
  const { provider } = request;
  const limiterKey = `developer ${provider.id} ${developer.user.id}`;
  const seconds = await limiter.secondsToWait(limiterKey);
  if (seconds > 0) {
    return { status: 429, refused: { base: [`Too many attempts. Please try again ${formatWait(seconds)}.`] } };
  }
  const saved = await updateUser(portal.pool, portal.passwords, {
    provider,
    accountId: developer.account.id,
    userId: developer.user.id,
    values,
    currentPassword,
    keptSession: readSessionCookie(request, "developer"),
    writer: "developer",
    by: developerContext(visit),
  });
  if (!saved) return undefined;
  const refused = "refused" in saved ? saved.refused : undefined;
  if (!refused?.["current_password"]) await limiter.forget(limiterKey);
  if (!refused) return { saved: true };
  return { status: 422, refused: currentPassword === "" ? { ...refused, ...currentPasswordMissing } : refused };
}

/** Adds the list of the browsers in which the signed-in user is logged in and of log-ins, and the forms that log browsers out. */
function addSessionPages(http: FastifyInstance, portal: Portal): void {
  const { href: path } = sessionsPage;
  http.get(path, requireDeveloper(portal, showSessions));
  addFormPage(http, portal, {
    path: `${path}/:id/end`,
    show: async (visit) => {
      const { id } = readForm(visit.request.params);
      const session = (await listOwnSessions(visit)).find((each) => each.id === id);
      if (!session) return showNotFound(visit.reply);
      const { name, address } = describeSession(session, visit.request.provider.timeZone);
      return showForm(visit, {
        title: "Log out this browser?",
        lead: `${name}${address === null ? "" : `, ${address}`}. Whoever uses it has to log in again.`,
        submit: "Log out",
        isDestructive: true,
        back: sessionsPage,
      });
    },
    submit: async (visit) => {
      const { id = "" } = readForm(visit.request.params);
      return (await endOwnSession(portal.pool, ownSessions(visit), id))
        ? redirectWithNotice(visit.reply, path, "session-logged-out")
        : showNotFound(visit.reply);
    },
  });
  addFormPage(http, portal, {
    path: `${path}/end-others`,
    show: (visit) =>
      showForm(visit, {
        title: "Log out everywhere else?",
        lead: "You stay logged in here. All other browsers have to log in again.",
        submit: "Log out everywhere else",
        isDestructive: true,
        back: sessionsPage,
      }),
    submit: async (visit) => {
      await endOtherSessions(portal.pool, ownSessions(visit), readSessionCookie(visit.request, "developer") ?? "");
      return redirectWithNotice(visit.reply, path, "others-logged-out");
    },
  });
}

async function showSessions(visit: DeveloperVisit): Promise<FastifyReply> {
  const { portal, request, reply, developer } = visit;
  const sessions = await listOwnSessions(visit);
  const logIns = await listOwnLogIns(visit);
  return portal.showPage(request, reply, {
    template: "sessions",
    title: sessionsPage.text,
    developer,
    data: {
      sessions: sessions.map((session) => describeSession(session, request.provider.timeZone)),
      has_others: sessions.some(({ isCurrent }) => !isCurrent),
      log_ins: logIns.map((logIn) => describeLogIn(logIn, request.provider.timeZone)),
      has_only_log_in: logIns.some(({ isRemovable }) => !isRemovable),
    },
  });
}

const ownSessions = ({ request, developer }: DeveloperVisit) =>
  ({
    providerId: request.provider.id,
    audience: "developer",
    userId: developer.user.id,
    actor: { kind: "developer", userId: developer.user.id },
  }) as const;

const listOwnSessions = (visit: DeveloperVisit): Promise<ListedSession[]> =>
  listSessions(visit.portal.pool, {
    ...ownSessions(visit),
    userIds: [visit.developer.user.id],
    now: visit.portal.clock.now(),
    cookieValue: readSessionCookie(visit.request, "developer"),
  });

const describeSession = (session: ListedSession, timeZone: string) => ({
  id: session.id,
  name: nameOfSession(session),
  address: session.address,
  is_current: session.isCurrent,
  since: formatMoment(session.createdAt, timeZone),
  last_used: session.lastUsedAt && formatMoment(session.lastUsedAt, timeZone),
});

const describeLogIn = ({ id, name, createdAt, usedAt, isRemovable }: ListedIdentity, timeZone: string) => ({
  id,
  name,
  is_removable: isRemovable,
  since: formatMoment(createdAt, timeZone),
  last_used: formatMoment(usedAt, timeZone),
});

/** Returns "Firefox on Windows". */
function nameOfSession({ browser, operatingSystem }: ListedSession): string {
  if (operatingSystem === null) return browser ?? "Unknown browser";
  return `${browser ?? "Unknown browser"} on ${operatingSystem}`;
}

/** Returns "24 November 2026 at 15:42 UTC". */
const formatMoment = (at: Date, timeZone: string): FormattedDate => ({
  ...formatDate(at, timeZone),
  text: new Intl.DateTimeFormat("en-GB", {
    day: "numeric",
    month: "long",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    timeZoneName: "short",
    timeZone,
  }).format(at),
});
