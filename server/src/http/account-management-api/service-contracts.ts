import { Type } from "typebox";
import { isInProductScope } from "#access/index.ts";
import { requirePermission } from "#http/shared/admin-caller.ts";
import { list } from "#platform/document.ts";
import { renderXmlDocument } from "#platform/xml.ts";
import {
  readSubscriptions,
  representSubscription,
  subscriptionToJson,
  unsubscribe,
} from "#portal/applications/index.ts";
import type { Provider } from "#portal/providers/index.ts";
import { requireAccount } from "./accounts.ts";
import { requireSuccess } from "./error-responses.ts";
import {
  exampleAccount,
  exampleApplication,
  exampleProvider,
  exampleServicePlan,
  exampleTimestamps,
} from "./example-portal.ts";
import { type Operation, xmlAndJson } from "./operation.ts";
import {
  type ApiResponse,
  idSchema,
  nullable,
  renderJson,
  type ResponseDoc,
  timeSchema,
  timestamps,
} from "./responses.ts";

function renderServiceContracts(
  { provider, now }: { readonly provider: Provider; readonly now: Date },
  subscriptions: readonly Parameters<typeof representSubscription>[0][],
): ApiResponse {
  const nodes = () => subscriptions.map((subscription) => representSubscription(subscription, provider, now));
  return {
    xml: () => renderXmlDocument(list("service_contracts", nodes(), "open")),
    json: () =>
      renderJson({
        service_contracts: subscriptions.map((subscription) => subscriptionToJson(subscription, provider, now)),
      }),
  };
}

const nullableText = nullable(Type.String());
const nullableTime = nullable(timeSchema);

const ServiceContractSchema = Type.Object(
  {
    id: idSchema,
    plan_id: idSchema,
    user_account_id: idSchema,
    user_key: nullableText,
    provider_public_key: nullableText,
    ...timestamps,
    state: Type.String({ enum: ["pending", "live", "suspended"] }),
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

const serviceContractsResponse: ResponseDoc = {
  schema: Type.Object({ service_contracts: Type.Array(Type.Object({ service_contract: ServiceContractSchema })) }),
  example: renderServiceContracts({ provider: exampleProvider, now: exampleTimestamps.updatedAt }, [
    {
      subscription: {
        id: 61,
        accountId: exampleAccount.id,
        productId: exampleApplication.product.id,
        planId: exampleServicePlan.id,
        state: "live",
        ...exampleTimestamps,
      },
      plan: exampleServicePlan,
    },
  ]),
};

const listServiceContractsOperation: Operation = {
  title: "Service Subscription List",
  tag: "Accounts",
  description: "Lists the services that an account is subscribed to.",
  method: "GET",
  path: "/accounts/{account_id}/service_contracts",
  action: "read-portal",
  formats: xmlAndJson,
  response: serviceContractsResponse,

  async handle({ pool }, call) {
    const { provider, caller } = call;
    requirePermission(caller, "read-account-plans", provider); // as in 3scale, subscriptions need the sections of accounts and of plans
    const account = await requireAccount(pool, provider.id, call.id("account_id"));
    const subscriptions = await readSubscriptions(pool, provider.id, account.id);
    const visible = subscriptions.filter(({ subscription }) =>
      isInProductScope(caller.productScope, subscription.productId),
    );
    return renderServiceContracts(call, visible);
  },
};

const deleteServiceContractOperation: Operation = {
  title: "Service Subscription Delete",
  tag: "Accounts",
  description:
    "Ends an account's subscription to a service and deletes its applications, all of which must be suspended.",
  method: "DELETE",
  path: "/accounts/{account_id}/service_contracts/{id}",
  action: "change-portal",
  formats: xmlAndJson,

  async handle({ pool }, { provider, caller, by, id }) {
    requirePermission(caller, "change-plans", provider);
    const target = { provider, accountId: id("account_id"), subscriptionId: id("id"), by };
    requireSuccess(await unsubscribe(pool, target));
    return {};
  },
};

export const serviceContractOperations: readonly Operation[] = [
  listServiceContractsOperation,
  deleteServiceContractOperation,
];
