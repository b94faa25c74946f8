import { Type } from "typebox";
import { isInProductScope } from "#access/index.ts";
import { requirePermission } from "#http/shared/admin-caller.ts";
import { Problem } from "#http/shared/problem.ts";
import { list } from "#platform/document.ts";
import { renderXmlDocument } from "#platform/xml.ts";
import {
  applicationFields,
  approveSubscription,
  changeSubscriptionPlan,
  contractToJson,
  createApplication,
  listApplications,
  readSubscriptions,
  representContract,
  subscribe,
  type SubscriptionOnPlan,
  subscriptionToJson,
  unsubscribe,
} from "#portal/applications/index.ts";
import { propertySchemas } from "#portal/fields/index.ts";
import { requireAccount } from "./accounts.ts";
import { exampleAccount, exampleProvider, exampleServicePlan, exampleTimestamps } from "./example-portal.ts";
import { type Call, type Operation, type OperationNeeds, parseId } from "./operation.ts";
import {
  applicationPlanResponse,
  applicationPlansResponse,
  renderPlan,
  renderPlans,
  servicePlanResponse,
  servicePlansResponse,
} from "./plans.ts";
import {
  type ApiResponse,
  idSchema,
  nullable,
  renderJson,
  renderJsonList,
  requireSuccess,
  type ResponseDoc,
  timeSchema,
  timestamps,
} from "./responses.ts";

type SubscriptionContext = Pick<Call, "provider" | "now">;

const nullableText = nullable(Type.String());
const nullableTime = nullable(timeSchema);
const stateSchema = Type.String({ enum: ["pending", "live", "suspended"] });

const ServiceContractSchema = Type.Object(
  {
    id: idSchema,
    plan_id: idSchema,
    user_account_id: idSchema,
    user_key: nullableText,
    provider_public_key: nullableText,
    ...timestamps,
    state: stateSchema,
    description: nullableText,
    paid_until: nullableTime,
    application_id: nullableText,
    name: nullableText,
    trial_period_expires_at: nullableTime,
    setup_fee: Type.String(),
    redirect_url: nullableText,
    variable_cost_paid_until: timeSchema,
    extra_fields: nullableText,
    tenant_id: idSchema,
    create_origin: nullableText,
    first_traffic_at: nullableTime,
    first_daily_traffic_at: nullableTime,
    service_id: idSchema,
    accepted_at: nullableTime,
  },
  { title: "ServiceContract" },
);

const ServiceSubscriptionSchema = Type.Object({
  service_subscription: Type.Object(
    {
      id: idSchema,
      plan_id: idSchema,
      user_account_id: idSchema,
      ...timestamps,
      state: stateSchema,
      paid_until: timeSchema,
      trial_period_expires_at: timeSchema,
      setup_fee: Type.String(),
      type: Type.Literal("ServiceContract"),
      variable_cost_paid_until: timeSchema,
      tenant_id: idSchema,
      service_id: idSchema,
      accepted_at: Type.Optional(timeSchema),
    },
    { title: "ServiceSubscription" },
  ),
});

const renderContracts = (
  { provider, now }: SubscriptionContext,
  subscriptions: readonly SubscriptionOnPlan[],
): ApiResponse => ({
  xml: () => {
    const nodes = subscriptions.map((subscription) => representContract(subscription, provider, now));
    return renderXmlDocument(list("service_contracts", nodes, "open"));
  },
  json: () =>
    renderJsonList("service_contracts", subscriptions, (subscription) => contractToJson(subscription, provider, now)),
});

const renderSubscriptions = (
  { provider, now }: SubscriptionContext,
  subscriptions: readonly SubscriptionOnPlan[],
): ApiResponse => ({
  json: () =>
    renderJsonList("service_subscriptions", subscriptions, (subscription) =>
      subscriptionToJson(subscription, provider, now),
    ),
});

const renderSubscription = ({ provider, now }: SubscriptionContext, subscription: SubscriptionOnPlan): ApiResponse => ({
  json: () => renderJson(subscriptionToJson(subscription, provider, now)),
});

const exampleContext = { provider: exampleProvider, now: exampleTimestamps.updatedAt };

const exampleSubscription: SubscriptionOnPlan = {
  subscription: {
    id: 61,
    accountId: exampleAccount.id,
    productId: exampleServicePlan.productId ?? 0,
    planId: exampleServicePlan.id,
    requestedPlanId: null,
    state: "live",
    acceptedAt: null,
    ...exampleTimestamps,
  },
  plan: exampleServicePlan,
};

