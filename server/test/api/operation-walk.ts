import type { LightMyRequestResponse } from "fastify";
import { operations } from "#http/account-management-api/index.ts";
import type { Operation } from "#http/account-management-api/operation.ts";
import type { ProviderApi } from "./api-test.ts";

/** The ids of the objects created so far, by the names in `keep`. */
type Ids = Readonly<Record<string, number | string>>;

interface Step {
  readonly title: string;
  /** The names of the ids in the path, in order. */
  readonly at?: readonly string[];
  readonly query?: string | ((ids: Ids) => string);
  readonly payload?: (ids: Ids) => object;
  /** The name to keep the response's first, or last, id under. */
  readonly keep?: string;
  readonly keepLast?: string;
}

const account = ["account"];
const user = ["account", "user"];
const application = ["account", "application"];
const plan = ["service", "plan"];
const feature = ["service", "feature"];
const providerUser = ["providerUser"];
const secret = "a long enough password";

/** Every operation at least once, in an order in which each finds the objects that it needs. */
const steps: readonly Step[] = [
  {
    title: "Signup Express (Account Create)",
    payload: () => ({ org_name: "Harbour", username: "mira", email: "mira@harbour.test" }),
    keep: "account",
  },
  { title: "Account List", query: "state=created" },
  { title: "Account Find", query: "username=mira" },
  { title: "Account Read", at: account },
  { title: "Account Update", at: account, payload: () => ({ org_name: "Harbour & Sons" }) },
  { title: "Account Approve", at: account },
  { title: "Account Reject", at: account },
  { title: "Account Reset to Pending", at: account },
  { title: "Account Plan Create", payload: () => ({ name: "Gold", state_event: "publish" }), keep: "accountPlan" },
  { title: "Account Plan List" },
  { title: "Account Plan Read", at: ["accountPlan"] },
  { title: "Account Plan Update", at: ["accountPlan"], payload: () => ({ account_plan: { name: "Silver" } }) },
  { title: "Account Plan set to Default", at: ["accountPlan"] },
  { title: "Account Change Plan", at: account, payload: ({ accountPlan }) => ({ plan_id: accountPlan }) },
  { title: "Account Fetch Account Plan", at: account },
  { title: "Account Feature Create", payload: () => ({ name: "Meetings" }), keep: "accountFeature" },
  { title: "Account Features List" },
  { title: "Account Feature Read", at: ["accountFeature"] },
  { title: "Account Feature Update", at: ["accountFeature"], payload: () => ({ description: "Each month" }) },
  {
    title: "Account Plan Features Create",
    at: ["accountPlan"],
    payload: ({ accountFeature }) => ({ feature_id: accountFeature }),
  },
  { title: "Account Plan Features List", at: ["accountPlan"] },
  { title: "Account Plan Features Delete", at: ["accountPlan", "accountFeature"] },
  { title: "Account Feature Delete", at: ["accountFeature"] },
  { title: "Account Plan Create", payload: () => ({ name: "Brass" }), keep: "sparePlan" },
  { title: "Account Plan Delete", at: ["sparePlan"] },
  {
    title: "Account Set Credit Card",
    at: account,
    payload: () => ({
      credit_card_token: "t1",
      credit_card_expiration_year: "2031",
      credit_card_expiration_month: "5",
      billing_address_name: "Mira",
      billing_address_address: "Quay 1",
      billing_address_city: "Hull",
      billing_address_country: "GB",
    }),
  },
  { title: "Account Delete Credit Card", at: account },
  { title: "SSO Token Create", payload: () => ({ username: "mira", expires_in: 60 }) },
  { title: "Account Message", at: account, payload: () => ({ subject: "Prices", body: "They stay." }) },

  {
    title: "User Create",
    at: account,
    payload: () => ({ username: "olaf", email: "olaf@harbour.test", password: secret }),
    keep: "user",
  },
  { title: "User List", at: account, query: "role=member" },
  { title: "User Read", at: user },
  { title: "User Update", at: user, payload: () => ({ username: "olafur" }) },
  { title: "User Activate", at: user },
  { title: "User change Role to Admin", at: user },
  { title: "User Change Role to Member", at: user },
  { title: "User Suspend", at: user },
  { title: "User Unsuspend", at: user },
  { title: "User Delete", at: user },

  {
    title: "Service Create",
    payload: () => ({ name: "Tides", backend_version: "2", referrer_filters_required: "1" }),
    keep: "service",
  },
  { title: "Service List" },
  { title: "Service Read", at: ["service"] },
  { title: "Backend Usage List", at: ["service"] },
  { title: "Service Update", at: ["service"], payload: () => ({ description: "When the water comes" }) },
  { title: "Service Plan List (all services)" },
  { title: "Service Plan List", at: ["service"], keep: "spareServicePlan" },
  {
    title: "Service Plan Create",
    at: ["service"],
    payload: () => ({ name: "Partners", state_event: "publish" }),
    keep: "servicePlan",
  },
  { title: "Service Plan Read", at: ["service", "servicePlan"] },
  { title: "Service Plan Update", at: ["service", "servicePlan"], payload: () => ({ approval_required: true }) },
  { title: "Service Plan Set to Default", at: ["service", "servicePlan"] },
  { title: "Service Plan Delete", at: ["service", "spareServicePlan"] },
  {
    title: "Service Feature Create",
    at: ["service"],
    payload: () => ({ name: "Early access", scope: "ServicePlan" }),
    keep: "serviceFeature",
  },
  {
    title: "Service Plan Feature Add",
    at: ["servicePlan"],
    payload: ({ serviceFeature }) => ({ feature_id: serviceFeature }),
  },
  { title: "Service Plan Feature List", at: ["servicePlan"] },
  { title: "Service Plan Features Delete", at: ["servicePlan", "serviceFeature"] },
  {
    title: "Application Plan Create",
    at: ["service"],
    payload: () => ({ name: "Basic", approval_required: true }),
    keep: "plan",
  },
  {
    title: "Application Plan Create",
    at: ["service"],
    payload: () => ({ name: "Pro", cost_per_month: 12.5 }),
    keep: "proPlan",
  },
  { title: "Application Plan List (all services)" },
  { title: "Application Plan List", at: ["service"] },
  { title: "Application Plan Read", at: plan },
  { title: "Application Plan Update", at: plan, payload: () => ({ application_plan: { setup_fee: "1.5" } }) },
  { title: "Application Plan Set to Default", at: plan },
  { title: "Service Feature Create", at: ["service"], payload: () => ({ name: "Support" }), keep: "feature" },
  { title: "Service Feature List", at: ["service"] },
  { title: "Service Feature Read", at: feature },
  { title: "Service Feature Update", at: feature, payload: () => ({ feature: { system_name: "help" } }) },
  { title: "Application Plan Feature Create", at: ["plan"], payload: (ids) => ({ feature_id: ids["feature"] }) },
  { title: "Application Plan Feature List", at: ["plan"] },
  { title: "Application Plan Feature Delete", at: ["plan", "feature"] },
  { title: "Service Feature Delete", at: feature },

  {
    title: "ActiveDocs Spec Create",
    payload: ({ service }) => ({
      name: "Tides",
      body: '{"openapi":"3.0.0","info":{"title":"T","version":"1"},"paths":{}}',
      service_id: service,
    }),
    keep: "specification",
  },
  { title: "ActiveDocs Spec List" },
  { title: "ActiveDocs Spec Read", at: ["specification"] },
  { title: "ActiveDocs Spec Update", at: ["specification"], payload: () => ({ published: true }) },
  { title: "ActiveDocs Spec Delete", at: ["specification"] },
  { title: "Service Metric List", at: ["service"], keep: "hits" },
  {
    title: "Service Metric Create",
    at: ["service"],
    payload: () => ({ friendly_name: "Megabytes", unit: "MB", description: "Traffic" }),
    keep: "metric",
  },
  { title: "Service Metric Read", at: ["service", "metric"] },
  { title: "Service Metric Update", at: ["service", "metric"], payload: () => ({ metric: { unit: "GB" } }) },
  {
    title: "Service Method Create",
    at: ["service", "hits"],
    payload: () => ({ friendly_name: "Departures" }),
    keep: "method",
  },
  { title: "Service Method List", at: ["service", "hits"] },
  { title: "Service Method Read", at: ["service", "hits", "method"] },
  {
    title: "Service Method Update",
    at: ["service", "hits", "method"],
    payload: () => ({ description: "Of ferries" }),
  },
  { title: "Limit Create", at: ["plan", "metric"], payload: () => ({ period: "day", value: 100 }), keep: "limit" },
  { title: "Limits List per Application Plan", at: ["plan"] },
  { title: "Limits List per Metric", at: ["plan", "metric"] },
  { title: "Limit Read", at: ["plan", "metric", "limit"] },
  { title: "Limit Update", at: ["plan", "metric", "limit"], payload: () => ({ usage_limit: { value: 200 } }) },
  { title: "Limit Delete", at: ["plan", "metric", "limit"] },
  {
    title: "Pricing Rule Create",
    at: ["plan", "method"],
    payload: () => ({ max: 1000, cost_per_unit: "0.05" }),
    keep: "pricingRule",
  },
  { title: "Pricing Rules List per Application Plan", at: ["plan"] },
  { title: "Pricing Rules List per Metric", at: ["plan", "method"] },
  { title: "Pricing Rule Delete", at: ["plan", "method", "pricingRule"] },
  { title: "Service Method Delete", at: ["service", "hits", "method"] },
  { title: "Service Metric Delete", at: ["service", "metric"] },

  {
    title: "Application Create",
    at: account,
    payload: (ids) => ({
      plan_id: ids["plan"],
      name: "Ferry",
      application_id: "ferry-1",
      application_key: ["key-one", "key-two"],
    }),
    keep: "application",
  },
  { title: "Application List", at: account },
  { title: "Application Find (of an account)", at: account, query: "app_id=ferry-1" },
  { title: "Application Read", at: application },
  { title: "Application Update", at: application, payload: () => ({ description: "Times of ferries" }) },
  { title: "Application Accept", at: application },
  { title: "Application Change Plan", at: application, payload: (ids) => ({ plan_id: ids["proPlan"] }) },
  { title: "Application Create Plan Customization", at: application },
  { title: "Application Delete Plan Customization", at: application },
  { title: "Application Suspend", at: application },
  { title: "Application Resume", at: application },
  { title: "Application Key Create", at: application, payload: () => ({ key: "key.three" }) },
  { title: "Application Key List", at: application },
  { title: "Application Key Delete", at: ["account", "application", "key"] },
  {
    title: "Application Referrer Filter Create",
    at: application,
    payload: () => ({ referrer_filter: "*.harbour.test" }),
  },
  { title: "Application Referrer Filter List", at: application, keep: "filter" },
  { title: "Application Referrer Filter Delete", at: [...application, "filter"] },
  { title: "Application List (all services)", query: "plan_type=paid" },
  { title: "Application Find", query: "app_id=ferry-1" },
  { title: "Application Delete", at: application },
  { title: "Service Subscription List (deprecated)", at: account, keepLast: "subscription" },
  { title: "Service Subscription Delete (deprecated)", at: ["account", "subscription"] },
  {
    title: "Service Plan Create",
    at: ["service"],
    payload: () => ({ name: "Friends" }),
    keep: "friendsPlan",
  },
  {
    title: "Service Subscription Create",
    at: account,
    payload: (ids) => ({ plan_id: ids["servicePlan"] }),
    keep: "subscription",
  },
  { title: "Service Subscription List", at: account },
  { title: "Service Subscription Read", at: ["account", "subscription"] },
  { title: "Service Subscription Approve", at: ["account", "subscription"] },
  {
    title: "Service Subscription Change Plan",
    at: ["account", "subscription"],
    payload: (ids) => ({ service_subscription: { plan_id: ids["friendsPlan"] } }),
  },
  { title: "Service Subscription Delete", at: ["account", "subscription"] },
  { title: "Account Service Plan Buy", at: ["account", "friendsPlan"] },
  { title: "Account Service Plan List", at: account },
  { title: "Account Application Plan Buy", at: ["account", "plan"], payload: () => ({ name: "Bought" }) },
  { title: "Account Application Plan List", at: account },
  { title: "Application Plan Delete", at: ["service", "proPlan"] },
  { title: "Service Delete", at: ["service"] },

  { title: "User List (provider account)", keep: "me" },
  {
    title: "User Create (provider account)",
    payload: () => ({ username: "grace", email: "grace@acme.test", password: secret }),
    keep: "providerUser",
  },
  { title: "User Read (provider account)", at: providerUser },
  { title: "User Update (provider account)", at: providerUser, payload: () => ({ username: "gracia" }) },
  { title: "User Activate (provider account)", at: providerUser },
  {
    title: "User Permissions Update",
    at: providerUser,
    payload: () => ({ allowed_sections: ["plans"] }),
  },
  { title: "User Permissions Read", at: providerUser },
  { title: "User Change Role to Admin (provider account)", at: providerUser },
  { title: "User Change Role to Member (provider account)", at: providerUser },
  { title: "User Suspend (provider account)", at: providerUser },
  { title: "User Unsuspend (provider account)", at: providerUser },
  { title: "User Delete (provider account)", at: providerUser },
  { title: "Provider Account Update", payload: () => ({ support_email: "help@acme.test" }) },
  { title: "Provider Account Read" },

  { title: "Access Token Create", at: ["me"], payload: () => ({ name: "ci", permission: "ro", scopes: ["stats"] }) },
  {
    title: "Personal Access Token Create",
    payload: () => ({
      token: { name: "crm", permission: "rw", scopes: ["account_management"], expires_at: "2099-01-01T00:00:00Z" },
    }),
    keep: "token",
  },
  { title: "Personal Access Token List", query: "name=cr" },
  { title: "Personal Access Token Read", at: ["token"] },
  { title: "Personal Access Token Delete", at: ["token"] },
  { title: "Notification Preferences List" },
  { title: "Notification Preferences Update", payload: () => ({ account_created: true }) },
  { title: "Settings Update", payload: () => ({ signups_enabled: false }) },
  { title: "Settings Read" },
  {
    title: "Authentication Provider Developer Portal Create",
    payload: () => ({ kind: "github", client_id: "portal", client_secret: "tide" }),
    keep: "identityProvider",
  },
  { title: "Authentication Providers Developer Portal List" },
  { title: "Authentication Provider Developer Portal Read", at: ["identityProvider"] },
  {
    title: "Authentication Provider Developer Portal Update",
    at: ["identityProvider"],
    payload: () => ({ published: true }),
  },
  {
    title: "Authentication Provider Admin Portal Create",
    payload: () => ({ kind: "auth0", client_id: "portal", client_secret: "tide", site: "https://acme.auth0.example" }),
    keep: "ownIdentityProvider",
  },
  { title: "Authentication Providers Admin Portal List" },
  { title: "Authentication Provider Admin Portal Read", at: ["ownIdentityProvider"] },
  {
    title: "Authentication Provider Admin Portal Update",
    at: ["ownIdentityProvider"],
    payload: () => ({ published: true }),
  },
  {
    title: "Fields Definition Create",
    payload: () => ({ target: "Account", name: "region", label: "Region", choices: ["emea", "apac"] }),
    keep: "field",
  },
  { title: "Fields Definitions List" },
  { title: "Fields Definition Update", at: ["field"], payload: () => ({ fields_definition: { label: "Where" } }) },
  { title: "Fields Definition Read", at: ["field"] },
  { title: "Fields Definition Delete", at: ["field"] },
  { title: "WebHooks Update", payload: () => ({ url: "https://hooks.example/3s" }) },
  { title: "Webhooks List Failed Deliveries" },
  { title: "Webhooks Delete Failed Deliveries" },
  {
    title: "Object deletion status for objects that are deleted asynchronously",
    query: (ids) => `object_type=account&object_id=${ids["account"]}`,
  },
  { title: "Account Delete", at: account },
];

