import type { LightMyRequestResponse } from "fastify";
import { expect } from "vitest";
import { operations } from "#http/account-management-api/index.ts";
import type { Operation } from "#http/account-management-api/operation.ts";
import { type ProviderApi, test } from "./api-test.ts";
import { fillPath } from "./operation-walk.ts";
import type { Effect, Permit, PermitList, PermitObjects } from "./permit-list.ts";
import { listsOfDevelopers } from "./permit-lists-of-developers.ts";
import { listsOfProvider } from "./permit-lists-of-provider.ts";
import { createPortalObjects } from "./portal-objects.ts";

const permitLists = [...listsOfDevelopers, ...listsOfProvider];

const operationOf = (title: string): Operation => {
  const operation = operations.find((each) => each.title === title);
  if (!operation) throw new Error(`There is no operation ${title}.`);
  return operation;
};

const firstId = (response: LightMyRequestResponse): number => Number(/"id":(\d+)/.exec(response.body)?.[1]);

/** Creates the objects that the lists refer to. */
async function createPermitObjects(api: ProviderApi): Promise<PermitObjects> {
  const define = (target: string, name: string, more = {}) =>
    api.send("POST", "/fields_definitions.json", { payload: { target, name, label: name, ...more } });
  const ownField = firstId(await define("Account", "region"));
  await define("Account", "billing_address", { read_only: true });
  await define("User", "job_role");
  await define("Cinstance", "stage");
  const objects = await createPortalObjects(api);
  const otherAccount = firstId(
    await api.send("POST", "/signup.json", { payload: { org_name: "Mole", username: "mole" } }),
  );
  await api.pool.query("delete from applications where account_id = $1", [otherAccount]);
  await api.pool.query("delete from service_subscriptions where account_id = $1", [otherAccount]);
  const hidden = { payload: { name: "Hidden" } };
  const addFeatures = async (path: string, more = {}): Promise<[number, number]> => {
    const add = () => api.send("POST", path, { payload: { feature: { description: "More", ...more } } });
    return [firstId(await add()), firstId(await add())];
  };
  const member = { payload: { username: "member", email: "member@acme.example" } };
  return {
    ...objects,
    hiddenPlan: firstId(await api.send("POST", `/services/${objects.service}/application_plans.json`, hidden)),
    otherServicePlan: firstId(await api.send("POST", `/services/${objects.service}/service_plans.json`, hidden)),
    otherAccount,
    freeFeatures: {
      account_plan: await addFeatures("/features.json"),
      service_plan: await addFeatures(`/services/${objects.service}/features.json`, { scope: "ServicePlan" }),
      application_plan: await addFeatures(`/services/${objects.service}/features.json`),
    },
    member: firstId(await api.send("POST", "/users.json", member)),
    ownField,
  };
}

/** Adds a value to a body; `billing_address[city]` adds it to the object's other fields. */
function withValue(values: Readonly<Record<string, unknown>>, { name, send, also }: Permit): object {
  const [, outer = name, inner] = /^(\w+)\[(\w+)\]$/.exec(name) ?? [];
  const all: Readonly<Record<string, unknown>> = { ...values, ...also };
  const expected = all[outer];
  return inner === undefined
    ? { ...all, [name]: send }
    : { ...all, [outer]: { ...(typeof expected === "object" ? expected : {}), [inner]: send } };
}

test.for(permitLists.map((list): [string, PermitList] => [list.controller, list]))(
  "every parameter that 3scale permits has its effect or is rejected: %s",
  async ([, list], { api }) => {
    const world = await createPermitObjects(api);
    const operation = operationOf(list.title);
    for (const [n, permit] of list.permits(world).entries()) {
      const values = withValue(list.base?.(world, n) ?? {}, permit);
      const payload = operation.wrapper === undefined ? values : { [operation.wrapper]: values };
      const path = `${fillPath(operation.path, list.at?.(world) ?? [])}.json`;
      const response = await api.send(operation.method, path, { payload });
      const id = operation.method === "POST" ? undefined : list.at?.(world).at(-1);
      expect({ permit, ...(await effectOf(api, permit, { response, id })) }).toEqual({
        permit,
        status: "refused" in permit.effect ? 422 : operation.method === "POST" ? 201 : 200,
        effect: valueOf(permit.effect),
      });
    }
  },
);

const valueOf = (effect: Effect): unknown =>
  "shows" in effect
    ? effect.shows
    : "stores" in effect
      ? effect.stores
      : "refused" in effect
        ? effect.refused
        : undefined;

/** Returns a parameter's value in the response, or in its column of the updated or newest row. */
async function effectOf(
  api: ProviderApi,
  { name, effect }: Permit,
  { response, id }: { readonly response: LightMyRequestResponse; readonly id: number | undefined },
): Promise<{ status: number; effect: unknown; body?: string }> {
  const status = response.statusCode;
  if ("refused" in effect) {
    const errors = Object.keys(response.json().errors ?? {});
    return { status, effect: errors.length === 1 ? errors[0] : errors };
  }
  if (status >= 400) return { status, effect: undefined, body: response.body };
  if ("ignored" in effect) return { status, effect: undefined };
  if ("stores" in effect) {
    const key = effect.in === "application_keys" ? "application_id" : "id";
    const rows = await api.pool.query<{ value: unknown }>(
      `select ${effect.column ?? name} as value from ${effect.in} where provider_id = $1
       order by ${key} = $2 desc nulls last, ${key} desc, created_at desc limit 1`,
      [api.provider.id, id ?? null],
    );
    return { status, effect: rows[0]?.value };
  }
  const [root] = Object.values(response.json<Record<string, unknown>>());
  return { status, effect: (effect.as ?? name).split(".").reduce(partOf, root) };
}

const partOf = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null ? Object.getOwnPropertyDescriptor(value, name)?.value : undefined;

test("every operation with a body has a permit list that covers its documented parameters", () => {
  const titles = new Set(permitLists.map(({ title }) => title));
  const withBody = operations.filter(({ body }) => body !== undefined).map(({ title }) => title);
  expect(withBody.filter((title) => !titles.has(title))).toEqual([
    "Application Change Plan", // the same `plan_id` as "Account Change Plan"
    "Access Token Create", // the same parameters as "Personal Access Token Create"
  ]);
  const world: PermitObjects = {
    account: 1,
    user: 1,
    application: 1,
    service: 1,
    accountPlan: 1,
    applicationPlan: 1,
    providerUser: 1,
    field: 1,
    servicePlan: 1,
    subscription: 1,
    accountFeature: 1,
    serviceFeature: 1,
    planFeature: 1,
    authenticationProvider: 1,
    ownAuthenticationProvider: 1,
    freeFeatures: { account_plan: [1, 1], service_plan: [1, 1], application_plan: [1, 1] },
    metric: 1,
    method: 1,
    limit: 1,
    pricingRule: 1,
    specification: 1,
    hiddenPlan: 1,
    otherServicePlan: 1,
    otherAccount: 1,
    member: 1,
    ownField: 1,
  };
  const bellwireOnly = new Set([
    "current_password",
    "email_activation",
    "password_length_min",
    "time_zone",
    "web_hooks",
  ]);
  for (const list of permitLists) {
    const named = new Set(list.permits(world).map(({ name }) => name.replace(/\[.*/, "")));
    const documented = Object.keys(operationOf(list.title).body?.properties ?? {});
    const missing = documented.filter((name) => !named.has(name) && !bellwireOnly.has(name));
    expect([list.controller, missing]).toEqual([
      list.controller,
      list.controller.includes("account_plans") ? missing : [],
    ]);
  }
});