const contractsResponse: ResponseDoc = {
  schema: Type.Object({ service_contracts: Type.Array(Type.Object({ service_contract: ServiceContractSchema })) }),
  example: renderContracts(exampleContext, [exampleSubscription]),
};
const subscriptionsResponse: ResponseDoc = {
  schema: Type.Object({ service_subscriptions: Type.Array(ServiceSubscriptionSchema) }),
  example: renderSubscriptions(exampleContext, [exampleSubscription]),
};
const subscriptionResponse: ResponseDoc = {
  schema: ServiceSubscriptionSchema,
  example: renderSubscription(exampleContext, exampleSubscription),
};

/** Returns the subscriptions of the account in the path that the caller may see. */
async function readPermitted(needs: Pick<OperationNeeds, "pool">, call: Call): Promise<readonly SubscriptionOnPlan[]> {
  requirePermission(call.caller, "read-service-plans", call.provider); // as in 3scale, subscriptions need the sections of accounts and of plans
  return readInScope(needs, call);
}

async function readInScope(
  { pool }: Pick<OperationNeeds, "pool">,
  { provider, caller, id }: Call,
): Promise<readonly SubscriptionOnPlan[]> {
  const account = await requireAccount(pool, provider.id, id("account_id"));
  const subscriptions = await readSubscriptions(pool, provider.id, account.id);
  return subscriptions.filter(({ subscription }) => isInProductScope(caller.productScope, subscription.productId));
}

/** Returns the subscription in the path. Throws unless the caller may change it. */
function requireTarget({ provider, caller, by, id }: Call) {
  requirePermission(caller, "change-plans", provider);
  return { provider, accountId: id("account_id"), subscriptionId: id("id"), by };
}

const deletion = {
  description:
    "Ends an account's subscription to a service and deletes its applications, all of which must be suspended.",
  method: "DELETE",
  action: "change-portal",
  async handle({ pool }, call) {
    requireSuccess(await unsubscribe(pool, requireTarget(call)));
    return {};
  },
} as const satisfies Omit<Operation, "title" | "path">;

export const serviceContractOperations: readonly Operation[] = [
  {
    title: "Service Subscription List (deprecated)",
    description: "Lists the services that an account is subscribed to. Deprecated: list its service subscriptions.",
    method: "GET",
    path: "/accounts/{account_id}/service_contracts",
    action: "read-portal",
    response: contractsResponse,
    async handle(needs, call) {
      return renderContracts(call, await readPermitted(needs, call));
    },
  },
  {
    ...deletion,
    title: "Service Subscription Delete (deprecated)",
    path: "/accounts/{account_id}/service_contracts/{id}",
  },
];

const path = "/accounts/{account_id}/service_subscriptions";

/** JSON only, and other extensions do not exist. */
const asJson = { isJsonOnly: true, hasOneExtension: true } as const;

/** Columns of 3scale's contracts, which only applications have or nobody sets. */
const ignoredContractFields = [
  "accepted_at",
  "application_id",
  "create_origin",
  "created_at",
  "description",
  "extra_fields",
  "first_daily_traffic_at",
  "first_traffic_at",
  "name",
  "paid_until",
  "provider_public_key",
  "redirect_url",
  "service_id",
  "setup_fee",
  "state",
  "tenant_id",
  "trial_period_expires_at",
  "type",
  "updated_at",
  "user_account_id",
  "user_key",
  "variable_cost_paid_until",
];

const choiceOfPlan = {
  body: Type.Object(
    { plan_id: Type.Integer({ description: "A service plan, which may be hidden." }) },
    { examples: [{ plan_id: exampleServicePlan.id }] },
  ),
  wrapper: "service_subscription",
  wrapperMayBeEmpty: true,
  ignored: ignoredContractFields,
} as const satisfies Partial<Operation>;

