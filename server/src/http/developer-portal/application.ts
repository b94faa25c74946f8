import type { FastifyInstance, FastifyReply } from "fastify";
import { type AttemptLimiter, createAttemptLimiter } from "#access/index.ts";
import { readForm } from "#http/shared/forms.ts";
import type { Database } from "#platform/database/database.ts";
import { attemptLimits } from "#platform/limits.ts";
import { nameInText } from "#platform/visible-text.ts";
import {
  type Application,
  type ApplicationChange,
  createApplication,
  deleteApplication,
  type ProductAccess,
  readApplication,
  readProductAccess,
  requestSubscription,
  servicePlanFor,
  titleOf,
  updateApplication,
  withdrawSubscription,
} from "#portal/applications/index.ts";
import { type FieldErrors, readFieldsDefinitions } from "#portal/fields/index.ts";
import { type Plan, type Product, listPlans, listProducts } from "#portal/products/index.ts";
import {
  developerContext,
  type DeveloperPage,
  type DeveloperVisit,
  formatDate,
  type FormattedDate,
  listPage,
  type Portal,
  readPathId,
  redirectWithNotice,
  showNotAllowed,
  showNotFound,
} from "./page.ts";
import {
  type Form,
  type FormField,
  definedFields,
  earliestSubmissionMs,
  notOffered,
  submittedValues,
  withSubmittedValues,
  addFormPage,
  mailLimitErrors,
  showForm,
} from "./forms.ts";
import { describePlan, includedIn, planField, readShownOffers, showNoRequest, type ShownOffers } from "./plans.ts";

/** A visit of a page of one of the account's applications. */
export interface ApplicationVisit extends DeveloperVisit {
  readonly application: Application;
}

export type ApplicationPage = (visit: ApplicationVisit) => Promise<FastifyReply>;

/** Loads an application of the account from the path. Responds 404 for another account's. */
export const requireApplication =
  (page: ApplicationPage): DeveloperPage =>
  async (visit) => {
    const { portal, request, developer } = visit;
    const id = readPathId(request);
    const application = id === undefined ? undefined : await readApplication(portal.pool, request.provider.id, id);
    return application?.accountId === developer.account.id
      ? page({ ...visit, application })
      : showNotFound(visit.reply);
  };

/** Returns the arguments shared by all use cases that change an application. */
export const applicationChange = (visit: ApplicationVisit): ApplicationChange & { readonly writer: "developer" } => ({
  provider: visit.request.provider,
  accountId: visit.application.accountId,
  applicationId: visit.application.id,
  writer: "developer",
  by: developerContext(visit),
});

export const applicationLink = (application: Application): { readonly href: string; readonly text: string } => ({
  href: `/applications/${application.id}`,
  text: titleOf(application),
});

const applicationsLink = { href: "/applications", text: "Applications" } as const;

/** A value that identifies the application in API calls. */
interface Credential {
  readonly id: string;
  readonly label: string;
  readonly value: string;
}

/** An application, as the templates render it. */
export interface DescribedApplication {
  readonly id: number;
  readonly name: string;
  readonly description: string | null;
  readonly state: Application["state"];
  readonly product: string;
  readonly plan: string;
  readonly redirect_url: string | null;
  readonly since: FormattedDate;
  readonly credentials: readonly Credential[];
}

export function describeApplication(application: Application, timeZone: string): DescribedApplication {
  return {
    id: application.id,
    name: titleOf(application),
    description: application.description,
    state: application.state,
    product: application.product.name,
    plan: application.plan.name,
    redirect_url: application.product.backendVersion === "oauth" ? application.redirectUrl : null,
    since: formatDate(application.createdAt, timeZone),
    credentials: credentialsOf(application),
  };
}

/** Returns the credentials that the product's authentication mode uses. */
function credentialsOf({ product, userKey, applicationId, keys }: Application): readonly Credential[] {
  if (product.backendVersion === "1") return [{ id: "user-key", label: "API key", value: userKey }];
  const isOAuth = product.backendVersion === "oauth";
  return [
    { id: "application-id", label: isOAuth ? "Client ID" : "Application ID", value: applicationId },
    ...keys.map(({ value }, index) => ({
      id: `key-${index + 1}`,
      label: isOAuth ? "Client secret" : keys.length === 1 ? "Application key" : `Application key ${index + 1}`,
      value,
    })),
  ];
}

