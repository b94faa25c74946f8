import { expect } from "vitest";
import {
  createFeature,
  createLimit,
  createPricingRule,
  enableFeature,
  listMetrics,
  listPlans,
  limitPeriods,
  type PlanKind,
} from "#portal/products/index.ts";
import { addPlan, firstApplicationPath, type PortalFixture, test, updateProduct } from "./portal-test.ts";

/** Gives a plan features with these names. */
async function promise({ pool, provider, clock }: PortalFixture, planId: number, names: readonly string[]) {
  const [plan] = await pool.query<{ kind: PlanKind; productId: number | null }>(
    "select kind, product_id from plans where id = $1",
    [planId],
  );
  if (!plan) throw new Error("There is no such plan.");
  const by = { actor: { kind: "key" }, channel: "api", now: clock.now() } as const;
  const scope = plan.kind === "service_plan" ? "ServicePlan" : "ApplicationPlan";
  for (const name of names) {
    const values = { name, scope };
    const owner = { providerId: provider.id, productId: plan.productId };
    const created = await createFeature(pool, { ...owner, values, by });
    const featureId = created && "feature" in created ? created.feature.id : 0;
    const enabled = await enableFeature(pool, { providerId: provider.id, kind: plan.kind, planId, featureId, by });
    expect(enabled).toHaveProperty("feature");
  }
}

const planOf = async ({ pool, provider }: PortalFixture, kind: PlanKind): Promise<number> =>
  (await listPlans(pool, provider.id, { kind }))[0]?.id ?? 0;

/** Returns the lists of features on a page, in order. */
const featuresIn = (html: string): readonly (readonly string[])[] =>
  Array.from(html.matchAll(/<ul class="features">(.*?)<\/ul>/gs), ([, list = ""]) =>
    Array.from(list.matchAll(/<li><bdi>(.*?)<\/bdi>/g), ([, name = ""]) => name),
  );

test("the page of an application, and that of the account, list the features of their plans", async ({ portal }) => {
  const ada = await portal.developer("ada");
  const path = await firstApplicationPath(ada);
  expect(featuresIn((await ada.get(path)).html + (await ada.get("/account")).html)).toEqual([]);
  await promise(portal, await planOf(portal, "application_plan"), ["24/7 support", "<b>Uptime</b>"]);
  await promise(portal, await planOf(portal, "account_plan"), ["Meetings"]);
  expect(featuresIn((await ada.get(path)).html)).toEqual([["24/7 support", "&lt;b&gt;Uptime&lt;/b&gt;"]]);
  expect(featuresIn((await ada.get("/account")).html)).toEqual([["Meetings"]]);
});

test("each plan that a developer can choose lists its features, also one without costs", async ({ portal }) => {
  const ada = await portal.developer("ada");
  const path = await firstApplicationPath(ada);
  const basic = await planOf(portal, "application_plan");
  const [gold, secret] = [await addPlan(portal), await addPlan(portal, { name: "Secret", state: "hidden" })];
  await promise(portal, basic, ["Support"]);
  await promise(portal, gold, ["Uptime", "Migration"]);
  await promise(portal, secret, ["Unseen"]);
  // The only plan on offer is named above the form.
  const only = (await ada.get("/applications/new")).html;
  expect([featuresIn(only), only.includes("Basic includes:")]).toEqual([[["Support"]], true]);

  await updateProduct(portal, "buyer_can_select_plan = true, buyer_plan_change_permission = 'direct'");
  const both = [["Support"], ["Uptime", "Migration"]];
  expect(featuresIn((await ada.get("/applications/new")).html)).toEqual(both);
  expect(featuresIn((await ada.get(`${path}/plan`)).html)).toEqual(both);
});

test("the request for a subscription lists the features of its service plan", async ({ portal }) => {
  const { pool, provider } = portal;
  const ada = await portal.developer("ada");
  await promise(portal, await planOf(portal, "service_plan"), ["Early access"]);
  await pool.query("delete from service_subscriptions where provider_id = $1", [provider.id]);
  await pool.query("update plans set approval_required = true where provider_id = $1 and kind = 'service_plan'", [
    provider.id,
  ]);
  const [product] = await pool.query<{ id: number }>("select id from products where provider_id = $1", [provider.id]);
  expect(featuresIn((await ada.get(`/products/${product?.id}/subscribe`)).html)).toEqual([["Early access"]]);
});

