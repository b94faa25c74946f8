import { Type } from "typebox";
import { isInProductScope } from "#access/index.ts";
import { list } from "#platform/document.ts";
import { renderXmlDocument } from "#platform/xml.ts";
import {
  type Plan,
  createPlan,
  deletePlan,
  listPlans,
  makePlanDefault,
  planToJson,
  readPlans,
  readProduct,
  representPlan,
  updatePlan,
} from "#portal/products/index.ts";
import { requireSuccess } from "./error-responses.ts";
import { exampleAccountPlan, exampleAdminUrl, exampleApplicationPlan, exampleProvider } from "./example-portal.ts";
import { type Call, type Operation, xmlAndJson } from "./operation.ts";
import { type ApiResponse, type ResponseDoc, renderJson } from "./responses.ts";
import { idSchema, linksSchema, timestamps } from "./schema-parts.ts";

const stateEvent = Type.String({ enum: ["publish", "hide"] });

/** What can be said of a new plan. */
const NewPlanSchema = Type.Object(
  {
    name: Type.String(),
    description: Type.Optional(Type.String({ description: "Kept, and never returned." })),
    approval_required: Type.Optional(Type.Boolean()),
    cost_per_month: Type.Optional(Type.Number()),
    setup_fee: Type.Optional(Type.Number()),
    trial_period_days: Type.Optional(Type.Integer()),
    system_name: Type.Optional(Type.String({ description: "Cannot be changed later." })),
    state_event: Type.Optional(stateEvent),
  },
  { examples: [{ name: "Basic", state_event: "publish" }] },
);

const PlanChangeSchema = Type.Partial(Type.Omit(NewPlanSchema, ["system_name"]), {
  examples: [{ name: "Basic", approval_required: true }],
});

/** Other columns of 3scale's plans: sent alone, they are a change of nothing. */
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

type PlanContext = Pick<Call, "provider" | "adminUrl">;

/** A plan in both formats. */
export const renderPlan = ({ provider, adminUrl }: PlanContext, plan: Plan): ApiResponse => ({
  xml: () => renderXmlDocument(representPlan(plan)),
  json: () => renderJson(planToJson(plan, provider, adminUrl)),
  lastModified: plan.updatedAt,
});

/** Plans of any kind: the list has one name for all. */
const renderPlans = ({ provider, adminUrl }: PlanContext, plans: readonly Plan[]): ApiResponse => ({
  xml: () => renderXmlDocument(list("plans", plans.map(representPlan), "open")),
  json: () => renderJson({ plans: plans.map((plan) => planToJson(plan, provider, adminUrl)) }),
});

/** Where a plan of a product can be read. */
const planUrl = ({ adminUrl }: PlanContext, { id, productId }: Plan): string =>
  productId === null
    ? `${adminUrl}/admin/api/account_plans/${id}`
    : `${adminUrl}/admin/api/services/${productId}/application_plans/${id}`;

