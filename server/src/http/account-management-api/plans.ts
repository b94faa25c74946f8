import { type TObject, type TSchema, Type } from "typebox";
import { isInProductScope } from "#access/index.ts";
import { renderXmlDocument } from "#platform/xml.ts";
import { propertySchemas } from "#portal/fields/index.ts";
import {
  createPlan,
  deletePlan,
  listPlans,
  makePlanDefault,
  type Plan,
  planToJson,
  readPlans,
  readProduct,
  representPlan,
  settablePlanFields,
  updatePlan,
} from "#portal/products/index.ts";
import {
  type ApiResponse,
  idSchema,
  linksSchema,
  renderJson,
  renderJsonList,
  renderXmlList,
  requireSuccess,
  type ResponseDoc,
  timestamps,
} from "./responses.ts";
import {
  exampleAccountPlan,
  exampleAdminUrl,
  exampleApplicationPlan,
  exampleProvider,
  exampleServicePlan,
} from "./example-portal.ts";
import type { Call, Operation } from "./operation.ts";

const description = Type.Optional(Type.String({ description: "Stored, but never returned." }));

const newPlanSchema = (kind: Plan["kind"]): TObject =>
  Type.Object(
    { ...propertySchemas(settablePlanFields(kind), "complete"), ...(kind !== "service_plan" && { description }) },
    { examples: [{ name: "Basic", state_event: "publish" }] },
  );

const planChangeSchema = (kind: Plan["kind"]): TObject =>
  Type.Object(
    { ...propertySchemas(settablePlanFields(kind), "change"), ...(kind !== "service_plan" && { description }) },
    { examples: [{ name: "Basic", approval_required: true }] },
  );

/** Columns of 3scale's plans that Bellwire does not have. */
const ignoredPlanFields = [
  "cancellation_period",
  "cost_aggregation_rule",
  "created_at",
  "full_legal",
  "issuer_id",
  "issuer_type",
  "original_id",
  "position",
  "rights",
  "state",
  "system_name",
  "tenant_id",
  "type",
  "updated_at",
];

const planProperties = {
  id: idSchema,
  name: Type.String(),
  state: Type.String({ enum: ["hidden", "published"] }),
  setup_fee: Type.Number(),
  cost_per_month: Type.Number(),
  trial_period_days: Type.Integer(),
  cancellation_period: Type.Integer({ description: "Seconds." }),
  approval_required: Type.Boolean(),
  default: Type.Boolean(),
  ...timestamps,
};

const AccountPlanSchema = Type.Object({ account_plan: Type.Object(planProperties, { title: "AccountPlan" }) });
const ApplicationPlanSchema = Type.Object({
  application_plan: Type.Object(
    {
      ...planProperties,
      custom: Type.Boolean({ description: "True if the plan was customized for one application." }),
      system_name: Type.String(),
      links: linksSchema,
    },
    { title: "ApplicationPlan" },
  ),
});

const ServicePlanSchema = Type.Object({
  service_plan: Type.Object({ ...planProperties, links: linksSchema }, { title: "ServicePlan" }),
});

type PlanContext = Pick<Call, "provider" | "adminUrl">;

export const renderPlan = ({ provider, adminUrl }: PlanContext, plan: Plan): ApiResponse => ({
  xml: () => renderXmlDocument(representPlan(plan)),
  json: () => renderJson(planToJson(plan, provider, adminUrl)),
  lastModified: plan.updatedAt,
});

/** Renders a list of plans, which is named `plans` for every kind. */
export const renderPlans = ({ provider, adminUrl }: PlanContext, plans: readonly Plan[]): ApiResponse => ({
  xml: () => renderXmlList("plans", plans, (plan) => representPlan(plan)),
  json: () => renderJsonList("plans", plans, (plan) => planToJson(plan, provider, adminUrl)),
});

const locationOf = ({ id, kind, productId }: Plan): string =>
  productId === null ? `/account_plans/${id}` : `/services/${productId}/${kind}s/${id}`;

const exampleContext = { provider: exampleProvider, adminUrl: exampleAdminUrl };

const planResponse = (schema: TSchema, plan: Plan): ResponseDoc => ({
  schema,
  example: renderPlan(exampleContext, plan),
});