test("the sign-up names the plans of its link with their features, but none that it cannot have", async ({
  portal,
}) => {
  const [gold, secret] = [await addPlan(portal), await addPlan(portal, { name: "Secret", state: "hidden" })];
  const account = await planOf(portal, "account_plan");
  const custom = await addPlan(portal, { name: "Custom" });
  await portal.pool.query("update plans set customized_from = $2 where id = $1", [custom, gold]);
  await promise(portal, gold, ["Uptime"]);
  await promise(portal, secret, ["Unseen"]);
  await promise(portal, account, ["Meetings"]);
  const visitor = portal.visitor("developer");
  expect((await visitor.get("/signup")).html).not.toContain("You are signing up with:");
  const { html } = await visitor.get(
    `/signup?plan_ids[]=${gold}&plan_ids[]=${account}&plan_ids[]=${secret}&plan_ids[]=${custom}`,
  );
  expect(featuresIn(html)).toEqual([["Meetings"], ["Uptime"]]);
  expect(html).toMatch(/You are signing up with:[\s\S]*<li>Default[\s\S]*<li>.?API.?: .?Gold/);
  expect(html).not.toMatch(/Secret|Custom/);
});

test("a hidden feature is shown to nobody, and one without a name has its system name", async ({ portal }) => {
  const ada = await portal.developer("ada");
  const path = await firstApplicationPath(ada);
  await promise(portal, await planOf(portal, "application_plan"), ["Support", "Internal", "Nameless"]);
  const { pool, provider } = portal;
  await pool.query("update features set visible = false where provider_id = $1 and name = 'Internal'", [provider.id]);
  await pool.query("update features set name = null where provider_id = $1 and name = 'Nameless'", [provider.id]);
  expect(featuresIn((await ada.get(path)).html)).toEqual([["Support", "nameless"]]);
});

/** Limits the hits of a plan in each period, and gives it a price. */
async function limit({ pool, provider, clock }: PortalFixture, planId: number): Promise<void> {
  const { id: providerId } = provider;
  const [product] = await pool.query<{ id: number }>("select id from products where provider_id = $1", [providerId]);
  const [hits] = await listMetrics(pool, providerId, [product?.id ?? 0]);
  const by = { actor: { kind: "key" }, channel: "api", now: clock.now() } as const;
  const reference = { providerId, planId, metricId: hits?.id ?? 0, by };
  for (const [at, period] of limitPeriods.entries())
    await createLimit(pool, { ...reference, values: { period, value: 1000 * at } });
  for (const [min, max, cost_per_unit] of [
    [1, 10, "0.05"],
    [11, 20, "0.04"],
    [21, "", "0.03"],
  ])
    expect(await createPricingRule(pool, { ...reference, values: { min, max, cost_per_unit } })).toHaveProperty("rule");
}

const termsIn = (html: string): readonly (readonly string[])[] =>
  Array.from(html.matchAll(/<ul class="terms">(.*?)<\/ul>/gs), ([, list = ""]) =>
    Array.from(list.matchAll(/<li>(.*?)<\/li>/g), ([, text = ""]) => text.replaceAll(/[\u2066-\u2069]/g, "")),
  );

test("an application's page has all limits and prices of its plan, and a choice of plans the first of each", async ({
  portal,
}) => {
  const ada = await portal.developer("ada");
  const path = await firstApplicationPath(ada);
  const [basic, gold] = [await planOf(portal, "application_plan"), await addPlan(portal)];
  await limit(portal, basic);
  await limit(portal, gold);
  const all = [
    "No Hits",
    ...["year", "month", "week", "day", "hour", "minute"].map((each, at) => `At most ${at + 1},000 Hits per ${each}`),
    "Hits: 0.05 each, 1 to 10 per month",
    "Hits: 0.04 each, 11 to 20 per month",
    "Hits: 0.03 each, above 20 per month",
  ];
  expect(termsIn((await ada.get(path)).html)).toEqual([all]);
  const only = (await ada.get("/applications/new")).html;
  expect([termsIn(only), only.includes("Basic includes:")]).toEqual([[all], true]);
  await updateProduct(portal, "buyer_can_select_plan = true");
  const first = [...all.slice(0, 8), "And 2 more terms"];
  expect(termsIn((await ada.get("/applications/new")).html)).toEqual([first, first]);
});
