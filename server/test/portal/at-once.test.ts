import { expect } from "vitest";
import { createProviderUser, deleteProviderUserRow, listProviderUsers } from "#access/index.ts";
import { insertDefaultRules, listAlertRules, updateAlertRule } from "#alerts/index.ts";
import type { Pool, Transaction } from "#platform/database/database.ts";
import { createEncryption } from "#platform/encryption.ts";
import { changeAccountPlan, signUpAccount } from "#portal/accounts/index.ts";
import {
  approveSubscription,
  changeSubscriptionPlan,
  createApplication,
  deleteProduct,
  readSubscriptions,
  subscribe,
  updateApplication,
} from "#portal/applications/index.ts";
import { createFieldsDefinition, readFieldsDefinitions, updateFieldsDefinition } from "#portal/fields/index.ts";
import {
  createPlan,
  createSpecification,
  deletePlan,
  deleteProductRow,
  makePlanDefault,
  updatePlan,
  updateSpecification,
} from "#portal/products/index.ts";
import {
  addProviderUser,
  issueAccessToken,
  updateProviderSettings,
  updateProviderUser,
} from "#portal/provider-account/index.ts";
import { createAuthenticationProvider, updateAuthenticationProvider } from "#portal/single-sign-on/index.ts";
import { acceptInvitation, inviteUser, type Person, updateUser } from "#portal/users/index.ts";
import { countWaiting } from "../support/count-waiting.ts";
import { test } from "../support/test.ts";
import { until } from "../support/until.ts";
import { addProduct, byApi as by, byForm, form, now, runAgainst, setUp, signUp, signedUp } from "./portal-fixture.ts";
import { passwords } from "../support/passwords.ts";

const takenErrors = ["has already been taken"];

test.for([
  ["username", { username: "mira" }],
  ["email", { email: "mira@fjord.example" }],
] as const)(
  "of two users who take one %s concurrently, the second gets an error",
  async ([field, values], { sharedPool: pool }) => {
    const { provider } = await setUp(pool);
    const { user } = await signUp(pool, { provider, by: byForm });
    const other = { ...form, username: "olaf", email: "olaf@fjord.example" };
    const { user: olaf } = await signUp(pool, { provider, by: byForm, values: other });
    const rename = `update users set ${field} = $2 where id = $1`;
    const update = { provider, accountId: user.accountId, userId: user.id, values, writer: "program", by } as const;
    const outcome = await runAgainst(
      pool,
      (tx) => tx.query(rename, [olaf.id, Object.values(values)[0]]),
      () => updateUser(pool, passwords, update),
    );
    expect(outcome).toEqual({ refused: { [field]: takenErrors } });
  },
);

test("an invitation whose username or person is taken while it is accepted gets an error, and stays open", async ({
  sharedPool: pool,
}) => {
  const { provider } = await setUp(pool);
  const { user } = await signUp(pool, { provider, by: byForm });
  let code = "";
  const urlOf = (secret: string) => `https://fjord.example/signup/${(code = secret)}`;
  await inviteUser(pool, { provider, accountId: user.accountId, by, email: "mira@fjord.example", urlOf });
  const accept = (username: string, person?: Person) => {
    const password = person ? {} : { password: "correct-horse-12", password_confirmation: "correct-horse-12" };
    return acceptInvitation(pool, passwords, { provider, code, values: { username, ...password }, person, now });
  };
  const rename = (tx: Transaction) => tx.query("update users set username = 'mira' where id = $1", [user.id]);
  expect(await runAgainst(pool, rename, () => accept("mira"))).toEqual({ refused: { username: takenErrors } });
  const linked = { verifiedEmail: null, link: async () => false };
  expect(await accept("vera", linked)).toEqual({ refused: { base: [expect.stringContaining("signed up already")] } });
  expect(await accept("vera")).toMatchObject({ user: { username: "vera" } });
});

