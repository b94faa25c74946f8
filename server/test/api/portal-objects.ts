import { expect } from "vitest";
import type { ProviderApi } from "./api-test.ts";

export interface PortalObjects {
  readonly account: number;
  readonly user: number;
  readonly application: number;
  readonly service: number;
  readonly accountPlan: number;
  readonly servicePlan: number;
  readonly applicationPlan: number;
  readonly subscription: number;
  /** Each is enabled for the plan of its kind. */
  readonly accountFeature: number;
  readonly serviceFeature: number;
  readonly planFeature: number;
  /** The metric `hits`. */
  readonly metric: number;
  readonly method: number;
  readonly limit: number;
  readonly pricingRule: number;
  /** One of the Developer Portal, and one of the Admin Portal. */
  readonly authenticationProvider: number;
  readonly ownAuthenticationProvider: number;
  /** Belongs to the service. */
  readonly specification: number;
  readonly providerUser: number;
  readonly field: number;
}

const identityProvider = {
  kind: "keycloak",
  client_id: "portal",
  client_secret: "low tide",
  site: "https://sso.quay.example/realms/staff",
};

/** Signs up an account and returns the ids of the provider's objects. */
export async function createPortalObjects(api: ProviderApi): Promise<PortalObjects> {
  const first = async (path: string, method: "GET" | "POST" = "GET", payload?: object): Promise<number> => {
    const response = await api.send(method, path, payload ? { payload } : {});
    return Number(/"id":(\d+)/.exec(response.body)?.[1]);
  };
  const service = await first("/services.json");
  const applicationPlan = await first("/application_plans.json");
  const metric = await first(`/services/${service}/metrics.json`);
  const terms = `/application_plans/${applicationPlan}/metrics/${metric}`;
  const account = await first("/signup.json", "POST", { org_name: "Quay Ltd", username: "quay" });
  const addFeature = async (kind: string, path: string, payload: object): Promise<number> => {
    const id = await first(path, "POST", { name: "Support", ...payload });
    const response = await api.send("POST", `/${kind}s/${await first(`/${kind}s.json`)}/features.json`, {
      payload: { feature_id: id },
    });
    expect([response.statusCode, response.body]).toEqual([201, expect.anything()]);
    return id;
  };
  const ofService = `/services/${service}/features.json`;
  return {
    account,
    user: await first(`/accounts/${account}/users.json`),
    application: await first(`/accounts/${account}/applications.json`),
    service,
    accountPlan: await first("/account_plans.json"),
    servicePlan: await first("/service_plans.json"),
    applicationPlan,
    subscription: await first(`/accounts/${account}/service_subscriptions.json`),
    accountFeature: await addFeature("account_plan", "/features.json", {}),
    serviceFeature: await addFeature("service_plan", ofService, { scope: "ServicePlan", system_name: "access" }),
    planFeature: await addFeature("application_plan", ofService, {}),
    metric,
    method: await first(`/services/${service}/metrics/${metric}/methods.json`, "POST", { friendly_name: "Tides" }),
    limit: await first(`${terms}/limits.json`, "POST", { period: "day", value: 10 }),
    pricingRule: await first(`${terms}/pricing_rules.json`, "POST", { cost_per_unit: "0" }),
    authenticationProvider: await first("/authentication_providers.json", "POST", identityProvider),
    ownAuthenticationProvider: await first("/account/authentication_providers.json", "POST", identityProvider),
    specification: await first("/active_docs.json", "POST", {
      name: "Quay API",
      body: '{"apis":[]}',
      service_id: service,
    }),
    providerUser: await first("/users.json"),
    field: await first("/fields_definitions.json"),
  };
}

/** Returns the ids of these objects by the collections that precede them in paths. */
export const idsByCollection = (objects: PortalObjects): Readonly<Record<string, number>> => ({
  accounts: objects.account,
  users: objects.user,
  applications: objects.application,
  services: objects.service,
  products: objects.service,
  account_plans: objects.accountPlan,
  service_plans: objects.servicePlan,
  application_plans: objects.applicationPlan,
  service_subscriptions: objects.subscription,
  service_contracts: objects.subscription,
  subscriptions: objects.subscription,
  metrics: objects.metric,
  methods: objects.method,
  limits: objects.limit,
  pricing_rules: objects.pricingRule,
  active_docs: objects.specification,
  "api-specifications": objects.specification,
  fields_definitions: objects.field,
  authentication_providers: objects.authenticationProvider,
});

/** Returns the name of the feature that a path leads to: one that the object before it has. */
export const featureIn = (path: string): "accountFeature" | "serviceFeature" | "planFeature" => {
  if (path.includes("/service_plans/")) return "serviceFeature";
  return /\/(services|application_plans)\//.test(path) ? "planFeature" : "accountFeature";
};

/** Replaces the parameters of a path with ids of these objects. Parts of an application get its id. */
export function fillIds(path: string, objects: PortalObjects): string {
  const ids = idsByCollection(objects);
  const collections = Array.from(path.matchAll(/\/(\w+)\/\{/g), ([, name = ""]) => name);
  if (path.startsWith("/account/authentication_providers/"))
    return path.replace("{id}", String(objects.ownAuthenticationProvider));
  if (path.endsWith("/features/{id}")) return fillIds(path.replace("{id}", String(objects[featureIn(path)])), objects);
  const id = path.startsWith("/users/") ? undefined : ids[collections.findLast((name) => name in ids) ?? ""];
  return path
    .replace("{account_id}", String(objects.account))
    .replace("{application_id}", String(objects.application))
    .replace("{application_plan_id}", String(objects.applicationPlan))
    .replace("{metric_id}", String(objects.metric))
    .replace("{service_id}", String(objects.service))
    .replace("{user_id}", String(objects.providerUser))
    .replaceAll(/\{\w+\}/g, String(id ?? objects.providerUser));
}
