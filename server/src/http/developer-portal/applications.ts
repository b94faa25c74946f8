import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { readForm } from "#http/shared/forms.ts";
import type { Database } from "#platform/database/database.ts";
import { nameInText } from "#platform/xml.ts";
import { type Account, readApplicationPlanRequest } from "#portal/accounts/index.ts";
import {
  addReferrerFilter,
  type Application,
  changeApplicationPlan,
  listApplications,
  listReferrerFilters,
  referrerFiltersMax,
  removeReferrerFilter,
  requestApplicationPlan,
  titleOf,
  withdrawApplicationPlanRequest,
} from "#portal/applications/index.ts";
import { listDeliveries } from "#webhooks/deliveries/index.ts";
import { type FieldErrors, readFieldsDefinitions } from "#portal/fields/index.ts";
import {
  type DeveloperPage,
  listPage,
  type Portal,
  readPathId,
  redirectWithNotice,
  requireDeveloper,
  showNotAllowed,
  showNotFound,
} from "./page.ts";
import { addApplicationForms, findSelectablePlans } from "./application-forms.ts";
import { addKeyPages } from "./application-keys.ts";
import {
  applicationChange,
  applicationLink,
  describeApplication,
  type OwnApplication,
  requireApplication,
} from "./application.ts";
import { addPlanPages, findOtherPlans, type OtherPlans } from "./plans.ts";
import { checkedFields, earliestSubmissionMs, type FormField, addFormPage, readOnlyFacts, showForm } from "./forms.ts";

/** Adds the pages of the account's applications, with their plans and credentials. */
export function addApplicationsRoutes(http: FastifyInstance, portal: Portal): void {
  addListApplicationsRoute(http, portal);
  addApplicationForms(http, portal);
  addApplicationRoute(http, portal);
  addApplicationPlanPages(http, portal);
  addKeyPages(http, portal);
  addReferrerFilterPages(http, portal);
}

function addListApplicationsRoute(http: FastifyInstance, portal: Portal): void {
  const { pool, showPage } = portal;
  http.get(
    "/applications",
    requireDeveloper(portal, async (request, reply, developer) => {
      const { id: providerId, timeZone } = request.provider;
      const applications = await listApplications(pool, providerId, developer.account.id);
      const { title, rows, ...page } = listPage(
        request,
        "Applications",
        applications,
        (application) => `${titleOf(application)} ${application.product.name} ${application.plan.name}`,
      );
      return showPage(request, reply, {
        template: "applications",
        title,
        developer,
        data: {
          ...page,
          applications: rows.map((application) => describeApplication(application, timeZone)),
          may_create: (await findSelectablePlans(pool, providerId)).length > 0,
        },
      });
    }),
  );
}

function addApplicationRoute(http: FastifyInstance, portal: Portal): void {
  const { pool, showPage, tryOut } = portal;
  http.get(
    "/applications/:id",
    requireDeveloper(
      portal,
      requireApplication(portal, async (request, reply, own) => {
        const { application, developer } = own;
        const { id: providerId, timeZone } = request.provider;
        const planRequest = await readApplicationPlanRequest(pool, providerId, application.id);
        const hasJustSignedUp = readForm(request.query)["signed_up"] !== undefined;
        const isTryOut = hasJustSignedUp && tryOut?.(request.provider) !== undefined;
        return showPage(request, reply, {
          template: "application",
          title: nameInText(titleOf(application)),
          developer,
          data: {
            application: describeApplication(application, timeZone),
            facts: readOnlyFacts(await readFieldsDefinitions(pool, providerId), "Cinstance", application.fields),
            requested_plan: planRequest?.planName,
            links: applicationLinks(application, await findOtherApplicationPlans(pool, providerId, own)),
            has_just_signed_up: hasJustSignedUp,
            webhooks_sent: isTryOut ? await countSignUpWebhooks(pool, providerId, developer.account) : 0,
          },
        });
      }),
    ),
  );
}

interface Link {
  readonly href: string;
  readonly text: string;
  readonly is_destructive?: boolean;
}

