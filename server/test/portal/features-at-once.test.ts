import { expect } from "vitest";
import type { Pool, Transaction } from "#platform/database/database.ts";
import { customizeApplicationPlan, deleteProduct } from "#portal/applications/index.ts";
import {
  createFeature,
  deleteFeature,
  deletePlan,
  deleteProductRow,
  enableFeature,
  type Feature,
  listFeatures,
  readPlanFeatures,
  updateFeature,
} from "#portal/products/index.ts";
import { countWaiting } from "../support/count-waiting.ts";
import { test } from "../support/test.ts";
import { until } from "../support/until.ts";
import { addProduct, byApi as by, runAgainst, signedUp } from "./portal-fixture.ts";

async function addFeature(pool: Pool, owner: { providerId: number; productId: number }, name: string) {
  const created = await createFeature(pool, { ...owner, values: { name }, by });
  if (!created || !("feature" in created)) throw new Error(JSON.stringify(created));
  return created.feature;
}

/** Creates an application, whose plan has the features `early` and `late`, and a spare product. */
async function withFeatures(pool: Pool) {
  const { application, ...change } = await signedUp(pool);
  const owner = { providerId: change.provider.id, productId: change.productId };
  await addProduct(pool, owner.providerId);
  const [early, late] = [await addFeature(pool, owner, "Early"), await addFeature(pool, owner, "Late")];
  const plan = { providerId: owner.providerId, kind: "application_plan", planId: application.plan.id, by } as const;
  const enable = ({ id }: Feature) => enableFeature(pool, { ...plan, featureId: id });
  for (const feature of [early, late]) expect(await enable(feature)).toEqual({ feature });
  return { change, owner, early, late, plan, enable, free: await addFeature(pool, owner, "Free") };
}

type Fixture = Awaited<ReturnType<typeof withFeatures>>;

const enabledOf = async (pool: Pool, { owner, plan }: Fixture): Promise<readonly (string | null)[]> =>
  ((await readPlanFeatures(pool, owner.providerId, [plan.planId])).get(plan.planId) ?? []).map(({ name }) => name);

test.for([
  ["feature", (tx: Transaction, { free }: Fixture) => tx.query("delete from features where id = $1", [free.id])],
  ["plan", (tx: Transaction, { plan }: Fixture) => tx.query("delete from plans where id = $1", [plan.planId])],
  ["product", (tx: Transaction, { owner }: Fixture) => deleteProductRow(tx, owner.providerId, owner.productId)],
] as const)(
  "enabling a feature during the deletion of its %s is not found",
  async ([, deletion], { sharedPool: pool }) => {
    const fixture = await withFeatures(pool);
    await pool.query("delete from applications where provider_id = $1", [fixture.owner.providerId]);
    await pool.query("delete from service_subscriptions where provider_id = $1", [fixture.owner.providerId]);
    const outcome = await runAgainst(
      pool,
      (tx) => deletion(tx, fixture),
      () => fixture.enable(fixture.free),
    );
    expect(outcome).toBeUndefined();
  },
);

const insertLink = "insert into plan_features (provider_id, plan_id, feature_id) values ($1, $2, $3)";

test.for([
  ["feature", (pool: Pool, { owner, free }: Fixture) => deleteFeature(pool, { ...owner, id: free.id, by })],
  [
    "plan",
    (pool: Pool, { owner, plan }: Fixture) => deletePlan(pool, { ...owner, kind: plan.kind, planId: plan.planId, by }),
  ],
  ["product", (pool: Pool, { change }: Fixture) => deleteProduct(pool, change)],
] as const)(
  "a %s that gets a feature during its deletion is deleted with it",
  async ([of, deletion], { sharedPool: pool }) => {
    const fixture = await withFeatures(pool);
    const { owner, plan, free } = fixture;
    if (of === "plan") await pool.query("delete from applications where provider_id = $1", [owner.providerId]);
    const link = (tx: Transaction) => tx.query(insertLink, [owner.providerId, plan.planId, free.id]);
    expect(await runAgainst(pool, link, (): Promise<object | undefined> => deletion(pool, fixture))).toHaveProperty(of);
    expect(await enabledOf(pool, fixture)).toEqual(of === "feature" ? ["Early", "Late"] : []);
  },
);