/** Adds the forms that create, edit and delete an application, request access to a product, and withdraw that request. */
export function addApplicationForms(http: FastifyInstance, portal: Portal): void {
  addNewApplicationPage(http, portal);
  addEditApplicationPage(http, portal);
  addDeleteApplicationPage(http, portal);
  addSubscribePage(http, portal);
  addWithdrawPage(http, portal);
}

function addNewApplicationPage(http: FastifyInstance, portal: Portal): void {
  addFormPage(http, portal, {
    path: "/applications/new",
    show: showNewForm,
    submit: submitNewForm,
  });
}

async function submitNewForm(visit: DeveloperVisit): Promise<FastifyReply> {
  const { portal, request, reply, developer } = visit;
  const { provider } = request;
  const form = readForm(request.body);
  const plans = await findSelectablePlans(portal.pool, provider.id, developer.account.id);
  const chosen = plans.length === 1 ? plans[0] : plans.find(({ plan }) => String(plan.id) === form["plan_id"]);
  if (!chosen) return showNewForm(visit, { plan_id: notOffered });
  const definitions = await readFieldsDefinitions(portal.pool, provider.id);
  const by = developerContext(visit);
  const created = await createApplication(portal.pool, {
    provider,
    accountId: developer.account.id,
    planId: chosen.plan.id,
    values: submittedValues(definedFields(definitions, "Cinstance", {}), form),
    writer: "developer",
    sameAfterMs: earliestSubmissionMs(request, by.now),
    by,
  });
  if (!created || "notFound" in created) return showNotFound(reply);
  if ("notAllowed" in created) return showNotAllowed(visit);
  if ("refused" in created) return showNewForm(visit, created.refused);
  const { id, state } = created.application;
  return redirectWithNotice(
    reply,
    `/applications/${id}`,
    state === "pending" ? "application-requested" : "application-created",
  );
}

async function showNewForm(visit: DeveloperVisit, errors?: FieldErrors): Promise<FastifyReply> {
  const { portal, request, developer } = visit;
  const { id: providerId } = request.provider;
  const plans = await findSelectablePlans(portal.pool, providerId, developer.account.id);
  if (plans.length === 0) return showNotAllowed(visit);
  const fields = definedFields(await readFieldsDefinitions(portal.pool, providerId), "Cinstance", {});
  const title = "New application";
  const planPage = listPage(request, title, plans, selectableName);
  const shown = await readShownOffers(
    portal.pool,
    providerId,
    planPage.rows.map(({ plan }) => plan),
  );
  const choice = plans.length === 1 || planPage.rows.length === 0 ? [] : [planFieldOf(planPage.rows, shown)];
  return showForm(visit, {
    title,
    planPage,
    ...selectedPlan(plans, shown),
    fields: withSubmittedValues([...choice, ...fields], readForm(request.body)),
    submit: "Create application",
    back: applicationsLink,
    errors,
  });
}

const selectableName = ({ product, plan }: SelectablePlan): string =>
  `${nameInText(product.name)}: ${nameInText(plan.name)}`;

/** Returns the choice of plans. */
const planFieldOf = (plans: readonly SelectablePlan[], shown: ShownOffers): FormField =>
  planField(
    plans.map((each) => ({ plan: each.plan, name: selectableName(each), more: planConditions(each.plan) })),
    shown,
  );

/** With a single plan there is no field; the page names the plan instead. */
function selectedPlan(
  [only, ...others]: readonly SelectablePlan[],
  shown: ShownOffers,
): Partial<Pick<Form, "lead" | "included">> {
  if (!only || others.length > 0) return {};
  const { product, plan } = only;
  return {
    lead: `Product ${nameInText(product.name)}, plan ${describePlan(plan, planConditions(plan))}.`,
    included: includedIn(plan, shown),
  };
}

const planConditions = (plan: Plan): readonly string[] => (plan.approvalRequired ? ["needs approval"] : []);

interface SelectablePlan {
  readonly product: Product;
  readonly plan: Plan;
}

