import { expect } from "vitest";
import { deleteAccount, readApplicationPlanRequest, signUpAccount } from "#portal/accounts/index.ts";
import {
  type ApplicationChange,
  changeApplicationPlan,
  customizeApplicationPlan,
  decustomizeApplicationPlan,
  deleteApplication,
  requestApplicationPlan,
} from "#portal/applications/index.ts";
import {
  createFeature,
  createPlan,
  enableFeature,
  listPlans,
  makePlanDefault,
  readPlanFeatures,
  readPlans,
  updatePlan,
} from "#portal/products/index.ts";
import { test } from "../support/test.ts";
import { byForm, byToken, form, now, signUp, signedUp } from "./portal-fixture.ts";
import { passwords } from "../support/passwords.ts";

const otto = { ...form, org_name: "Other", username: "otto", email: "otto@other.example" };

test("a custom plan is invisible to other applications, and is deleted with its own", async ({ sharedPool: pool }) => {
  const change = await signedUp(pool);
  const { provider, application, productId, by } = change;
  const customized = await customizeApplicationPlan(pool, change);
  const plan = customized?.application.plan;
  if (!plan) throw new Error("There is no plan.");
  expect(plan).toMatchObject({ name: "Basic (custom)", state: "hidden", customizedFrom: application.plan.id });
  expect(await listPlans(pool, provider.id, { kind: "application_plan" })).toHaveLength(1);
  const other = await signUp(pool, {
    provider,
    by: byForm,
    values: otto,
  });
  const [ofOther] = other.applications;
  const toPlan = {
    ...change,
    accountId: other.details.account.id,
    applicationId: ofOther?.id ?? 0,
    planId: plan.id,
  };
  expect(await changeApplicationPlan(pool, { ...toPlan, writer: "program" })).toEqual({ notFound: "plan" });
  await pool.query("update plans set state = 'published' where id = $1", [plan.id]);
  expect(await requestApplicationPlan(pool, toPlan)).toEqual({ notFound: "plan" });
  const reference = { providerId: provider.id, kind: "application_plan", productId, planId: plan.id, by } as const;
  expect(await makePlanDefault(pool, reference)).toBeUndefined();

  await decustomizeApplicationPlan(pool, change);
  expect(await readPlans(pool, provider.id, [plan.id])).toEqual([]);
  const again = await customizeApplicationPlan(pool, change);
  const ofOthers = await customizeApplicationPlan(pool, {
    ...change,
    accountId: other.details.account.id,
    applicationId: ofOther?.id ?? 0,
  });
  const ids = [again, ofOthers].map((each) => each?.application.plan.id ?? 0);
  expect(await readPlans(pool, provider.id, ids)).toHaveLength(2);
  await deleteApplication(pool, { ...change, writer: "program" });
  await deleteAccount(pool, { ...change, accountId: other.details.account.id });
  expect(await readPlans(pool, provider.id, ids)).toEqual([]);
  expect(productId).toBe(application.product.id);
});

test("a developer's request for the original plan is granted by the end of the customization, and another stays", async ({
  sharedPool: pool,
}) => {
  const { application, ...change } = await signedUp(pool);
  const { provider, accountId, productId, by } = change;
  const plan = { providerId: provider.id, kind: "application_plan", productId, by } as const;
  const gold = await createPlan(pool, { ...plan, values: { name: "Gold", state_event: "publish" } });
  const goldId = gold && "plan" in gold ? gold.plan.id : 0;
  await updatePlan(pool, { ...plan, planId: application.plan.id, values: { state_event: "publish" } });
  const [nora] = await pool.query<{ id: number }>("select id from users where account_id = $1", [accountId]);
  const actor = { kind: "developer", userId: nora?.id ?? 0 } as const;
  const mails = () => pool.query("select subject, text from mails where provider_id = $1", [provider.id]);
  for (const [planId, left] of [
    [application.plan.id, undefined],
    [goldId, goldId],
  ] as const) {
    await customizeApplicationPlan(pool, change);
    await pool.query("delete from mails where provider_id = $1", [provider.id]);
    expect(await requestApplicationPlan(pool, { ...change, planId, by: { ...by, actor } })).toHaveProperty("requested");
    await decustomizeApplicationPlan(pool, change);
    const request = await readApplicationPlanRequest(pool, provider.id, application.id);
    expect([request?.planId, await mails()]).toEqual([
      left,
      left === undefined ? [expect.objectContaining({ text: expect.stringContaining("the plan is now Basic") })] : [],
    ]);
  }
});

