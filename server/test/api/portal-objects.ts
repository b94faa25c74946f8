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
  readonly providerUser: number;
  readonly field: number;
}

/** Signs up an account and returns the ids of the provider's objects. */
export async function createPortalObjects(api: ProviderApi): Promise<PortalObjects> {
  const first = async (path: string, method: "GET" | "POST" = "GET", payload?: object): Promise<number> => {
    const response = await api.send(method, path, payload ? { payload } : {});
    return Number(/"id":(\d+)/.exec(response.body)?.[1]);
  };
  const account = await first("/signup.json", "POST", { org_name: "Quay Ltd", username: "quay" });
  return {
    account,
    user: await first(`/accounts/${account}/users.json`),
    application: await first(`/accounts/${account}/applications.json`),
    service: await first("/services.json"),
    accountPlan: await first("/account_plans.json"),
    servicePlan: await first("/service_plans.json"),
    applicationPlan: await first("/application_plans.json"),
    subscription: await first(`/accounts/${account}/service_subscriptions.json`),
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
  fields_definitions: objects.field,
});

/** Replaces the parameters of a path with ids of these objects. Parts of an application get its id. */
export function fillIds(path: string, objects: PortalObjects): string {
  const ids = idsByCollection(objects);
  const collections = Array.from(path.matchAll(/\/(\w+)\/\{/g), ([, name = ""]) => name);
  const id = path.startsWith("/users/") ? undefined : ids[collections.findLast((name) => name in ids) ?? ""];
  return path
    .replace("{account_id}", String(objects.account))
    .replace("{application_id}", String(objects.application))
    .replace("{service_id}", String(objects.service))
    .replace("{user_id}", String(objects.providerUser))
    .replaceAll(/\{\w+\}/g, String(id ?? objects.providerUser));
}
