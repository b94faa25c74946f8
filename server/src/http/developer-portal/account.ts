import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { readForm } from "#http/shared/forms.ts";
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
import { describeApplication } from "./application.ts";
import { type Developer, developerContext, type DeveloperPage, requireDeveloper } from "./developer.ts";
import { definedFields, type FormField, notOffered, submittedValues, withSubmittedValues } from "./form-fields.ts";
import { addAdminFormPage, mailLimitErrors, showForm } from "./form-pages.ts";
import { showNotFound } from "./message-pages.ts";
import { addOwnUserPages } from "./own-user.ts";
import { formatDate, type Portal, redirectWithNotice } from "./page.ts";
import { type AttemptLimiter, createAttemptLimiter } from "#access/index.ts";
import type { Database } from "#platform/database/database.ts";
import { attemptLimits } from "#platform/limits.ts";
import { describePlan, findOtherPlans, type OtherPlans, planField } from "./plans.ts";

/** Adds the pages of the account and of the signed-in user. */
export function addAccountRoutes(http: FastifyInstance, portal: Portal): void {
  addAccountRoute(http, portal);
  addEditAccountPage(http, portal);
  addAccountPlanPages(http, portal);
  addOwnUserPages(http, portal);
}

function addAccountRoute(http: FastifyInstance, portal: Portal): void {
  const { pool, showPage } = portal;

  http.get(
    "/account",
    requireDeveloper(portal, async (request, reply, developer) => {
      const { id: providerId, timeZone } = request.provider;
      const { account, user } = developer;
      const [plan] = await readPlans(pool, providerId, [account.planId]);
      const applications = await listApplications(pool, providerId, account.id);
      const { userAccountAreaEnabled } = await readProviderSettings(pool, providerId);
      const other = await findOtherAccountPlans(pool, providerId, account);
      const planRequest = await readAccountPlanRequest(pool, providerId, account.id);
      return showPage(request, reply, {
        template: "account",
        title: "My account",
        developer,
        data: {
          account: {
            org_name: account.orgName,
            state: account.state,
            plan: plan?.name,
            since: formatDate(account.createdAt, timeZone),
            is_editable: userAccountAreaEnabled,
            may_request_plan: other?.step === "ask",
            may_change_plan: other?.step === "change",
            requested_plan: planRequest?.planName,
          },
          user: { username: user.username, email: user.email, role: user.role },
          applications: applications.map((application) => describeApplication(application, timeZone)),
        },
      });
    }),
  );
}

/** Adds the form for the organization's fields, if the provider's settings allow it. */
function addEditAccountPage(http: FastifyInstance, portal: Portal): void {
  const ifAllowed =
    (page: DeveloperPage): DeveloperPage =>
    async (request, reply, developer) => {
      const { userAccountAreaEnabled } = await readProviderSettings(portal.pool, request.provider.id);
      return userAccountAreaEnabled ? page(request, reply, developer) : showNotFound(reply);
    };

  addAdminFormPage(http, portal, {
    path: "/account/edit",
    show: ifAllowed((request, reply, developer) => showAccountForm(portal, request, reply, developer)),
    submit: ifAllowed((request, reply, developer) => saveAccount(portal, request, reply, developer)),
  });
}

async function saveAccount(
  portal: Portal,
  request: FastifyRequest,
  reply: FastifyReply,
  developer: Developer,
): Promise<FastifyReply> {
  const fields = await accountFields(portal, developer, request.provider.id);
  const saved = await updateAccount(portal.pool, {
    provider: request.provider,
    accountId: developer.account.id,
    values: submittedValues(fields, readForm(request.body)),
    writer: "developer",
    by: developerContext(portal, developer),
  });
  if (!saved) return showNotFound(reply);
  return "refused" in saved
    ? showAccountForm(portal, request, reply, { ...developer, errors: saved.refused })
    : redirectWithNotice(reply, "/account", "saved");
}

async function showAccountForm(
  portal: Portal,
  request: FastifyRequest,
  reply: FastifyReply,
  { errors, ...developer }: Developer & { readonly errors?: FieldErrors },
): Promise<FastifyReply> {
  const fields = await accountFields(portal, developer, request.provider.id);
  return showForm(portal, request, reply, {
    title: "Edit organization",
    fields: withSubmittedValues(fields, readForm(request.body)),
    submit: "Save",
    back: { href: "/account", text: "My account" },
    developer,
    errors,
  });
}

