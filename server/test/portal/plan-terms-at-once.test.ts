import { expect } from "vitest";
import type { Pool, Transaction } from "#platform/database/database.ts";
import { customizeApplicationPlan, deleteProduct } from "#portal/applications/index.ts";
import {
  createLimit,
  createMetric,
  createPricingRule,
  deleteMetric,
  deletePlan,
  listLimits,
  listMetrics,
  updateLimit,
  updateMetric,
} from "#portal/products/index.ts";
import { test } from "../support/test.ts";
import { addProduct, byApi as by, runAgainst, signedUp } from "./portal-fixture.ts";

/** A product with an application, whose plan has a limit and a price of the metric. */
async function withTerms(pool: Pool) {
  const { provider, accountId, application } = await signedUp(pool);
  const [providerId, productId, planId] = [provider.id, application.product.id, application.plan.id];
  const created = await createMetric(pool, {
    providerId,
    productId,
    by,
    values: { friendly_name: "Bytes", unit: "B" },
  });
  if (!created || !("metric" in created)) throw new Error(JSON.stringify(created));
  const reference = { providerId, planId, metricId: created.metric.id };
  const limited = await createLimit(pool, { ...reference, by, values: { period: "day", value: 5 } });
  if (!limited || !("limit" in limited)) throw new Error(JSON.stringify(limited));
  await createPricingRule(pool, { ...reference, by, values: { max: 10 } });
  return { provider, accountId, applicationId: application.id, productId, limitId: limited.limit.id, reference };
}

const takenErrors = ["has already been taken"];
const overlapErrors = ["The 'From' value must be greater than the 'To' values of other existing rules"];
const lockProvider = (providerId: number) => (tx: Transaction) =>
  tx.query("select from providers where id = $1 for no key update", [providerId]);

/** Waits like a request that has locked the provider's plans, and then writes a row as that request would. */
const writing = (providerId: number, statement: string, values: readonly unknown[]) => async (tx: Transaction) => {
  await lockProvider(providerId)(tx);
  await tx.query(statement, values);
};

test("of two metrics that take one name concurrently, the second gets an error", async ({ sharedPool: pool }) => {
  const { reference, productId } = await withTerms(pool);
  const { providerId, metricId } = reference;
  const insert = writing(
    providerId,
    `insert into metrics (provider_id, product_id, system_name, friendly_name, unit) values ($1, $2, 'ships', 'Ships', 's')`,
    [providerId, productId],
  );
  const values = { friendly_name: "Ships", unit: "s" };
  expect(await runAgainst(pool, insert, () => createMetric(pool, { providerId, productId, by, values }))).toEqual({
    refused: { system_name: takenErrors, friendly_name: takenErrors },
  });
  const rename = writing(
    providerId,
    "update metrics set friendly_name = 'Boats' where provider_id = $1 and system_name = 'hits'",
    [providerId],
  );
  const change = { providerId, productId, metricId, by, values: { friendly_name: "Boats" } };
  expect(await runAgainst(pool, rename, () => updateMetric(pool, change))).toEqual({
    refused: { friendly_name: takenErrors },
  });
});

test("of two limits that take one period concurrently, the second gets an error, and so does a change", async ({
  sharedPool: pool,
}) => {
  const { reference, limitId } = await withTerms(pool);
  const { providerId, planId, metricId } = reference;
  const insert = (period: string) =>
    writing(
      providerId,
      "insert into usage_limits (provider_id, plan_id, metric_id, period, value) values ($1, $2, $3, $4, 1)",
      [providerId, planId, metricId, period],
    );
  const refused = { refused: { period: takenErrors } };
  const create = () => createLimit(pool, { ...reference, by, values: { period: "week" } });
  expect(await runAgainst(pool, insert("week"), create)).toEqual(refused);
  const change = () => updateLimit(pool, { ...reference, id: limitId, by, values: { period: "year" } });
  expect(await runAgainst(pool, insert("year"), change)).toEqual(refused);
});