test.for(["update invitations set accepted_at = created_at", "delete from invitations"])(
  "an invitation that another request uses up by %s at the same time makes no user",
  async (change, { sharedPool: pool }) => {
    const { provider } = await setUp(pool);
    const { user } = await signUp(pool, { provider, by: byForm });
    let code = "";
    const urlOf = (secret: string) => `https://fjord.example/signup/${(code = secret)}`;
    await inviteUser(pool, { provider, accountId: user.accountId, by, email: "vera@fjord.example", urlOf });
    const values = { username: "vera", password: "correct-horse-12", password_confirmation: "correct-horse-12" };
    const outcome = await runAgainst(
      pool,
      (tx) => tx.query(`${change} where provider_id = $1`, [provider.id]),
      () => acceptInvitation(pool, passwords, { provider, code, values, now }),
    );
    expect(outcome).toBeUndefined();
    expect(await pool.query("select username from users where provider_id = $1", [provider.id])).toHaveLength(1);
  },
);

test("of two provider users who take one name concurrently, the second gets an error", async ({ sharedPool: pool }) => {
  const { provider } = await setUp(pool);
  const [admin] = await listProviderUsers(pool, provider.id);
  const ada = { username: "ada", email: "ada@acme.example", password: "correct horse battery" };
  const addAda = (tx: Transaction) =>
    createProviderUser(tx, { providerId: provider.id, username: "ada", passwordHash: "none", role: "member" });
  expect(await runAgainst(pool, addAda, () => addProviderUser(pool, passwords, { provider, values: ada, by }))).toEqual(
    {
      refused: { username: takenErrors },
    },
  );

  const addMia = (tx: Transaction) =>
    createProviderUser(tx, { providerId: provider.id, username: "mia", passwordHash: "none", role: "member" });
  const rename = { provider, userId: admin?.id ?? 0, values: { username: "mia" }, by };
  expect(await runAgainst(pool, addMia, () => updateProviderUser(pool, passwords, rename))).toEqual({
    refused: { username: takenErrors },
  });
});

test("of two applications that take one user key concurrently, the second gets an error", async ({
  sharedPool: pool,
}) => {
  const { application, ...fixture } = await signedUp(pool);
  const created = await createApplication(pool, {
    ...fixture,
    planId: application.plan.id,
    values: { name: "Other" },
    writer: "program",
  });
  const other = created && "application" in created ? created.application.id : 0;
  const take = (tx: Transaction) => tx.query("update applications set user_key = 'abcdef' where id = $1", [other]);
  const values = { user_key: "abcdef" };
  const outcome = await runAgainst(pool, take, () =>
    updateApplication(pool, { ...fixture, values, writer: "program" }),
  );
  expect(outcome).toEqual({ refused: { user_key: takenErrors } });
});

/** Creates a plan without subscribers. */
async function addPlan(
  pool: Pool,
  providerId: number,
  kind: "account_plan" | "service_plan",
  productId: number | null,
  name = "Gold",
) {
  const values = { name, state_event: "publish" };
  const created = await createPlan(pool, { providerId, kind, productId, values, by });
  if (!created || !("plan" in created)) throw new Error(JSON.stringify(created));
  return created.plan.id;
}

const deletePlanById = (id: number) => (tx: Transaction) => tx.query("delete from plans where id = $1", [id]);

test("changing or signing up to a plan during its deletion reports that it does not exist", async ({
  sharedPool: pool,
}) => {
  const { provider, accountId } = await signedUp(pool);
  const [gold, silver] = [
    await addPlan(pool, provider.id, "account_plan", null),
    await addPlan(pool, provider.id, "account_plan", null, "Silver"),
  ];
  const move = () => changeAccountPlan(pool, { provider, accountId, planId: gold, by });
  expect(await runAgainst(pool, deletePlanById(gold), move)).toEqual({ notFound: "plan" });

  const values = { ...form, username: "olaf", email: "olaf@fjord.example" };
  const requestedPlans = [silver];
  const join = () => signUpAccount(pool, passwords, { provider, values, requestedPlans, by: byForm, now });
  expect(await runAgainst(pool, deletePlanById(silver), join)).toEqual({ notFound: "plan" });
});

test("a plan that an account changes to during its deletion is not deleted", async ({ sharedPool: pool }) => {
  const { provider, accountId } = await signedUp(pool);
  const planId = await addPlan(pool, provider.id, "account_plan", null);
  const take = (tx: Transaction) => tx.query("update accounts set plan_id = $2 where id = $1", [accountId, planId]);
  const reference = { providerId: provider.id, kind: "account_plan", productId: null, planId, by } as const;
  const outcome = await runAgainst(pool, take, () => deletePlan(pool, reference));
  expect(outcome).toEqual({ notAllowed: "account_plan in use" });
});