/** Returns the plans for new applications of an account. */
const findSelectablePlans = async (
  db: Database,
  providerId: number,
  accountId: number,
): Promise<readonly SelectablePlan[]> =>
  (await findProductsOnOffer(db, providerId, accountId))
    .filter(({ access }) => access === "open")
    .flatMap(({ product, plans }) => plans.map((plan) => ({ product, plan })));

interface ProductOnOffer {
  readonly product: Product;
  /** At least one. */
  readonly plans: readonly Plan[];
  readonly access: ProductAccess;
}

/**
 * Returns the products of which developers create applications, with the plans for these: default plans, and all published ones if the
 * product lets developers choose.
 */
export async function findProductsOnOffer(
  db: Database,
  providerId: number,
  accountId: number,
): Promise<readonly ProductOnOffer[]> {
  const [products, plans, accessTo] = await Promise.all([
    listProducts(db, providerId),
    listPlans(db, providerId, { kind: "application_plan" }),
    readProductAccess(db, providerId, accountId),
  ]);
  const plansByProduct = Map.groupBy(plans, (plan) => plan.productId);
  return products
    .filter((product) => product.buyersManageApps)
    .map((product) => ({
      product,
      plans: (plansByProduct.get(product.id) ?? []).filter(
        (plan) => plan.isDefault || (product.buyerCanSelectPlan && plan.state === "published"),
      ),
      access: accessTo(product.id),
    }))
    .filter((offer) => offer.plans.length > 0);
}

/** Adds the form that requests a subscription to a product, without which developers cannot create applications of it. */
function addSubscribePage(http: FastifyInstance, portal: Portal): void {
  const limiter = createAttemptLimiter(portal, attemptLimits.planRequests);
  addFormPage(http, portal, {
    path: "/products/:id/subscribe",
    show: (visit) => requireProductOnRequest(visit, (product) => showSubscribeForm(visit, product)),
    submit: (visit) => requireProductOnRequest(visit, (product) => submitSubscribeForm(visit, product, limiter)),
  });
}

/** Finds the product that the account may request access to. Responds itself if it has access, has requested it, or may not. */
async function requireProductOnRequest(
  { portal, request, reply, developer }: DeveloperVisit,
  page: (product: Product) => Promise<FastifyReply>,
): Promise<FastifyReply> {
  const productId = readPathId(request);
  const offers = await findProductsOnOffer(portal.pool, request.provider.id, developer.account.id);
  const offer = offers.find(({ product }) => product.id === productId);
  if (offer?.access === "requested") return redirectWithNotice(reply, "/applications", "subscription-requested");
  if (offer?.access === "open") return reply.redirect("/applications/new", 303);
  return offer?.access === "on request" ? page(offer.product) : showNotFound(reply);
}

async function showSubscribeForm(
  visit: DeveloperVisit,
  product: Product,
  rejected: { readonly errors?: FieldErrors; readonly status?: number } = {},
): Promise<FastifyReply> {
  const { portal, request } = visit;
  const name = nameInText(product.name);
  const { id: providerId } = request.provider;
  const plan = await servicePlanFor(portal.pool, providerId, product, "developer");
  const shown = await readShownOffers(portal.pool, providerId, plan ? [plan] : []);
  return showForm(visit, {
    title: `Request access to ${name}?`,
    lead: `${nameInText(request.provider.name)} must approve it. Then you can create applications of ${name}.`,
    included: includedIn(plan, shown),
    submit: "Request access",
    back: applicationsLink,
    ...rejected,
  });
}

async function submitSubscribeForm(
  visit: DeveloperVisit,
  product: Product,
  limiter: AttemptLimiter,
): Promise<FastifyReply> {
  const { portal, request, reply, developer } = visit;
  const { provider } = request;
  const tooMany = await mailLimitErrors(limiter, visit);
  if (tooMany) return showSubscribeForm(visit, product, { errors: tooMany, status: 429 });
  const accountId = developer.account.id;
  const by = developerContext(visit);
  const requested = await requestSubscription(portal.pool, { provider, accountId, productId: product.id, by });
  if (!requested) return showNotFound(reply);
  return requested.state === "live"
    ? reply.redirect("/applications/new", 303)
    : redirectWithNotice(reply, "/applications", "subscription-requested");
}

