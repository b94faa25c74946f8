import type { ProviderApi } from "./api-test.ts";

export interface PortalObjects {
  readonly account: number;
  readonly user: number;
  readonly application: number;
  readonly service: number;
  readonly accountPlan: number;
  readonly applicationPlan: number;
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
    applicationPlan: await first("/application_plans.json"),
    providerUser: await first("/users.json"),
    field: await first("/fields_definitions.json"),
  };
}

/** Replaces the parameters of a path with ids of these objects. */
export function fillIds(path: string, objects: PortalObjects): string {
  const isOf = (part: string): boolean => path.includes(part);
  const id = isOf("/fields_definitions/")
    ? objects.field
    : isOf("/application_plans/")
      ? objects.applicationPlan
      : isOf("/account_plans/")
        ? objects.accountPlan
        : isOf("/services/")
          ? objects.service
          : isOf("/applications/")
            ? objects.application
            : isOf("/accounts/{account_id}/users/")
              ? objects.user
              : isOf("/accounts/")
                ? objects.account
                : objects.providerUser;
  return path
    .replace("{account_id}", String(objects.account))
    .replace("{application_id}", String(objects.application))
    .replace("{service_id}", String(objects.service))
    .replace("{user_id}", String(objects.providerUser))
    .replaceAll(/\{\w+\}/g, String(id));
}