const plansResponse = (schema: TSchema, plan: Plan): ResponseDoc => ({
  schema: Type.Object({ plans: Type.Array(schema) }),
  example: renderPlans(exampleContext, [plan]),
});

export const accountPlanResponse = planResponse(AccountPlanSchema, exampleAccountPlan);
export const servicePlanResponse = planResponse(ServicePlanSchema, exampleServicePlan);
export const servicePlansResponse = plansResponse(ServicePlanSchema, exampleServicePlan);
export const applicationPlanResponse = planResponse(ApplicationPlanSchema, exampleApplicationPlan);
export const applicationPlansResponse = plansResponse(ApplicationPlanSchema, exampleApplicationPlan);

/** The differences between the kinds of plans. */
interface PlanKind extends Pick<Operation, "path"> {
  readonly response: ResponseDoc;
  readonly listResponse: ResponseDoc;
  readonly kind: Plan["kind"];
  readonly title: string;
  readonly titleOfDefault: string;
  /** The kind in a sentence. */
  readonly noun: string;
  readonly defaultNote: string;
  readonly readAction: Operation["action"];
  /** Body parameters that are accepted and ignored. */
  readonly ignored: readonly string[];
  /** Returns the id of the product in the path, which the caller may see. Null for account plans. */
  readonly productId: (call: Call) => number | null;
}

const accountPlans: PlanKind = {
  kind: "account_plan",
  title: "Account Plan",
  titleOfDefault: "Account Plan set to Default",
  noun: "an account plan",
  defaultNote: "Makes an account plan the default plan of new accounts.",
  path: "/account_plans",
  readAction: "read-account-plans",
  ignored: ignoredPlanFields,
  response: accountPlanResponse,
  listResponse: plansResponse(AccountPlanSchema, exampleAccountPlan),
  productId: () => null,
};

const servicePlans: PlanKind = {
  kind: "service_plan",
  title: "Service Plan",
  titleOfDefault: "Service Plan Set to Default",
  noun: "a service plan",
  defaultNote: "Makes a service plan, which may be hidden, the default plan of new subscriptions to its service.",
  path: "/services/{service_id}/service_plans",
  readAction: "read-service-plans",
  ignored: [...ignoredPlanFields, "cost_per_month", "description", "setup_fee", "trial_period_days"],
  response: servicePlanResponse,
  listResponse: servicePlansResponse,
  productId: ({ serviceId }) => serviceId("service_id"),
};

const applicationPlans: PlanKind = {
  kind: "application_plan",
  title: "Application Plan",
  titleOfDefault: "Application Plan Set to Default",
  noun: "an application plan",
  defaultNote: "Makes an application plan the default plan of its service's new applications.",
  path: "/services/{service_id}/application_plans",
  readAction: "read-products",
  ignored: ignoredPlanFields,
  response: applicationPlanResponse,
  listResponse: applicationPlansResponse,
  productId: ({ serviceId }) => serviceId("service_id"),
};

const planKey = ({ kind, productId }: PlanKind, call: Call) => ({
  providerId: call.provider.id,
  kind,
  productId: productId(call),
  planId: call.id("id"),
});

const createPlanOperation = ({ kind, title, noun, path, ignored, response, productId }: PlanKind): Operation => ({
  title: `${title} Create`,
  description: `Creates ${noun}. It is hidden unless \`state_event\` publishes it.`,
  method: "POST",
  path,
  action: "change-plans",
  body: newPlanSchema(kind),
  wrapper: kind,
  ignored,
  response,

  async handle({ pool }, call) {
    const { provider, values, by } = call;
    const id = productId(call);
    if (id !== null) requireSuccess(await readProduct(pool, provider.id, id));
    const outcome = await createPlan(pool, { providerId: provider.id, kind, productId: id, values, by });
    const { plan } = requireSuccess(outcome);
    return { ...renderPlan(call, plan), location: locationOf(plan) };
  },
});

const readPlanOperation = (planKind: PlanKind): Operation => ({
  title: `${planKind.title} Read`,
  description: `Returns ${planKind.noun}.`,
  method: "GET",
  path: `${planKind.path}/{id}`,
  action: planKind.readAction,
  response: planKind.response,

  async handle({ pool }, call) {
    const { providerId, kind, productId, planId } = planKey(planKind, call);
    const plans = await readPlans(pool, providerId, [planId]);
    const plan = plans.find((candidate) => candidate.kind === kind && candidate.productId === productId);
    return renderPlan(call, requireSuccess(plan));
  },
});