test("of two concurrent changes of a provider's settings, none is lost", async ({ sharedPool: pool }) => {
  const { provider } = await setUp(pool);
  const setContact = (tx: Transaction) =>
    tx.query("update providers set support_email = 'help@acme.example' where id = $1", [provider.id]);
  const close = () => updateProviderSettings(pool, { providerId: provider.id, change: { signupsEnabled: false }, by });
  const outcome = await runAgainst(pool, setContact, close);
  expect(outcome).toMatchObject({ settings: { supportEmail: "help@acme.example", signupsEnabled: false } });
});

test("of two concurrent changes of an alert rule, none is lost", async ({ sharedPool: pool }) => {
  const { provider } = await setUp(pool);
  await insertDefaultRules(pool);
  const [{ id } = { id: 0 }] = await listAlertRules(pool, provider.id);
  const change = (tx: Transaction) => tx.query("update alert_rules set min_attempts = 77 where id = $1", [id]);
  const rule = { providerId: provider.id, id, actor: by.actor };
  const outcome = await runAgainst(pool, change, () => updateAlertRule(pool, rule, { byMail: false }));
  expect(outcome).toMatchObject({ minAttempts: 77, byMail: false });
});

test("of two concurrent changes of a fields definition, none is lost", async ({ sharedPool: pool }) => {
  const { provider } = await setUp(pool);
  const [{ id } = { id: 0 }] = await readFieldsDefinitions(pool, provider.id);
  const label = (tx: Transaction) => tx.query("update fields_definitions set label = 'Crew' where id = $1", [id]);
  const change = { providerId: provider.id, id, values: { choices: "One, Two" }, by };
  const outcome = await runAgainst(pool, label, () => updateFieldsDefinition(pool, change));
  expect(outcome).toMatchObject({ definition: { label: "Crew", choices: ["One", "Two"] } });
});

test("of two concurrent moves of fields definitions, none is lost", async ({ sharedPool: pool }) => {
  const { provider } = await setUp(pool);
  const providerId = provider.id;
  await createFieldsDefinition(pool, { providerId, values: { target: "User", name: "team", label: "Team" }, by });
  const fields = async () => (await readFieldsDefinitions(pool, providerId)).filter(({ target }) => target === "User");
  const id = (await fields()).find(({ name }) => name === "email")?.id ?? 0;
  const teamFirst = (tx: Transaction) =>
    tx.query(
      `update fields_definitions set position = case name when 'team' then 1 else position + 1 end
       where provider_id = $1 and target = 'User'`,
      [providerId],
    );
  const emailFirst = { providerId, id, values: { position: 1 }, by };
  await runAgainst(pool, teamFirst, () => updateFieldsDefinition(pool, emailFirst));
  expect((await fields()).map(({ name }) => name)).toEqual(["email", "team", "username"]);
});

test("of two concurrent changes of an API specification, none is lost", async ({ sharedPool: pool }) => {
  const { provider } = await setUp(pool);
  const change = { providerId: provider.id, by, validate: async () => [] };
  const created = await createSpecification(pool, { ...change, values: { name: "Weather", body: "{}" } });
  const { id } = created !== "no such service" && "specification" in created ? created.specification : { id: 0 };
  const rename = (tx: Transaction) => tx.query("update api_specifications set name = 'Tides' where id = $1", [id]);
  const describe = () => updateSpecification(pool, { ...change, id, values: { description: "High and low" } });
  const outcome = await runAgainst(pool, rename, describe);
  expect(outcome).toMatchObject({ specification: { name: "Tides", description: "High and low" } });
});

