import type { FastifyInstance, FastifyReply } from "fastify";
import { readForm } from "#http/shared/forms.ts";
import type { Database } from "#platform/database/database.ts";
import { nameInText } from "#platform/visible-text.ts";
import { type Account, readApplicationPlanRequest } from "#portal/accounts/index.ts";
import {
  addReferrerFilter,
  type Application,
  changeApplicationPlan,
  changeSubscriptionPlan,
  listApplications,
  listReferrerFilters,
  referrerFiltersMax,
  removeReferrerFilter,
  readSubscriptions,
  requestApplicationPlan,
  requestSubscriptionPlan,
  type SubscriptionOnPlan,
  titleOf,
  withdrawApplicationPlanRequest,
  withdrawSubscriptionPlanRequest,
} from "#portal/applications/index.ts";
import { listDeliveries } from "#webhooks/deliveries/index.ts";
import { type FieldErrors, readFieldsDefinitions } from "#portal/fields/index.ts";
import { type Product, readPlans, readProduct, readProducts } from "#portal/products/index.ts";
import { type ProviderSettings, readProviderSettings } from "#portal/provider-account/index.ts";
import {
  developerContext,
  type DeveloperPage,
  type DeveloperVisit,
  listPage,
  type Portal,
  readPathId,
  redirectWithNotice,
  requireDeveloper,
  showNotAllowed,
  showNotFound,
} from "./page.ts";
import { addKeyPages } from "./application-keys.ts";
import {
  addApplicationForms,
  applicationChange,
  applicationLink,
  type ApplicationPage,
  type ApplicationVisit,
  describeApplication,
  findProductsOnOffer,
  requireApplication,
} from "./application.ts";
import { addPlanPages, findOtherPlans, type OtherPlans, readShownOffers } from "./plans.ts";
import { checkedFields, earliestSubmissionMs, type FormField, addFormPage, readOnlyFacts, showForm } from "./forms.ts";

/** Adds the pages of the account's applications, with their plans and credentials. */
export function addApplicationsRoutes(http: FastifyInstance, portal: Portal): void {
  addListApplicationsRoute(http, portal);
  addApplicationForms(http, portal);
  addApplicationRoute(http, portal);
  addApplicationPlanPages(http, portal);
  addSubscriptionPlanPages(http, portal);
  addKeyPages(http, portal);
  addReferrerFilterPages(http, portal);
}

