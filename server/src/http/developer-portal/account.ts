import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { readForm } from "#http/shared/forms.ts";
import { readAccountPlanRequest, updateAccount } from "#portal/accounts/index.ts";
import { listApplications } from "#portal/applications/index.ts";
import { type FieldErrors, readFieldsDefinitions } from "#portal/fields/index.ts";
import { readPlans } from "#portal/products/index.ts";
import { readProviderSettings } from "#portal/provider-account/index.ts";
import { addAccountPlanPages, findOtherAccountPlans } from "./account-plan.ts";
import { describeApplication } from "./application.ts";
import { type Developer, developerContext, type DeveloperPage, requireDeveloper } from "./developer.ts";
import { type FormField, definedFields, submittedValues, withSubmittedValues } from "./form-fields.ts";
import { addAdminFormPage, showForm } from "./form-pages.ts";
import { showNotFound } from "./message-pages.ts";
import { addOwnUserPages } from "./own-user.ts";
import { type Portal, formatDate, redirectWithNotice } from "./page.ts";

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