test("of two concurrent changes of an authentication provider, none is lost", async ({ sharedPool: pool }) => {
  const { provider } = await setUp(pool);
  const needs = { pool, encryption: createEncryption([Buffer.alloc(32, 7)]) };
  const portal = { providerId: provider.id, accountType: "developer", by } as const;
  const values = { kind: "github", client_id: "portal", client_secret: "low tide" };
  const created = await createAuthenticationProvider(needs, { ...portal, values });
  if (!("authenticationProvider" in created)) throw new Error(JSON.stringify(created));
  const { id } = created.authenticationProvider;
  const publish = (tx: Transaction) =>
    tx.query("update authentication_providers set published = true where id = $1", [id]);
  const change = { ...portal, id, values: { client_id: "harbour" } };
  const outcome = await runAgainst(pool, publish, () => updateAuthenticationProvider(needs, change));
  expect(outcome).toMatchObject({ authenticationProvider: { published: true, clientId: "harbour" } });
});

test("a sign-up during a change of the default plan gets the new default", async ({ sharedPool: pool }) => {
  const { provider } = await setUp(pool);
  const gold = await addPlan(pool, provider.id, "account_plan", null);
  const replace = async (tx: Transaction) => {
    await tx.query("delete from plans where provider_id = $1 and kind = 'account_plan' and is_default", [provider.id]);
    await tx.query("update plans set is_default = true where id = $1", [gold]);
  };
  const outcome = await runAgainst(pool, replace, () => signUp(pool, { provider, by: byForm }));
  expect(outcome.details.account.planId).toBe(gold);
});

test("concurrently changing a plan and making it the default cannot deadlock", async ({ sharedPool: pool }) => {
  const { provider } = await setUp(pool);
  const planId = await addPlan(pool, provider.id, "account_plan", null);
  const input = { providerId: provider.id, kind: "account_plan", productId: null, planId, by } as const;
  const outcomes = await Promise.all(
    Array.from({ length: 10 }, (_, index) =>
      index % 2 === 0
        ? makePlanDefault(pool, input)
        : updatePlan(pool, { ...input, values: { name: `Gold ${index}` } }),
    ),
  );
  expect(outcomes).toEqual(outcomes.map(() => ({ plan: expect.objectContaining({ id: planId }) })));
});

test("no plan is created for a product during its deletion", async ({ sharedPool: pool }) => {
  const { provider, product } = await setUp(pool);
  const deletion = (tx: Transaction) => deleteProductRow(tx, provider.id, product.id);
  const input = { providerId: provider.id, kind: "application_plan", productId: product.id, by } as const;
  const outcome = await runAgainst(pool, deletion, () => createPlan(pool, { ...input, values: { name: "Gold" } }));
  expect(outcome).toBeUndefined();
});

test("a sign-up during the deletion of a product cannot deadlock", async ({ sharedPool: pool }) => {
  const { provider, product } = await setUp(pool);
  const { signingUp } = await pool.inTransaction(async (tx) => {
    await tx.query("select from products where id = $1 for update", [product.id]);
    const waiting = { signingUp: signUp(pool, { provider, by: byForm }) };
    waiting.signingUp.catch(() => undefined);
    await until(() => countWaiting(pool));
    await deleteProductRow(tx, provider.id, product.id);
    return waiting;
  });
  expect((await signingUp).applications).toEqual([]);
});

test("creating a plan with a description during the deletion of its product cannot deadlock", async ({
  sharedPool: pool,
}) => {
  const { provider, product } = await setUp(pool);
  const values = { name: "Gold", description: "For large teams" };
  const input = { providerId: provider.id, kind: "application_plan", productId: product.id, values, by } as const;
  const { outcome } = await pool.inTransaction(async (tx) => {
    await tx.query("select from providers where id = $1 for no key update", [provider.id]);
    const waiting = { outcome: createPlan(pool, input) };
    waiting.outcome.catch(() => undefined);
    await until(() => countWaiting(pool));
    await deleteProductRow(tx, provider.id, product.id);
    return waiting;
  });
  expect(await outcome).toBeUndefined();
});

test("no access token is created for a user during the user's deletion", async ({ sharedPool: pool }) => {
  const { provider } = await setUp(pool);
  const [{ id: userId } = { id: 0 }] = await listProviderUsers(pool, provider.id);
  const requester = { actor: { kind: "key" }, permission: "rw", scopes: ["stats"] } as const;
  const proof = { currentPassword: "", session: undefined };
  const token = { name: "CI", scopes: ["stats"], permission: "ro" };
  const input = { providerId: provider.id, userId, ...token, requester, proof, by };
  const deletion = (tx: Transaction) => deleteProviderUserRow(tx, provider.id, userId);
  expect(await runAgainst(pool, deletion, () => issueAccessToken(pool, passwords, input))).toBeUndefined();
});