function addListApplicationsRoute(http: FastifyInstance, portal: Portal): void {
  const { pool, showPage } = portal;
  http.get(
    "/applications",
    requireDeveloper(portal, async (visit) => {
      const { request, reply, developer } = visit;
      const { id: providerId, timeZone } = request.provider;
      const [applications, offers, subscriptions] = await Promise.all([
        listApplications(pool, providerId, developer.account.id),
        findProductsOnOffer(pool, providerId, developer.account.id),
        describeSubscriptions(visit),
      ]);
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
          subscriptions,
          may_create: offers.some(({ access }) => access === "open"),
          products: offers
            .filter(({ access }) => access === "on request" || access === "requested")
            .map(({ product: { id, name }, access }) => ({
              id,
              name,
              name_in_text: nameInText(name),
              is_requested: access === "requested",
              // The provider may have created applications before it approves the subscription.
              may_withdraw: !applications.some(({ product }) => product.id === id),
            })),
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
      requireApplication(async (visit) => {
        const { request, reply, developer, application } = visit;
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
            plan_offer: (await readShownOffers(pool, providerId, [application.plan])).get(application.plan.id),
            links: applicationLinks(application, await findOtherApplicationPlans(visit)),
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
  hint: "A host without https:// and path, such as www.example.org, or a pattern, such as *.example.org",
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
    show: requireReferrerFilters(showFilters),
    submit: requireReferrerFilters(async (visit) => {
      const value = (readForm(visit.request.body)["value"] ?? "").trim();
      const added = await addReferrerFilter(portal.pool, { ...applicationChange(visit), value });
      if (!added) return showNotFound(visit.reply);
      return "refused" in added && !(await hasJustAdded(visit, value))
        ? showFilters(visit, added.refused)
        : redirectWithNotice(visit.reply, filtersPath(visit.application), "filter-added");
    }),
  });
}

const filtersPath = ({ id }: Application): string => `/applications/${id}/referrer-filters`;

/** Returns true if an earlier submission of the same form has added the filter. */
async function hasJustAdded({ portal, request, application }: ApplicationVisit, value: string): Promise<boolean> {
  const afterMs = earliestSubmissionMs(request, portal.clock.now());
  const filters = await listReferrerFilters(portal.pool, request.provider.id, [application.id]);
  return (
    afterMs !== undefined && filters.some((filter) => filter.value === value && filter.createdAt.getTime() > afterMs)
  );
}

async function showFilters(visit: ApplicationVisit, errors?: FieldErrors): Promise<FastifyReply> {
  const { portal, request, reply, developer, application } = visit;
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
    show: requireReferrerFilters(async (visit) => {
      const { request, application } = visit;
      const filters = await listReferrerFilters(pool, request.provider.id, [application.id]);
      const filter = filters.find(({ id }) => id === readPathId(request, "filter"));
      if (!filter) return showNotFound(visit.reply);
      return showForm(visit, {
        title: `Delete ${filter.value}?`,
        lead: `The API will reject calls of ${nameInText(titleOf(application))} from this host.`,
        submit: "Delete filter",
        isDestructive: true,
        back: { href: filtersPath(application), text: "Referrer filters" },
      });
    }),
    submit: requireReferrerFilters(async (visit) => {
      const filterId = readPathId(visit.request, "filter");
      if (filterId === undefined) return showNotFound(visit.reply);
      const removed = await removeReferrerFilter(pool, { ...applicationChange(visit), filterId });
      return removed && !("notFound" in removed)
        ? redirectWithNotice(visit.reply, filtersPath(visit.application), "filter-deleted")
        : showNotFound(visit.reply);
    }),
  });
}

/**
 * Loads an application from the path, if its product requires referrer filters. As in 3scale, this does not depend on the
 * permission to manage applications: without a filter, the API rejects all calls.
 */
const requireReferrerFilters = (page: ApplicationPage): DeveloperPage =>
  requireApplication(async (visit) =>
    visit.application.product.referrerFiltersRequired ? page(visit) : showNotFound(visit.reply),
  );

/** Adds the forms of an application's plan. */
const addApplicationPlanPages = (http: FastifyInstance, portal: Portal): void =>
  addPlanPages(http, portal, {
    path: "/applications/:id/plan",
    titles: { request: "Request another plan", change: "Change plan" },
    requireOwner: (page) =>
      requireApplication((visit) => {
        const { pool } = portal;
        const { request, application } = visit;
        const { id: applicationId, plan } = application;
        const change = applicationChange(visit);
        return page(visit, {
          name: nameInText(titleOf(application)),
          page: applicationLink(application),
          keptPlan: `${nameInText(titleOf(application))} keeps the plan ${nameInText(plan.name)}.`,
          readPlan: async () => plan,
          findOtherPlans: () => findOtherApplicationPlans(visit),
          readRequest: () => readApplicationPlanRequest(pool, request.provider.id, applicationId),
          requestPlan: (planId) => requestApplicationPlan(pool, { ...change, planId }),
          changePlan: (planId) => changeApplicationPlan(pool, { ...change, planId }),
          withdrawRequest: () => withdrawApplicationPlanRequest(pool, change),
        });
      }),
    showNoPlans: showNotAllowed,
  });

/** Returns the plans that a developer may choose or request for an application. */
const findOtherApplicationPlans = ({
  portal,
  request,
  developer: { account },
  application: { product, plan },
}: ApplicationVisit): Promise<OtherPlans | undefined> =>
  findOtherPlans(portal.pool, request.provider.id, {
    account,
    planId: plan.id,
    permission: product.buyerPlanChangePermission,
    filter: { kind: "application_plan", productId: product.id },
  });

type PlanPermission = ProviderSettings["changeServicePlanPermission"];

interface SubscriptionVisit extends DeveloperVisit {
  readonly subscription: SubscriptionOnPlan;
  readonly product: Product;
  readonly permission: PlanPermission;
}

/** Adds the forms of the plan of a subscription to a product, if the provider shows service plans. */
const addSubscriptionPlanPages = (http: FastifyInstance, portal: Portal): void =>
  addPlanPages(http, portal, {
    path: "/subscriptions/:id/plan",
    titles: { request: "Request another plan", change: "Change plan" },
    requireOwner: (page) =>
      requireSubscription((visit) => {
        const { pool } = portal;
        const { subscription, plan } = visit.subscription;
        const name = `The subscription to ${nameInText(visit.product.name)}`;
        const reference = {
          provider: visit.request.provider,
          accountId: visit.developer.account.id,
          subscriptionId: subscription.id,
          by: developerContext(visit),
        };
        return page(visit, {
          name,
          page: { href: "/applications", text: "Applications" },
          keptPlan: `${name} keeps the plan ${nameInText(plan.name)}.`,
          readPlan: async () => plan,
          findOtherPlans: () => findOtherServicePlans(visit, visit.subscription, visit.permission),
          readRequest: async () => {
            const { requestedPlanId } = subscription;
            const [requested] = requestedPlanId ? await readPlans(pool, reference.provider.id, [requestedPlanId]) : [];
            return requested && { planId: requested.id, planName: requested.name };
          },
          requestPlan: (planId) => requestSubscriptionPlan(pool, { ...reference, planId }),
          changePlan: (planId) => changeSubscriptionPlan(pool, { ...reference, planId }),
          withdrawRequest: () => withdrawSubscriptionPlanRequest(pool, reference),
        });
      }),
    showNoPlans: showNotAllowed,
  });

/** Loads a subscription of the account from the path. */
const requireSubscription =
  (page: (visit: SubscriptionVisit) => Promise<FastifyReply>): DeveloperPage =>
  async (visit) => {
    const { portal, request, developer } = visit;
    const { id: providerId } = request.provider;
    const [subscriptions, { servicePlansUiVisible, changeServicePlanPermission: permission }] = await Promise.all([
      readSubscriptions(portal.pool, providerId, developer.account.id),
      readProviderSettings(portal.pool, providerId),
    ]);
    const subscription = subscriptions.find((each) => each.subscription.id === readPathId(request));
    if (!servicePlansUiVisible || !subscription) return showNotFound(visit.reply);
    const product = await readProduct(portal.pool, providerId, subscription.subscription.productId);
    return product ? page({ ...visit, subscription, product, permission }) : showNotFound(visit.reply);
  };

/** Returns the plans that a developer may choose or request for a subscription. */
async function findOtherServicePlans(
  { portal: { pool }, request, developer: { account } }: DeveloperVisit,
  { subscription: { productId, state }, plan }: SubscriptionOnPlan,
  permission: PlanPermission,
): Promise<OtherPlans | undefined> {
  if (state !== "live") return undefined;
  const filter = { kind: "service_plan", productId } as const;
  return findOtherPlans(pool, request.provider.id, { account, planId: plan.id, permission, filter });
}

/** Returns the subscriptions of the account with their plans, or none if the provider does not show service plans. */
async function describeSubscriptions(visit: DeveloperVisit) {
  const { portal, request, developer } = visit;
  const { id: providerId } = request.provider;
  const [subscriptions, { servicePlansUiVisible, changeServicePlanPermission: permission }] = await Promise.all([
    readSubscriptions(portal.pool, providerId, developer.account.id),
    readProviderSettings(portal.pool, providerId),
  ]);
  if (!servicePlansUiVisible) return [];
  const all = subscriptions.filter(({ subscription }) => subscription.state === "live");
  const productIds = all.map(({ subscription }) => subscription.productId);
  const requestedIds = all.flatMap(({ subscription }) => subscription.requestedPlanId ?? []);
  const [products, requested, others] = await Promise.all([
    readProducts(portal.pool, providerId, productIds),
    readPlans(portal.pool, providerId, requestedIds),
    Promise.all(all.map((each) => findOtherServicePlans(visit, each, permission))),
  ]);
  return all.map(({ subscription: { id, productId, requestedPlanId }, plan }, at) => {
    const name = products.find((product) => product.id === productId)?.name ?? "";
    return {
      id,
      product: name,
      product_in_text: nameInText(name),
      plan: plan.name,
      requested_plan: requested.find((each) => each.id === requestedPlanId)?.name,
      step: others[at]?.step,
    };
  });
}