/** Returns the links to the forms that the product allows: those of credentials, and the others. */
function applicationLinks(
  { id, product }: Application,
  other: OtherPlans | undefined,
): { readonly credentials: readonly Link[]; readonly rest: readonly Link[] } {
  const path = `/applications/${id}`;
  const link = (isAllowed: boolean, page: string, text: string): readonly Link[] =>
    isAllowed ? [{ href: `${path}/${page}`, text }] : [];
  const hasUserKey = product.backendVersion === "1";
  return {
    credentials: [
      ...link(hasUserKey && product.buyerKeyRegenerateEnabled, "user-key", "Regenerate key"),
      ...link(!hasUserKey && product.buyersManageKeys, "keys", "Manage keys"),
      ...link(product.referrerFiltersRequired, "referrer-filters", "Referrer filters"),
    ],
    rest: [
      ...link(product.buyersManageApps, "edit", "Edit"),
      ...link(other !== undefined, "plan", other?.step === "request" ? "Request another plan" : "Change plan"),
      ...link(product.buyersManageApps, "delete", "Delete").map((entry) => ({ ...entry, is_destructive: true })),
    ],
  };
}

/** Enough for one sign-up with a few endpoints. A lower count than the real one is acceptable. */
const deliveriesMax = 50;

/** Counts the deliveries of the account's sign-up. */
async function countSignUpWebhooks(db: Database, providerId: number, account: Account): Promise<number> {
  const deliveries = await listDeliveries(db, { providerId, since: account.createdAt, limit: deliveriesMax });
  return deliveries.filter((delivery) => delivery.accountId === account.id).length;
}

const filterField: FormField = {
  name: "value",
  label: "Host",
  type: "text",
  required: true,
  hint: "A host, such as www.example.org, or a pattern, such as *.example.org",
};

/** Adds the pages of an application's referrer filters. */
function addReferrerFilterPages(http: FastifyInstance, portal: Portal): void {
  addReferrerFiltersPage(http, portal);
  addDeleteReferrerFilterPage(http, portal);
}

/** Adds the list of an application's referrer filters, with the form for a new one. */
function addReferrerFiltersPage(http: FastifyInstance, portal: Portal): void {
  addFormPage(http, portal, {
    path: "/applications/:id/referrer-filters",
    show: requireReferrerFilters(portal, (request, reply, own) => showFilters(portal, request, reply, own)),
    submit: requireReferrerFilters(portal, async (request, reply, own) => {
      const value = (readForm(request.body)["value"] ?? "").trim();
      const added = await addReferrerFilter(portal.pool, { ...applicationChange(portal, request, own), value });
      if (!added) return showNotFound(reply);
      return "refused" in added && !(await hasJustAdded(portal, request, own, value))
        ? showFilters(portal, request, reply, { ...own, errors: added.refused })
        : redirectWithNotice(reply, `/applications/${own.application.id}/referrer-filters`, "filter-added");
    }),
  });
}

/** Returns true if an earlier submission of the same form has added the filter. */
async function hasJustAdded(
  { pool, clock }: Portal,
  request: FastifyRequest,
  { application }: OwnApplication,
  value: string,
): Promise<boolean> {
  const afterMs = earliestSubmissionMs(request, clock.now());
  const filters = await listReferrerFilters(pool, request.provider.id, [application.id]);
  return (
    afterMs !== undefined && filters.some((filter) => filter.value === value && filter.createdAt.getTime() > afterMs)
  );
}

async function showFilters(
  portal: Portal,
  request: FastifyRequest,
  reply: FastifyReply,
  { application, developer, errors }: OwnApplication & { readonly errors?: FieldErrors },
): Promise<FastifyReply> {
  const { id } = application;
  const name = titleOf(application);
  const fields = [{ ...filterField, value: readForm(request.body)["value"] ?? "" }];
  const filters = await listReferrerFilters(portal.pool, request.provider.id, [id]);
  return portal.showPage(request, reply, {
    template: "referrer-filters",
    title: `${errors ? "Please check: " : ""}Referrer filters of ${nameInText(name)}`,
    status: errors ? 422 : 200,
    developer,
    data: {
      application: { id, name },
      filters: filters.map((filter) => ({ id: filter.id, value: filter.value })),
      may_add: filters.length < referrerFiltersMax,
      limit_reached: `An application can have ${referrerFiltersMax} referrer filters. Delete one to add another.`,
      ...checkedFields(fields, filters.length < referrerFiltersMax ? errors : {}),
    },
  });
}