test("creating an application during the deletion of its service plan is refused", async ({ sharedPool: pool }) => {
  const { application, productId, ...fixture } = await signedUp(pool);
  await pool.query("delete from service_subscriptions where account_id = $1", [fixture.accountId]);
  const creation = { ...fixture, planId: application.plan.id, values: { name: "Other" }, writer: "program" } as const;
  const deletion = (tx: Transaction) =>
    tx.query("delete from plans where product_id = $1 and kind = 'service_plan'", [productId]);
  const outcome = await runAgainst(pool, deletion, () => createApplication(pool, creation));
  expect(outcome).toEqual({ notFound: "service plan" });
});

const alreadySubscribed = { refused: { base: ["already subscribed to this service"] } };

/** Creates an account without subscriptions, and a hidden service plan. */
async function unsubscribed(pool: Pool) {
  const { provider, accountId, productId } = await signedUp(pool);
  await pool.query("delete from applications where account_id = $1", [accountId]);
  await pool.query("delete from service_subscriptions where account_id = $1", [accountId]);
  const planId = await addPlan(pool, provider.id, "service_plan", productId);
  return { provider, accountId, productId, planId, by };
}

/** Creates an account with a subscription, and another plan of its product. */
async function subscribed(pool: Pool) {
  const { planId: _free, ...fixture } = await unsubscribed(pool);
  const { provider, accountId, productId } = fixture;
  const pending = await addPlan(pool, provider.id, "service_plan", productId, "Pending");
  await pool.query("update plans set approval_required = true where id = $1", [pending]);
  const created = await subscribe(pool, { ...fixture, planId: pending });
  if (!created || !("subscription" in created)) throw new Error(JSON.stringify(created));
  const planId = await addPlan(pool, provider.id, "service_plan", productId, "Silver");
  return { provider, accountId, subscriptionId: created.subscription.id, productId, planId, by };
}

test("of two subscriptions to one product at once, the second is refused", async ({ sharedPool: pool }) => {
  const fixture = await unsubscribed(pool);
  const { provider, accountId, productId } = fixture;
  const other = { ...fixture, planId: await addPlan(pool, provider.id, "service_plan", productId, "Silver") };
  const { outcomes } = await pool.inTransaction(async (tx) => {
    await tx.query("select from accounts where id = $1 for update", [accountId]);
    const waiting = { outcomes: Promise.all([subscribe(pool, fixture), subscribe(pool, other)]) };
    waiting.outcomes.catch(() => undefined);
    await until(async () => (await countWaiting(pool)) >= 2);
    return waiting;
  });
  expect(await outcomes).toEqual(
    expect.arrayContaining([alreadySubscribed, expect.objectContaining({ subscription: expect.anything() })]),
  );
  expect(await readSubscriptions(pool, provider.id, accountId)).toHaveLength(1);
});

test("an application's creation and a subscription at once make one subscription", async ({ sharedPool: pool }) => {
  const { application, ...fixture } = await signedUp(pool);
  const { provider, accountId, productId } = fixture;
  await pool.query("delete from service_subscriptions where account_id = $1", [accountId]);
  const planId = await addPlan(pool, provider.id, "service_plan", productId);
  const create = { ...fixture, planId: application.plan.id, values: { name: "Other" }, writer: "program" } as const;
  const { outcomes } = await pool.inTransaction(async (tx) => {
    await tx.query("select from accounts where id = $1 for update", [accountId]);
    const waiting = {
      outcomes: Promise.all([createApplication(pool, create), subscribe(pool, { ...fixture, planId })]),
    };
    waiting.outcomes.catch(() => undefined);
    await until(async () => (await countWaiting(pool)) >= 2);
    return waiting;
  });
  const [created, subscription] = await outcomes;
  expect(created).toMatchObject({ application: { name: "Other" } });
  const [only, ...others] = await readSubscriptions(pool, provider.id, accountId);
  expect(others).toEqual([]);
  expect(subscription).toEqual(only?.plan.id === planId ? only : alreadySubscribed);
});