const planFields = {
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

const AccountPlanSchema = Type.Object({ account_plan: Type.Object(planFields, { title: "AccountPlan" }) });
const ApplicationPlanSchema = Type.Object({
  application_plan: Type.Object(
    {
      ...planFields,
      custom: Type.Boolean({ description: "Whether it was made for one application alone." }),
      system_name: Type.String(),
      links: linksSchema,
    },
    { title: "ApplicationPlan" },
  ),
});

const exampleContext = { provider: exampleProvider, adminUrl: exampleAdminUrl };

export const accountPlanResponse: ResponseDoc = {
  schema: AccountPlanSchema,
  example: renderPlan(exampleContext, exampleAccountPlan),
};
export const applicationPlanResponse: ResponseDoc = {
  schema: ApplicationPlanSchema,
  example: renderPlan(exampleContext, exampleApplicationPlan),
};

/** Lists of plans have one name, whatever their kind. */
const accountPlansResponse: ResponseDoc = {
  schema: Type.Object({ plans: Type.Array(AccountPlanSchema) }),
  example: renderPlans(exampleContext, [exampleAccountPlan]),
};
const applicationPlansResponse: ResponseDoc = {
  schema: Type.Object({ plans: Type.Array(ApplicationPlanSchema) }),
  example: renderPlans(exampleContext, [exampleApplicationPlan]),
};

/** Which account plan a call is about. */
const accountPlanKey = ({ provider, id }: Call) => ({
  providerId: provider.id,
  kind: "account_plan" as const,
  productId: null,
  planId: id("id"),
});

export const listAccountPlansOperation: Operation = {
  title: "Account Plan List",
  tag: "Account plans",
  description: "Returns the account plans.",
  method: "GET",
  path: "/account_plans",
  action: "read-account-plans",
  formats: xmlAndJson,
  response: accountPlansResponse,

  async handle({ pool }, call) {
    return renderPlans(call, await listPlans(pool, call.provider.id, { kind: "account_plan" }));
  },
};

export const createAccountPlanOperation: Operation = {
  title: "Account Plan Create",
  tag: "Account plans",
  description: "Makes an account plan, hidden unless it is published at once.",
  method: "POST",
  path: "/account_plans",
  action: "change-plans",
  formats: xmlAndJson,
  body: NewPlanSchema,
  wrapper: "account_plan",
  ignored: ignoredPlanFields,
  response: accountPlanResponse,

  async handle({ pool }, call) {
    const { provider, values, by } = call;
    const plan = { providerId: provider.id, kind: "account_plan", productId: null, values, by } as const;
    const made = requireSuccess(await createPlan(pool, plan));
    return { ...renderPlan(call, made.plan), status: 201, location: planUrl(call, made.plan) };
  },
};

export const readAccountPlanOperation: Operation = {
  title: "Account Plan Read",
  tag: "Account plans",
  description: "Returns an account plan.",
  method: "GET",
  path: "/account_plans/{id}",
  action: "read-account-plans",
  formats: xmlAndJson,
  response: accountPlanResponse,

  async handle({ pool }, call) {
    const { providerId, kind, productId, planId } = accountPlanKey(call);
    const plans = await readPlans(pool, providerId, [planId]);
    const plan = plans.find((it) => it.kind === kind && it.productId === productId);
    return renderPlan(call, requireSuccess(plan));
  },
};

export const updateAccountPlanOperation: Operation = {
  title: "Account Plan Update",
  tag: "Account plans",
  description: "Changes an account plan. What is left out stays as it is.",
  method: "PUT",
  path: "/account_plans/{id}",
  action: "change-plans",
  formats: xmlAndJson,
  body: PlanChangeSchema,
  wrapper: "account_plan",
  ignored: ignoredPlanFields,
  response: accountPlanResponse,

  async handle({ pool }, call) {
    const { values, by } = call;
    return renderPlan(call, requireSuccess(await updatePlan(pool, { ...accountPlanKey(call), values, by })).plan);
  },
};

export const deleteAccountPlanOperation: Operation = {
  title: "Account Plan Delete",
  tag: "Account plans",
  description: "Deletes an account plan, unless somebody is on it.",
  method: "DELETE",
  path: "/account_plans/{id}",
  action: "change-plans",
  formats: xmlAndJson,

  async handle({ pool }, call) {
    requireSuccess(await deletePlan(pool, { ...accountPlanKey(call), by: call.by }));
    return {};
  },
};

export const makeAccountPlanDefaultOperation: Operation = {
  title: "Account Plan set to Default",
  tag: "Account plans",
  description: "Makes an account plan the one that new accounts get.",
  method: "PUT",
  path: "/account_plans/{id}/default",
  action: "change-plans",
  formats: xmlAndJson,
  response: accountPlanResponse,

  async handle({ pool }, call) {
    const made = await makePlanDefault(pool, { ...accountPlanKey(call), by: call.by });
    return renderPlan(call, requireSuccess(made).plan);
  },
};

/** Which application plan of which product a call is about. */
const applicationPlanKey = ({ provider, id, serviceId }: Call) => ({
  providerId: provider.id,
  kind: "application_plan" as const,
  productId: serviceId("service_id"),
  planId: id("id"),
});

export const listAllApplicationPlansOperation: Operation = {
  title: "Application Plan List (all services)",
  tag: "Application plans",
  description: "Returns the application plans of all services.",
  method: "GET",
  path: "/application_plans",
  action: "read-products",
  formats: xmlAndJson,
  response: applicationPlansResponse,

  async handle({ pool }, call) {
    const plans = await listPlans(pool, call.provider.id, { kind: "application_plan" });
    return renderPlans(
      call,
      plans.filter(({ productId }) => isInProductScope(call.caller.reach, productId)),
    );
  },
};

export const listApplicationPlansOperation: Operation = {
  title: "Application Plan List",
  tag: "Application plans",
  description: "Returns the application plans of a service.",
  method: "GET",
  path: "/services/{service_id}/application_plans",
  action: "read-products",
  formats: xmlAndJson,
  response: applicationPlansResponse,

  async handle({ pool }, call) {
    const product = requireSuccess(await readProduct(pool, call.provider.id, call.serviceId("service_id")));
    const plans = await listPlans(pool, call.provider.id, { kind: "application_plan", productId: product.id });
    return renderPlans(call, plans);
  },
};

export const createApplicationPlanOperation: Operation = {
  title: "Application Plan Create",
  tag: "Application plans",
  description: "Makes an application plan of a service, hidden unless it is published at once.",
  method: "POST",
  path: "/services/{service_id}/application_plans",
  action: "change-plans",
  formats: xmlAndJson,
  body: NewPlanSchema,
  wrapper: "application_plan",
  ignored: ignoredPlanFields,
  response: applicationPlanResponse,

  async handle({ pool }, call) {
    const { provider, values, by } = call;
    const { id: productId } = requireSuccess(await readProduct(pool, provider.id, call.serviceId("service_id")));
    const plan = { providerId: provider.id, kind: "application_plan", productId, values, by } as const;
    const made = requireSuccess(await createPlan(pool, plan));
    return { ...renderPlan(call, made.plan), status: 201, location: planUrl(call, made.plan) };
  },
};

export const readApplicationPlanOperation: Operation = {
  title: "Application Plan Read",
  tag: "Application plans",
  description: "Returns an application plan.",
  method: "GET",
  path: "/services/{service_id}/application_plans/{id}",
  action: "read-products",
  formats: xmlAndJson,
  response: applicationPlanResponse,

  async handle({ pool }, call) {
    const { providerId, kind, productId, planId } = applicationPlanKey(call);
    const plans = await readPlans(pool, providerId, [planId]);
    const plan = plans.find((it) => it.kind === kind && it.productId === productId);
    return renderPlan(call, requireSuccess(plan));
  },
};

export const updateApplicationPlanOperation: Operation = {
  title: "Application Plan Update",
  tag: "Application plans",
  description: "Changes an application plan. What is left out stays as it is.",
  method: "PUT",
  path: "/services/{service_id}/application_plans/{id}",
  action: "change-plans",
  formats: xmlAndJson,
  body: PlanChangeSchema,
  wrapper: "application_plan",
  ignored: ignoredPlanFields,
  response: applicationPlanResponse,

  async handle({ pool }, call) {
    const { values, by } = call;
    return renderPlan(call, requireSuccess(await updatePlan(pool, { ...applicationPlanKey(call), values, by })).plan);
  },
};

export const deleteApplicationPlanOperation: Operation = {
  title: "Application Plan Delete",
  tag: "Application plans",
  description: "Deletes an application plan, unless somebody is on it.",
  method: "DELETE",
  path: "/services/{service_id}/application_plans/{id}",
  action: "change-plans",
  formats: xmlAndJson,

  async handle({ pool }, call) {
    requireSuccess(await deletePlan(pool, { ...applicationPlanKey(call), by: call.by }));
    return {};
  },
};

export const makeApplicationPlanDefaultOperation: Operation = {
  title: "Application Plan Set to Default",
  tag: "Application plans",
  description: "Makes an application plan the one that new applications of its service get.",
  method: "PUT",
  path: "/services/{service_id}/application_plans/{id}/default",
  action: "change-plans",
  formats: xmlAndJson,
  response: applicationPlanResponse,

  async handle({ pool }, call) {
    const made = await makePlanDefault(pool, { ...applicationPlanKey(call), by: call.by });
    return renderPlan(call, requireSuccess(made).plan);
  },
};