test("of two requests that enable a feature for a plan at once, the second is told so", async ({
  sharedPool: pool,
}) => {
  const fixture = await withFeatures(pool);
  const { owner, plan, free } = fixture;
  const link = (tx: Transaction) => tx.query(insertLink, [owner.providerId, plan.planId, free.id]);
  expect(await runAgainst(pool, link, () => fixture.enable(free))).toBe("already enabled");
});

const taken = { refused: { system_name: ["has already been taken"] } };

test.for([
  ["creation", ({ owner }: Fixture, pool: Pool) => createFeature(pool, { ...owner, values: { name: "Same" }, by })],
  [
    "update",
    ({ owner, free }: Fixture, pool: Pool) =>
      updateFeature(pool, { ...owner, id: free.id, values: { system_name: "same" }, by }),
  ],
] as const)(
  "of two features that take one system name at once, the %s that comes second is refused",
  async ([, take], { sharedPool: pool }) => {
    const fixture = await withFeatures(pool);
    const values = { ...fixture.owner, values: { name: "Same" }, by };
    const outcomes = await Promise.all([createFeature(pool, values), take(fixture, pool)]);
    expect(outcomes).toEqual(
      expect.arrayContaining([taken, { feature: expect.objectContaining({ systemName: "same" }) }]),
    );
    const names = (await listFeatures(pool, fixture.owner)).map(({ systemName }) => systemName);
    expect(names.filter((name) => name === "same")).toHaveLength(1);
  },
);

test("two features that take each other's system name at once are both refused", async ({ sharedPool: pool }) => {
  const { owner, early, late } = await withFeatures(pool);
  const rename = ({ id }: Feature, system_name: string) =>
    updateFeature(pool, { ...owner, id, values: { system_name }, by });
  expect(await Promise.all([rename(early, "late"), rename(late, "early")])).toEqual([taken, taken]);
});

test("a change of a feature during its deletion reports that it does not exist", async ({ sharedPool: pool }) => {
  const { owner, late } = await withFeatures(pool);
  const deletion = (tx: Transaction) => tx.query("delete from features where id = $1", [late.id]);
  const change = { ...owner, id: late.id, values: { name: "Later" }, by };
  expect(await runAgainst(pool, deletion, () => updateFeature(pool, change))).toBeUndefined();
});

test("a plan that is customized during the deletion of a feature does not get it", async ({ sharedPool: pool }) => {
  const { change, owner, late } = await withFeatures(pool);
  const deletion = (tx: Transaction) => tx.query("delete from features where id = $1", [late.id]);
  const customized = await runAgainst(pool, deletion, () => customizeApplicationPlan(pool, change));
  const id = customized?.application.plan.id ?? 0;
  const features = (await readPlanFeatures(pool, owner.providerId, [id])).get(id);
  expect(features?.map(({ name }) => name)).toEqual(["Early"]);
});

test("a feature is deleted while its product is, without a deadlock", async ({ sharedPool: pool }) => {
  const fixture = await withFeatures(pool);
  const { change, owner, early, late } = fixture;
  // The deletion of the product has deleted the plan's features, and waits for the first feature of all.
  const { outcomes } = await pool.inTransaction(async (tx) => {
    await tx.query("select from features where id = $1 for update", [early.id]);
    const product = deleteProduct(pool, change);
    product.catch(() => undefined);
    await until(() => countWaiting(pool));
    const feature = deleteFeature(pool, { ...owner, id: late.id, by });
    feature.catch(() => undefined);
    await until(async () => (await countWaiting(pool)) >= 2);
    return { outcomes: Promise.all([product, feature]) };
  });
  expect(await outcomes).toEqual([expect.objectContaining({ product: expect.anything() }), undefined]);
  expect(await listFeatures(pool, owner)).toEqual([]);
});
