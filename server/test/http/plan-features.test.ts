import { expect } from "vitest";
import { memberSections } from "#portal/provider-account/index.ts";
import { type ProviderApi, baseDomain, createProviderApi } from "../api/api-test.ts";
import { createPortalObjects } from "../api/portal-objects.ts";
import { openWebServer } from "../support/open-web-server.ts";
import { test as base } from "../support/test.ts";

const test = base
  .extend("http", async ({ sharedPool }, { onCleanup }) => {
    const server = await openWebServer(sharedPool, { baseDomain });
    onCleanup(() => server[Symbol.asyncDispose]());
    return server.http;
  })
  .extend("api", ({ sharedPool, http }) => createProviderApi(sharedPool, http, new Date()))
  .extend("otherApi", ({ sharedPool, http }) => createProviderApi(sharedPool, http, new Date()));

/** Creates features that the plans have, and a product with none. Reads the lists of the API with a token. */
async function setUp(api: ProviderApi) {
  const objects = await createPortalObjects(api);
  const { service, accountPlan, servicePlan, applicationPlan } = objects;
  const other = (await api.send("POST", "/services.json", { payload: { name: "Tides" } })).json().service.id;
  const read = async (query: string, token = api.token) => {
    const headers = { authorization: `Bearer ${token}` };
    const response = await api.sendWithoutToken({ url: `/api/v1/plan_features${query}`, headers });
    return response.statusCode === 200 ? response.json().data : response.statusCode;
  };
  return {
    ...objects,
    other,
    read,
    ofAccounts: { plan_id: accountPlan, feature_id: objects.accountFeature },
    ofSubscriptions: { plan_id: servicePlan, feature_id: objects.serviceFeature },
    ofApplications: { plan_id: applicationPlan, feature_id: objects.planFeature },
    product: `?product_id=${service}`,
  };
}

test("the features of a product's plans are listed, or those of account plans, without custom plans", async ({
  api,
  otherApi,
}) => {
  const scene = await setUp(api);
  const { read, product } = scene;
  const foreign = await setUp(otherApi);
  await api.send("PUT", `/accounts/${scene.account}/applications/${scene.application}/customize_plan.json`);
  expect(await read("")).toEqual([scene.ofAccounts]);
  expect(await read(product)).toEqual([scene.ofSubscriptions, scene.ofApplications]);
  expect([await read(`?product_id=${scene.other}`), await read(foreign.product)]).toEqual([[], []]);
});

test.for([
  [["partners"], [], ["ofApplications"]],
  [["partners", "plans"], ["ofAccounts"], ["ofSubscriptions", "ofApplications"]],
] as const)(
  "a member with %j sees the features of the plans that these sections show",
  async ([sections, account, product], { api }) => {
    const scene = await setUp(api);
    const token = await api.addToken({ role: "member", sections });
    expect(await scene.read("", token)).toEqual(account.map((name) => scene[name]));
    expect(await scene.read(scene.product, token)).toEqual(product.map((name) => scene[name]));
  },
);

test("a member sees no features of products outside the own scope, and without a section none", async ({ api }) => {
  const scene = await setUp(api);
  const limited = await api.addToken({ role: "member", sections: memberSections, serviceIds: [scene.other] });
  expect(await scene.read(scene.product, limited)).toEqual([]);
  expect(await scene.read("", limited)).toEqual([scene.ofAccounts]);
  expect(await scene.read("", await api.addToken({ role: "member", sections: ["finance"] }))).toBe(403);
});