export const serviceSubscriptionOperations: readonly Operation[] = [
  {
    ...asJson,
    title: "Service Subscription List",
    description: "Lists the subscriptions of an account to services.",
    method: "GET",
    path,
    action: "read-portal",
    response: subscriptionsResponse,
    async handle(needs, call) {
      return renderSubscriptions(call, await readPermitted(needs, call));
    },
  },
  {
    ...asJson,
    ...choiceOfPlan,
    title: "Service Subscription Create",
    description:
      "Subscribes an account to the service of a plan. The subscription is pending if the plan requires approval.",
    method: "POST",
    path,
    action: "change-portal",
    response: subscriptionResponse,
    async handle({ pool }, call) {
      const { provider, caller, values, by } = call;
      requirePermission(caller, "change-plans", provider);
      const accountId = call.id("account_id");
      const planId = parseId(values["plan_id"]) ?? 0;
      const subscribed = requireSuccess(await subscribe(pool, { provider, accountId, planId, by }));
      const location = `/accounts/${accountId}/service_subscriptions/${subscribed.subscription.id}`;
      return { ...renderSubscription(call, subscribed), location };
    },
  },
  {
    ...asJson,
    title: "Service Subscription Read",
    description: "Returns a subscription of an account.",
    method: "GET",
    path: `${path}/{id}`,
    action: "read-portal",
    response: subscriptionResponse,
    async handle(needs, call) {
      const subscriptions = await readPermitted(needs, call);
      const subscribed = subscriptions.find(({ subscription }) => subscription.id === call.id("id"));
      return renderSubscription(call, requireSuccess(subscribed));
    },
  },
  { ...asJson, ...deletion, title: "Service Subscription Delete", path: `${path}/{id}` },
  {
    ...asJson,
    title: "Service Subscription Approve",
    description: "Approves a pending subscription.",
    method: "PUT",
    path: `${path}/{id}/approve`,
    action: "change-portal",
    otherErrors: [422],
    response: subscriptionResponse,
    async handle({ pool }, call) {
      return renderSubscription(call, requireSuccess(await approveSubscription(pool, requireTarget(call))));
    },
  },
  {
    ...asJson,
    ...choiceOfPlan,
    title: "Service Subscription Change Plan",
    description: "Moves a subscription to another plan of its service, and returns the plan. The state stays.",
    method: "PUT",
    path: `${path}/{id}/change_plan`,
    action: "change-portal",
    response: servicePlanResponse,
    async handle({ pool }, call) {
      const planId = parseId(call.values["plan_id"]) ?? 0;
      const moved = await changeSubscriptionPlan(pool, { ...requireTarget(call), planId });
      return renderPlan(call, requireSuccess(moved).plan);
    },
  },
];

/** Parameters of a new application that buying its plan does not have. */
const ofOtherCreations: ReadonlySet<string> = new Set(["application_id", "application_key", "user_key"]);

/** 3scale has these operations without documenting them. As there, the section of accounts suffices. */
export const boughtPlanOperations: readonly Operation[] = [
  {
    title: "Account Service Plan List",
    description: "Lists the service plans that an account is subscribed on.",
    method: "GET",
    path: "/accounts/{account_id}/service_plans",
    action: "read-portal",
    response: servicePlansResponse,
    async handle(needs, call) {
      const plans = (await readInScope(needs, call)).map(({ plan }) => plan);
      return renderPlans(call, plans);
    },
  },
  {
    title: "Account Service Plan Buy",
    description: "Subscribes an account to the service of a plan, which may be hidden, and returns the plan.",
    method: "POST",
    path: "/accounts/{account_id}/service_plans/{id}/buy",
    action: "change-portal",
    otherErrors: [422],
    response: servicePlanResponse,
    async handle({ pool }, call) {
      const { provider, by, id } = call;
      const target = { provider, accountId: id("account_id"), planId: id("id"), by };
      const { subscription, plan } = requireSuccess(await subscribe(pool, target));
      const location = `/accounts/${target.accountId}/service_subscriptions/${subscription.id}`;
      return { ...renderPlan(call, plan), location };
    },
  },
  {
    title: "Account Application Plan List",
    description: "Lists the plans of an account's applications.",
    method: "GET",
    path: "/accounts/{account_id}/application_plans",
    action: "read-portal",
    response: applicationPlansResponse,
    async handle({ pool }, call) {
      const { provider, caller, id } = call;
      const account = await requireAccount(pool, provider.id, id("account_id"));
      const applications = await listApplications(pool, provider.id, account.id);
      const visible = applications.filter(({ product }) => isInProductScope(caller.productScope, product.id));
      return renderPlans(call, [...new Map(visible.map(({ plan }) => [plan.id, plan])).values()]);
    },
  },
  {
    title: "Account Application Plan Buy",
    description:
      "Creates an application of an account on a plan, which may be hidden, and returns the plan. Subscribes the account to the service if necessary.",
    method: "POST",
    path: "/accounts/{account_id}/application_plans/{id}/buy",
    action: "change-portal",
    body: Type.Object(propertySchemas({ ...applicationFields, userKey: {}, applicationId: {} }, "complete"), {
      additionalProperties: true,
      description: "Also accepts the fields that you have defined for applications.",
      examples: [{ name: "Ferry times", description: "On the quay's screens" }],
    }),
    response: applicationPlanResponse,
    async handle({ pool }, call) {
      const { provider, by, id } = call;
      const values = Object.fromEntries(Object.entries(call.values).filter(([name]) => !ofOtherCreations.has(name)));
      const target = {
        provider,
        accountId: id("account_id"),
        planId: id("id"),
        values,
        writer: "program",
        by,
      } as const;
      const outcome = await createApplication(pool, target);
      if (outcome && "notFound" in outcome && outcome.notFound === "service plan")
        throw new Problem("not-subscribable");
      const { application } = requireSuccess(outcome);
      const location = `/accounts/${target.accountId}/applications/${application.id}`;
      return { ...renderPlan(call, application.plan), location };
    },
  },
];