test("a custom plan begins with the features of its original, and has its own from then on", async ({
  sharedPool: pool,
}) => {
  const change = await signedUp(pool);
  const { provider, application, productId, by } = change;
  const original = { providerId: provider.id, kind: "application_plan", planId: application.plan.id, by } as const;
  const enable = async (name: string, plan: typeof original): Promise<void> => {
    const created = await createFeature(pool, { providerId: provider.id, productId, values: { name }, by });
    const featureId = created && "feature" in created ? created.feature.id : 0;
    expect(await enableFeature(pool, { ...plan, featureId })).toHaveProperty("feature");
  };
  await enable("Support", original);
  await enable("Uptime", original);
  const planId = (await customizeApplicationPlan(pool, change))?.application.plan.id ?? 0;
  await enable("Later", original);
  await enable("Own", { ...original, planId });
  const features = await readPlanFeatures(pool, provider.id, [original.planId, planId]);
  const names = [original.planId, planId].map((id) => features.get(id)?.map(({ name }) => name));
  expect(names).toEqual([
    ["Support", "Uptime", "Later"],
    ["Support", "Uptime", "Own"],
  ]);
});

test("a custom plan is deleted when its application moves to another plan", async ({ sharedPool: pool }) => {
  const change = await signedUp(pool);
  const { provider, productId, by } = change;
  const creation = {
    providerId: provider.id,
    kind: "application_plan",
    productId,
    by,
    values: { name: "Gold" },
  } as const;
  const gold = await createPlan(pool, creation);
  const customId = (await customizeApplicationPlan(pool, change))?.application.plan.id ?? 0;
  const planId = gold && "plan" in gold ? gold.plan.id : 0;
  await changeApplicationPlan(pool, { ...change, planId, writer: "program" });
  expect((await readPlans(pool, provider.id, [customId, planId])).map(({ id }) => id)).toEqual([planId]);
});

test("a sign-up cannot get a custom plan of another application, not even a published one", async ({
  sharedPool: pool,
}) => {
  const change = await signedUp(pool);
  const { provider } = change;
  const customized = await customizeApplicationPlan(pool, change);
  const planId = customized?.application.plan.id ?? 0;
  await pool.query("update plans set state = 'published' where provider_id = $1 and id = $2", [provider.id, planId]);
  for (const source of [byForm, byToken]) {
    const input = { provider, values: otto, requestedPlans: [planId], by: source, now };
    const outcome = await signUpAccount(pool, passwords, input);
    // A form is refused; a program gets the default plan in its place.
    if (source === byForm) expect(outcome).toEqual({ notFound: "plan" });
    else expect(outcome).toMatchObject({ applications: [{ plan: { customizedFrom: null, isDefault: true } }] });
  }
});

test("a custom plan that two applications have is deleted with the last of them", async ({ sharedPool: pool }) => {
  const change = await signedUp(pool);
  const { provider } = change;
  const customized = await customizeApplicationPlan(pool, change);
  const planId = customized?.application.plan.id ?? 0;
  const sharing: ApplicationChange[] = [];
  for (const username of ["otto", "pia"]) {
    const values = { ...otto, username, email: `${username}@other.example` };
    const { details, applications } = await signUp(pool, { provider, by: byForm, values });
    const applicationId = applications[0]?.id ?? 0;
    // Earlier versions of the sign-up could do this.
    await pool.query("update applications set plan_id = $3 where provider_id = $1 and id = $2", [
      provider.id,
      applicationId,
      planId,
    ]);
    sharing.push({ ...change, accountId: details.account.id, applicationId });
  }
  const [second = change, third = change] = sharing;
  expect(await deleteAccount(pool, change)).toBeDefined();
  expect(await decustomizeApplicationPlan(pool, second)).toBeDefined();
  expect(await readPlans(pool, provider.id, [planId])).toHaveLength(1);
  expect(await deleteApplication(pool, { ...third, writer: "program" })).toBeDefined();
  expect(await readPlans(pool, provider.id, [planId])).toEqual([]);
});