test.for([
  ["plan", ({ planId }: { planId: number }) => deletePlanById(planId), { notFound: "plan" }],
  [
    "product",
    ({ provider, productId }: Awaited<ReturnType<typeof unsubscribed>>) =>
      (tx: Transaction) =>
        deleteProductRow(tx, provider.id, productId),
    { notFound: "plan" },
  ],
  [
    "account",
    ({ accountId }: { accountId: number }) =>
      (tx: Transaction) =>
        tx.query("delete from accounts where id = $1", [accountId]),
    undefined,
  ],
] as const)(
  "a subscription during the deletion of its %s is not found",
  async ([, deletionOf, expected], { sharedPool: pool }) => {
    const fixture = await unsubscribed(pool);
    expect(await runAgainst(pool, deletionOf(fixture), () => subscribe(pool, fixture))).toEqual(expected);
  },
);

test("a plan that an account subscribes to during its deletion is not deleted", async ({ sharedPool: pool }) => {
  const { provider, accountId, productId, planId } = await unsubscribed(pool);
  const reference = { providerId: provider.id, kind: "service_plan", productId, planId, by } as const;
  const insert = (tx: Transaction) =>
    tx.query(
      "insert into service_subscriptions (provider_id, account_id, product_id, plan_id) values ($1, $2, $3, $4)",
      [provider.id, accountId, productId, planId],
    );
  expect(await runAgainst(pool, insert, () => deletePlan(pool, reference))).toEqual({
    notAllowed: "service_plan in use",
  });
});

test("a product that an account subscribes to during its deletion is deleted with the subscription", async ({
  sharedPool: pool,
}) => {
  const { provider, accountId, productId, planId } = await unsubscribed(pool);
  await addProduct(pool, provider.id);
  const insert = (tx: Transaction) =>
    tx.query(
      "insert into service_subscriptions (provider_id, account_id, product_id, plan_id) values ($1, $2, $3, $4)",
      [provider.id, accountId, productId, planId],
    );
  const outcome = await runAgainst(pool, insert, () => deleteProduct(pool, { provider, productId, by }));
  expect(outcome).toMatchObject({ product: { id: productId } });
  expect(await readSubscriptions(pool, provider.id, accountId)).toEqual([]);
});

test("a change of plan during the deletion of the new plan is not found, and the other way round refuses the deletion", async ({
  sharedPool: pool,
}) => {
  const { planId, ...fixture } = await subscribed(pool);
  const { provider, productId, subscriptionId } = fixture;
  const move = (to: number) => changeSubscriptionPlan(pool, { ...fixture, planId: to });
  expect(await runAgainst(pool, deletePlanById(planId), () => move(planId))).toEqual({ notFound: "plan" });

  const gone = await addPlan(pool, provider.id, "service_plan", productId, "Bronze");
  const take = (tx: Transaction) =>
    tx.query("update service_subscriptions set plan_id = $2 where id = $1", [subscriptionId, gone]);
  const reference = { providerId: provider.id, kind: "service_plan", productId, planId: gone, by } as const;
  expect(await runAgainst(pool, take, () => deletePlan(pool, reference))).toEqual({
    notAllowed: "service_plan in use",
  });
});

test("of an approval and a change of plan at once, neither is lost, and a second approval is refused", async ({
  sharedPool: pool,
}) => {
  const { planId, ...fixture } = await subscribed(pool);
  const { provider, accountId } = fixture;
  const { outcomes } = await pool.inTransaction(async (tx) => {
    await tx.query("select from accounts where id = $1 for update", [accountId]);
    const waiting = {
      outcomes: Promise.all([
        approveSubscription(pool, fixture),
        changeSubscriptionPlan(pool, { ...fixture, planId }),
        approveSubscription(pool, fixture),
      ]),
    };
    waiting.outcomes.catch(() => undefined);
    await until(async () => (await countWaiting(pool)) >= 3);
    return waiting;
  });
  const [first, , second] = await outcomes;
  expect([first, second]).toContainEqual({ refused: { state: ['cannot transition via "accept"'] } });
  const [{ subscription } = {}] = await readSubscriptions(pool, provider.id, accountId);
  expect(subscription).toMatchObject({ state: "live", acceptedAt: now, planId });
});