test("of two pricing rules whose ranges overlap concurrently, the second gets an error", async ({
  sharedPool: pool,
}) => {
  const { reference } = await withTerms(pool);
  const { providerId, planId, metricId } = reference;
  const insert = writing(
    providerId,
    "insert into pricing_rules (provider_id, plan_id, metric_id, min, max) values ($1, $2, $3, 11, 20)",
    [providerId, planId, metricId],
  );
  const create = () => createPricingRule(pool, { ...reference, by, values: { min: 20 } });
  expect(await runAgainst(pool, insert, create)).toEqual({ refused: { min: overlapErrors } });
});

test.for([
  ["metric", "delete from metrics where provider_id = $1 and id = $2", "metricId"],
  ["plan", "delete from plans where provider_id = $1 and id = $2", "planId"],
] as const)(
  "terms that are created or changed during the deletion of their %s are not found",
  async ([, statement, key], { sharedPool: pool }) => {
    const { reference, limitId } = await withTerms(pool);
    const { providerId } = reference;
    const deletion = async (tx: Transaction) => {
      await lockProvider(providerId)(tx);
      await tx.query("delete from applications where provider_id = $1", [providerId]);
      await tx.query(statement, [providerId, reference[key]]);
    };
    const [limit, change, rule] = await runAgainst(pool, deletion, () =>
      Promise.all([
        createLimit(pool, { ...reference, by, values: { period: "week" } }),
        updateLimit(pool, { ...reference, id: limitId, by, values: { value: 7 } }),
        createPricingRule(pool, { ...reference, by, values: { min: 100 } }),
      ]),
    );
    expect([limit, change, rule]).toEqual([undefined, undefined, undefined]);
  },
);

test("a custom plan that is deleted while it gets a limit has none", async ({ sharedPool: pool }) => {
  const { provider, accountId, applicationId, reference } = await withTerms(pool);
  const change = { provider, accountId, applicationId, by };
  const customized = await customizeApplicationPlan(pool, change);
  if (!customized) throw new Error("There is no application.");
  const planId = customized.application.plan.id;
  // As a change of the application's plan deletes it: without a lock of the provider.
  const deletion = async (tx: Transaction) => {
    await tx.query("update applications set plan_id = $2 where id = $1", [applicationId, reference.planId]);
    await tx.query("delete from plans where id = $1", [planId]);
  };
  const create = () => createLimit(pool, { ...reference, planId, by, values: { period: "week" } });
  expect(await runAgainst(pool, deletion, create)).toBeUndefined();
});

test.for(["usage_limits", "pricing_rules"])(
  "a plan that is customized during the deletion of a metric has no %s of it",
  async (table, { sharedPool: pool }) => {
    const { provider, accountId, applicationId, reference } = await withTerms(pool);
    const { providerId, metricId } = reference;
    const other = table === "usage_limits" ? "pricing_rules" : "usage_limits";
    await pool.query(`delete from ${other} where provider_id = $1`, [providerId]);
    const deletion = (tx: Transaction) => tx.query("delete from metrics where id = $1", [metricId]);
    const customized = await runAgainst(pool, deletion, () =>
      customizeApplicationPlan(pool, { provider, accountId, applicationId, by }),
    );
    const planId = customized?.application.plan.id ?? 0;
    expect(planId).not.toBe(reference.planId);
    expect(await pool.query(`select from ${table} where plan_id = $1`, [planId])).toEqual([]);
  },
);

test("metrics, plans and products with terms are deleted concurrently without a deadlock", async ({
  sharedPool: pool,
}) => {
  const { provider, productId, reference } = await withTerms(pool);
  const { providerId, planId, metricId } = reference;
  await addProduct(pool, providerId);
  for (const period of ["hour", "week", "month", "year"])
    await createLimit(pool, { ...reference, by, values: { period } });
  const outcomes = await Promise.all([
    deleteMetric(pool, { providerId, productId, metricId, by }),
    createLimit(pool, { ...reference, by, values: { period: "minute" } }),
    deletePlan(pool, { providerId, kind: "application_plan", productId, planId, by }),
    deleteProduct(pool, { provider, productId, by }),
  ]);
  expect(outcomes.at(-1)).toMatchObject({ product: { id: productId } });
  expect(await listMetrics(pool, providerId, [productId])).toEqual([]);
  expect(await listLimits(pool, { providerId, metricId })).toEqual([]);
});