const updatePlanOperation = (planKind: PlanKind): Operation => ({
  title: `${planKind.title} Update`,
  description: `Updates ${planKind.noun}. Absent fields keep their values.`,
  method: "PUT",
  path: `${planKind.path}/{id}`,
  action: "change-plans",
  body: planChangeSchema(planKind.kind),
  wrapper: planKind.kind,
  ignored: planKind.ignored,
  response: planKind.response,

  async handle({ pool }, call) {
    const { values, by } = call;
    return renderPlan(call, requireSuccess(await updatePlan(pool, { ...planKey(planKind, call), values, by })).plan);
  },
});

const deletePlanOperation = (planKind: PlanKind): Operation => ({
  title: `${planKind.title} Delete`,
  description: `Deletes ${planKind.noun} that is not in use.`,
  method: "DELETE",
  path: `${planKind.path}/{id}`,
  action: "change-plans",

  async handle({ pool }, call) {
    requireSuccess(await deletePlan(pool, { ...planKey(planKind, call), by: call.by }));
    return {};
  },
});

const makeDefaultOperation = (planKind: PlanKind): Operation => ({
  title: planKind.titleOfDefault,
  description: planKind.defaultNote,
  method: "PUT",
  path: `${planKind.path}/{id}/default`,
  action: "change-plans",
  response: planKind.response,

  async handle({ pool }, call) {
    const outcome = await makePlanDefault(pool, { ...planKey(planKind, call), by: call.by });
    return renderPlan(call, requireSuccess(outcome).plan);
  },
});

const planOperations = (planKind: PlanKind): readonly Operation[] =>
  [createPlanOperation, readPlanOperation, updatePlanOperation, deletePlanOperation, makeDefaultOperation].map(
    (operationOf) => operationOf(planKind),
  );

export const accountPlanOperations: readonly Operation[] = [
  {
    title: "Account Plan List",
    description: "Lists the account plans.",
    method: "GET",
    path: "/account_plans",
    action: accountPlans.readAction,
    response: accountPlans.listResponse,
    async handle({ pool }, call) {
      return renderPlans(call, await listPlans(pool, call.provider.id, { kind: "account_plan" }));
    },
  },
  ...planOperations(accountPlans),
];

interface PlanLists {
  /** The description of the list of one service, and of the list of all. */
  readonly ofService: string;
  readonly ofAll: string;
}

const listOperations = (
  { kind, title, path, readAction, listResponse, productId }: PlanKind,
  { ofService, ofAll }: PlanLists,
): readonly Operation[] => [
  {
    title: `${title} List (all services)`,
    description: ofAll,
    method: "GET",
    path: `/${kind}s`,
    action: readAction,
    response: listResponse,
    async handle({ pool }, call) {
      const plans = await listPlans(pool, call.provider.id, { kind, withCustom: true });
      return renderPlans(
        call,
        plans.filter((plan) => isInProductScope(call.caller.productScope, plan.productId)),
      );
    },
  },
  {
    title: `${title} List`,
    description: ofService,
    method: "GET",
    path,
    action: readAction,
    response: listResponse,
    async handle({ pool }, call) {
      const product = requireSuccess(await readProduct(pool, call.provider.id, productId(call) ?? 0));
      return renderPlans(
        call,
        await listPlans(pool, call.provider.id, { kind, productId: product.id, withCustom: true }),
      );
    },
  },
];

export const servicePlanOperations: readonly Operation[] = [
  ...listOperations(servicePlans, {
    ofAll: "Lists the service plans of all services.",
    ofService: "Lists the service plans of a service.",
  }),
  ...planOperations(servicePlans),
];

export const applicationPlanOperations: readonly Operation[] = [
  ...listOperations(applicationPlans, {
    ofAll: "Lists the application plans of all services, with those customized for one application.",
    ofService: "Lists the application plans of a service, with those customized for one application.",
  }),
  ...planOperations(applicationPlans),
];