const accountFields = async (
  { pool }: Portal,
  { account }: Developer,
  providerId: number,
): Promise<readonly FormField[]> =>
  definedFields(await readFieldsDefinitions(pool, providerId), "Account", {
    ...account.fields,
    org_name: account.orgName,
  });

/** Adds the forms of the account's plan: change it or request a change, and withdraw the request. */
function addAccountPlanPages(http: FastifyInstance, portal: Portal): void {
  const limiter = createAttemptLimiter(portal, attemptLimits.planRequests);
  addAdminFormPage(http, portal, {
    path: "/account/plan",
    show: (request, reply, developer) => showAccountPlans(portal, request, reply, developer),
    submit: (request, reply, developer) => submitAccountPlan(portal, request, reply, { ...developer, limiter }),
  });
  addAdminFormPage(http, portal, {
    path: "/account/plan/withdraw",
    show: async (request, reply, developer) => {
      const openRequest = await readAccountPlanRequest(portal.pool, request.provider.id, developer.account.id);
      if (!openRequest) return showNotFound(reply);
      return showForm(portal, request, reply, {
        title: `Withdraw the request for ${openRequest.planName}?`,
        lead: "Your account keeps its current plan.",
        submit: "Withdraw request",
        back: { href: "/account", text: "My account" },
        developer,
      });
    },
    submit: async (request, reply, { account }) =>
      (await withdrawAccountPlanRequest(portal.pool, { provider: request.provider, accountId: account.id }))
        ? redirectWithNotice(reply, "/account", "request-withdrawn")
        : showNotFound(reply),
  });
}

async function showAccountPlans(
  portal: Portal,
  request: FastifyRequest,
  reply: FastifyReply,
  { errors, status, ...developer }: Developer & { readonly errors?: FieldErrors; readonly status?: number },
): Promise<FastifyReply> {
  const { provider } = request;
  const { account } = developer;
  const other = await findOtherAccountPlans(portal.pool, provider.id, account);
  if (!other) return showNotFound(reply);
  const isRequest = other.step === "ask";
  const openRequest = isRequest ? await readAccountPlanRequest(portal.pool, provider.id, account.id) : undefined;
  const [current] = await readPlans(portal.pool, provider.id, [account.planId]);
  const lead = [
    ...(current ? [`${account.orgName} is on the plan ${describePlan(current)}.`] : []),
    ...(isRequest ? [`${provider.name} must approve a change.`] : []),
    ...(openRequest ? [`You have requested ${openRequest.planName}.`] : []),
  ];
  return showForm(portal, request, reply, {
    title: isRequest ? "Request another account plan" : "Change account plan",
    lead: lead.join(" "),
    fields: [planField(other.plans.map((plan) => ({ plan })))],
    submit: isRequest ? "Request plan" : "Change plan",
    back: { href: "/account", text: "My account" },
    developer,
    errors,
    status,
  });
}

async function submitAccountPlan(
  portal: Portal,
  request: FastifyRequest,
  reply: FastifyReply,
  { limiter, ...developer }: Developer & { readonly limiter: AttemptLimiter },
): Promise<FastifyReply> {
  const { provider } = request;
  const { id: accountId } = developer.account;
  const { plan_id: planId } = readForm(request.body);
  const other = await findOtherAccountPlans(portal.pool, provider.id, developer.account);
  if (!other) return showNotFound(reply);
  const plan = other.plans.find(({ id }) => String(id) === planId);
  if (!plan) return showAccountPlans(portal, request, reply, { ...developer, errors: { plan_id: notOffered } });
  const tooMany = other.step === "ask" ? await mailLimitErrors(limiter, request, developer) : undefined;
  if (tooMany) return showAccountPlans(portal, request, reply, { ...developer, errors: tooMany, status: 429 });
  const change = { provider, accountId, planId: plan.id, by: developerContext(portal, developer) };
  const decideAt = `${portal.adminPortalUrl(provider)}/p/admin/accounts/${accountId}`;
  const outcome = await (other.step === "ask"
    ? requestAccountPlan(portal.pool, { ...change, decideAt })
    : changeAccountPlan(portal.pool, change));
  if (!outcome || "notFound" in outcome) return showNotFound(reply);
  return redirectWithNotice(reply, "/account", other.step === "ask" ? "plan-requested" : "plan-changed");
}

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
