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
import { definedFields, type FormField, submittedValues, withSubmittedValues } from "./form-fields.ts";
import { addAdminFormPage, requireAdmin, showForm } from "./form-pages.ts";
import { showNotFound } from "./message-pages.ts";
import { addOwnUserPages } from "./own-user.ts";
import { formatDate, type Portal, redirectWithNotice } from "./page.ts";
import type { Database } from "#platform/database/database.ts";
import { addPlanPages, findOtherPlans, type OtherPlans } from "./plans.ts";

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

/** Adds the forms of the account's plan. */
const addAccountPlanPages = (http: FastifyInstance, portal: Portal): void =>
  addPlanPages(http, portal, {
    path: "/account/plan",
    titles: { ask: "Request another account plan", change: "Change account plan" },
    requireOwner: (page) =>
      requireAdmin(portal, (request, reply, developer) => {
        const { pool } = portal;
        const { provider } = request;
        const { account } = developer;
        const change = { provider, accountId: account.id, by: developerContext(portal, developer) };
        return page(request, reply, {
          developer,
          name: account.orgName,
          page: { href: "/account", text: "My account" },
          decideAt: `${portal.adminPortalUrl(provider)}/p/admin/accounts/${account.id}`,
          keptPlan: "Your account keeps its current plan.",
          readPlan: async () => (await readPlans(pool, provider.id, [account.planId]))[0],
          findOtherPlans: () => findOtherAccountPlans(pool, provider.id, account),
          readRequest: () => readAccountPlanRequest(pool, provider.id, account.id),
          requestPlan: (planRequest) => requestAccountPlan(pool, { ...change, ...planRequest }),
          changePlan: (planId) => changeAccountPlan(pool, { ...change, planId }),
          withdrawRequest: () => withdrawAccountPlanRequest(pool, change),
        });
      }),
    showNoPlans: async (_, reply) => showNotFound(reply),
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