/** Adds the form that withdraws the request for a subscription that waits for approval. */
function addWithdrawPage(http: FastifyInstance, portal: Portal): void {
  const { pool } = portal;
  addFormPage(http, portal, {
    path: "/products/:id/subscribe/withdraw",
    show: async (visit) => {
      const { id: providerId } = visit.request.provider;
      const offers = await findProductsOnOffer(pool, providerId, visit.developer.account.id);
      const offer = offers.find(
        ({ product, access }) => product.id === readPathId(visit.request) && access === "requested",
      );
      if (!offer) return showNoRequest(visit, { page: applicationsLink });
      const name = nameInText(offer.product.name);
      return showForm(visit, {
        title: `Withdraw the request for access to ${name}?`,
        lead: `You cannot create applications of ${name} without access.`,
        submit: "Withdraw request",
        back: applicationsLink,
      });
    },
    submit: async (visit) => {
      const { request, developer } = visit;
      const productId = readPathId(request);
      if (productId === undefined) return showNotFound(visit.reply);
      const reference = { provider: request.provider, accountId: developer.account.id, productId };
      const outcome = await withdrawSubscription(pool, { ...reference, by: developerContext(visit) });
      if (!outcome) return showNoRequest(visit, { page: applicationsLink });
      return "notAllowed" in outcome
        ? showNotAllowed(visit)
        : redirectWithNotice(visit.reply, "/applications", "access-withdrawn");
    },
  });
}

function addEditApplicationPage(http: FastifyInstance, portal: Portal): void {
  addFormPage(http, portal, {
    path: "/applications/:id/edit",
    show: requireApplication(showEditForm),
    submit: requireApplication(async (visit) => {
      const values = submittedValues(await applicationFields(visit), readForm(visit.request.body));
      const saved = await updateApplication(portal.pool, { ...applicationChange(visit), values });
      if (!saved) return showNotFound(visit.reply);
      if ("notAllowed" in saved) return showNotAllowed(visit);
      return "refused" in saved
        ? showEditForm(visit, saved.refused)
        : redirectWithNotice(visit.reply, `/applications/${saved.application.id}`, "saved");
    }),
  });
}

async function showEditForm(visit: ApplicationVisit, errors?: FieldErrors): Promise<FastifyReply> {
  if (!visit.application.product.buyersManageApps) return showNotAllowed(visit);
  return showForm(visit, {
    title: "Edit application",
    fields: withSubmittedValues(await applicationFields(visit), readForm(visit.request.body)),
    submit: "Save",
    back: applicationLink(visit.application),
    errors,
  });
}

async function applicationFields({ portal, request, application }: ApplicationVisit): Promise<readonly FormField[]> {
  const { name, description, fields, product, redirectUrl } = application;
  const values = { ...fields, name: name ?? "", description: description ?? "" };
  const redirect = { ...redirectField, value: redirectUrl ?? "" };
  return [
    ...definedFields(await readFieldsDefinitions(portal.pool, request.provider.id), "Cinstance", values),
    ...(product.backendVersion === "oauth" ? [redirect] : []),
  ];
}

const redirectField: FormField = { name: "redirect_url", label: "Redirect URL", type: "text", required: false };

/** Adds the form that confirms the deletion of an application. */
function addDeleteApplicationPage(http: FastifyInstance, portal: Portal): void {
  addFormPage(http, portal, {
    path: "/applications/:id/delete",
    show: requireApplication(async (visit) =>
      visit.application.product.buyersManageApps
        ? showForm(visit, {
            title: `Delete ${nameInText(titleOf(visit.application))}?`,
            lead: "The API will reject calls with its credentials. This cannot be undone.",
            submit: "Delete application",
            isDestructive: true,
            back: applicationLink(visit.application),
          })
        : showNotAllowed(visit),
    ),
    submit: requireApplication(async (visit) => {
      const deleted = await deleteApplication(portal.pool, applicationChange(visit));
      if (!deleted) return showNotFound(visit.reply);
      return "notAllowed" in deleted
        ? showNotAllowed(visit)
        : redirectWithNotice(visit.reply, "/applications", "application-deleted");
    }),
  });
}