type Format = "xml" | "json";

interface Visit {
  readonly operation: Operation;
  readonly format: Format;
  readonly response: LightMyRequestResponse;
}

/** Calls every operation in order, in the given format where the operation has it. */
export async function* walkOperations(api: ProviderApi, preferred: Format): AsyncGenerator<Visit> {
  const ids: Record<string, number | string> = { key: "key.three" };
  for (const step of steps) {
    const operation = operationOf(step);
    const format = operation.isJsonOnly ? "json" : preferred;
    const response = await callOperation(api, step, { operation, ids, format });
    yield { operation, format, response };
    const createdIds = idsIn(response.body);
    if (step.keep !== undefined) ids[step.keep] = createdIds[0] ?? 0;
    if (step.keepLast !== undefined) ids[step.keepLast] = createdIds.at(-1) ?? 0;
  }
}

function operationOf({ title }: Step): Operation {
  const operation = operations.find((candidate) => candidate.title === title);
  if (!operation) throw new Error(`Unknown operation: ${title}`);
  return operation;
}

/** Replaces the parameters of a path with these values, in order. */
export const fillPath = (path: string, values: readonly (string | number | undefined)[]): string => {
  const left = [...values];
  return path.replaceAll(/\{\w+\}/g, () => String(left.shift()));
};

async function callOperation(
  api: ProviderApi,
  { at = [], query, payload }: Step,
  { operation: { method, path }, ids, format }: { operation: Operation; ids: Ids; format: Format },
): Promise<LightMyRequestResponse> {
  const filled = fillPath(
    path,
    at.map((name) => ids[name]),
  );
  const url = `${filled}.${format}`;
  const parameters = typeof query === "function" ? query(ids) : query;
  return api.send(
    method,
    parameters === undefined ? url : `${url}?${parameters}`,
    payload ? { payload: payload(ids) } : {},
  );
}

const idsIn = (body: string): readonly number[] =>
  Array.from(body.matchAll(/(?:<id(?: [^>]*)?>|"id":)(\d+)/g), ([, id]) => Number(id));