function addDeleteReferrerFilterPage(http: FastifyInstance, portal: Portal): void {
  const { pool } = portal;
  addFormPage(http, portal, {
    path: "/applications/:id/referrer-filters/:filter/delete",
    show: requireReferrerFilters(portal, async (request, reply, { application, developer }) => {
      const filters = await listReferrerFilters(pool, request.provider.id, [application.id]);
      const filter = filters.find(({ id }) => id === readPathId(request, "filter"));
      if (!filter) return showNotFound(reply);
      return showForm(portal, request, reply, {
        title: `Delete ${filter.value}?`,
        lead: `The API will reject calls of ${nameInText(titleOf(application))} from this host.`,
        submit: "Delete filter",
        isDestructive: true,
        back: { href: `/applications/${application.id}/referrer-filters`, text: "Referrer filters" },
        developer,
      });
    }),
    submit: requireReferrerFilters(portal, async (request, reply, own) => {
      const filterId = readPathId(request, "filter");
      if (filterId === undefined) return showNotFound(reply);
      const removed = await removeReferrerFilter(pool, { ...applicationChange(portal, request, own), filterId });
      return removed && !("notFound" in removed)
        ? redirectWithNotice(reply, `/applications/${own.application.id}/referrer-filters`, "filter-deleted")
        : showNotFound(reply);
    }),
  });
}

/**
 * Loads an application from the path, if its product requires referrer filters. As in 3scale, this does not depend on the
 * permission to manage applications: without a filter, the API rejects all calls.
 */
const requireReferrerFilters = (portal: Portal, page: Parameters<typeof requireApplication>[1]): DeveloperPage =>
  requireApplication(portal, async (request, reply, own) =>
    own.application.product.referrerFiltersRequired ? page(request, reply, own) : showNotFound(reply),
  );

/** Adds the forms of an application's plan. */
const addApplicationPlanPages = (http: FastifyInstance, portal: Portal): void =>
  addPlanPages(http, portal, {
    path: "/applications/:id/plan",
    titles: { request: "Request another plan", change: "Change plan" },
    requireOwner: (page) =>
      requireApplication(portal, (request, reply, own) => {
        const { pool } = portal;
        const { application, developer } = own;
        const { id: applicationId, accountId, plan } = application;
        const change = applicationChange(portal, request, own);
        const adminPage = `/p/admin/accounts/${accountId}/applications/${applicationId}`;
        return page(request, reply, {
          developer,
          name: nameInText(titleOf(application)),
          page: applicationLink(application),
          decideAt: `${portal.adminPortalUrl(request.provider)}${adminPage}`,
          keptPlan: `${nameInText(titleOf(application))} keeps the plan ${nameInText(plan.name)}.`,
          readPlan: async () => plan,
          findOtherPlans: () => findOtherApplicationPlans(pool, request.provider.id, own),
          readRequest: () => readApplicationPlanRequest(pool, request.provider.id, applicationId),
          requestPlan: (planRequest) => requestApplicationPlan(pool, { ...change, ...planRequest }),
          changePlan: (planId) => changeApplicationPlan(pool, { ...change, planId }),
          withdrawRequest: () => withdrawApplicationPlanRequest(pool, change),
        });
      }),
    showNoPlans: (request, reply, developer) => showNotAllowed(portal, request, reply, developer),
  });

/** Returns the plans that a developer may choose or request for an application. */
const findOtherApplicationPlans = (
  db: Database,
  providerId: number,
  { application: { product, plan }, developer: { account } }: OwnApplication,
): Promise<OtherPlans | undefined> =>
  findOtherPlans(db, providerId, {
    account,
    planId: plan.id,
    permission: product.buyerPlanChangePermission,
    filter: { kind: "application_plan", productId: product.id },
  });
