import { expect } from "vitest";
import { createAttemptLimiter, readUsage } from "#access/index.ts";
import { problemOfError } from "#http/shared/problem.ts";
import * as ofBinsAndStreams from "#platform/bin-and-stream-limits.ts";
import * as limits from "#platform/limits.ts";
import { type CountLimit, attemptLimits, changeLimits, changeableLimits, countLimits } from "#platform/limits.ts";
import { limitsReference } from "../../../scripts/limits-reference.ts";
import {
  changeAccountState,
  deleteAccount,
  deleteExpiredChangeCounters,
  sendMessage,
  signUpAccount,
} from "#portal/accounts/index.ts";
import { createApplication, deleteProduct } from "#portal/applications/index.ts";
import { createFieldsDefinition } from "#portal/fields/index.ts";
import {
  createFeature,
  createSpecification,
  createLimit,
  createMetric,
  createPlan,
  createPricingRule,
  createProduct,
  enableFeature,
  readDefaultPlans,
} from "#portal/products/index.ts";
import { addProviderUser, issueAccessToken } from "#portal/provider-account/index.ts";
import { acceptInvitation, createUser, deleteUser, inviteUser, listUsers, suspendUser } from "#portal/users/index.ts";
import { form, messageFrom, signedUp } from "../portal/portal-fixture.ts";
import { createAuthenticationProvider } from "#portal/single-sign-on/index.ts";
import { encryption } from "../support/build-webhooks.ts";
import { withoutWaiting } from "../support/count-waiting.ts";
import { passwords } from "../support/passwords.ts";
import { entriesOf, name, outcomeOf, type Scene, test } from "./limits-scene.ts";

/** Returns the owner that a limit counts for: an account, a user, a plan, or the provider itself. */
const ownerOf = ({ of }: CountLimit, { api, accountId, userId, planId }: Scene) => ({
  providerId: api.provider.id,
  ...(of === "provider" ? {} : { id: { account: accountId, user: userId, plan: planId }[of] }),
});

const post = async ({ api }: Scene, path: string, payload: object): Promise<unknown> => {
  const answer = await api.call("POST", path, { payload });
  return answer.statusCode === 201 ? answer : Promise.reject(new Error(answer.json<{ code: string }>().code));
};

const deliveryId = "019ca8a1-3a50-7c1e-9d24-5b0f6f1a2c33.1";

const createAccountFeature = ({ api: { pool, provider }, by }: Scene) =>
  createFeature(pool, { providerId: provider.id, productId: null, by, values: { name: name() } });

interface ProductOf {
  readonly api: Pick<Scene["api"], "pool" | "provider">;
  readonly productId: number;
}

/** Adds a metric without the use case, which would wait for the limit of metrics. */
async function addMetric({ api: { pool, provider }, productId }: ProductOf): Promise<number> {
  const [metric] = await pool.query<{ id: number }>(
    `insert into metrics (provider_id, product_id, system_name, friendly_name, unit) values ($1, $2, $3, $3, 'hit')
     returning id`,
    [provider.id, productId, name()],
  );
  return metric?.id ?? 0;
}

const createUsageLimit = async ({ api: { pool, provider }, planId, productId, by }: Scene) => {
  const metricId = await addMetric({ api: { pool, provider }, productId });
  return createLimit(pool, { providerId: provider.id, planId, metricId, by, values: { period: "day" } });
};

const createRule = async ({ api: { pool, provider }, planId, productId, by }: Scene) => {
  const metricId = await addMetric({ api: { pool, provider }, productId });
  return createPricingRule(pool, { providerId: provider.id, planId, metricId, by, values: {} });
};

/** Creates one more of what each limit counts. A limit without a function here does not compile. */
const creations: Readonly<Record<keyof typeof countLimits, (scene: Scene) => Promise<unknown>>> = {
  applications: ({ api: { pool, provider }, accountId, planId, by }) =>
    createApplication(pool, { provider, accountId, planId, by, writer: "program", values: { name: name() } }),
  users: ({ api: { pool, provider }, accountId, by }) => {
    const username = name();
    return createUser(pool, passwords, {
      provider,
      accountId,
      by,
      values: { username, email: `${username}@fjord.example`, password: "correct horse battery" },
    });
  },
  invitations: ({ api: { pool, provider }, accountId, by }) =>
    inviteUser(pool, { provider, accountId, by, email: `${name()}@fjord.example`, urlOf: (code) => code }),
  messagesToAccount: ({ api: { pool, provider }, ...of }) =>
    sendMessage(pool, messageFrom("provider", { provider, ...of })),
  messagesFromAccount: ({ api: { pool, provider }, ...of }) =>
    sendMessage(pool, messageFrom("account", { provider, ...of })),
  products: ({ api: { pool, provider }, by }) =>
    createProduct(pool, { providerId: provider.id, by, values: { name: name() } }),
  plans: ({ api: { pool, provider }, by }) =>
    createPlan(pool, {
      providerId: provider.id,
      kind: "account_plan",
      productId: null,
      by,
      values: { name: name(), description: "For large teams" },
    }),
  authenticationProviders: ({ api: { pool, provider }, by }) => {
    const client = { client_id: "portal", client_secret: "tide", site: "https://sso.fjord.example" };
    const values = { kind: "auth0", name: name(), ...client };
    return createAuthenticationProvider(
      { pool, encryption },
      { providerId: provider.id, accountType: "provider", by, values },
    );
  },
  features: createAccountFeature,
  planFeatures: async (scene) => {
    const { pool, provider } = scene.api;
    const created = await createAccountFeature(scene);
    if (!created || !("feature" in created)) throw new Error(JSON.stringify(created));
    const plan = (await readDefaultPlans(pool, provider.id)).find(({ kind }) => kind === "account_plan");
    const ids = { planId: plan?.id ?? 0, featureId: created.feature.id };
    return enableFeature(pool, { providerId: provider.id, kind: "account_plan", ...ids, by: scene.by });
  },
  metrics: ({ api: { pool, provider }, productId, by }) =>
    createMetric(pool, { providerId: provider.id, productId, by, values: { friendly_name: name(), unit: "hit" } }),
  usageLimits: createUsageLimit,
  pricingRules: createRule,
  limitsOfPlan: createUsageLimit,
  rulesOfPlan: createRule,
  apiSpecifications: ({ api: { pool, provider }, by }) =>
    createSpecification(pool, {
      providerId: provider.id,
      by,
      values: { name: name(), body: "{}" },
      validate: () => Promise.resolve([]),
    }),
  teamMembers: ({ api: { pool, provider }, by }) =>
    addProviderUser(pool, passwords, { provider, by, values: { username: name(), email: `${name()}@acme.example` } }),
  endpoints: (scene) => post(scene, "/endpoints", { name: name(), url: "http://127.0.0.1:9/" }),
  bins: (scene) => post(scene, "/bins", {}),
  accessTokens: ({ api: { pool, provider }, userId, by }) => {
    const requester = { actor: { kind: "key" }, permission: "rw", scopes: [] } as const;
    const token = { name: name(), scopes: ["account_management"], permission: "ro" };
    const proof = { currentPassword: "", session: undefined };
    return issueAccessToken(pool, passwords, { providerId: provider.id, userId, requester, proof, by, ...token });
  },
  savedViews: (scene) => post(scene, "/views", { list: "events", name: name(), filter: {} }),
  jobs: (scene) => post(scene, "/jobs", { kind: "retry", ids: [deliveryId] }),
  exports: (scene) => post(scene, "/jobs", { kind: "export", ids: [deliveryId] }),
  fieldsDefinitions: ({ api: { pool, provider }, by }) =>
    createFieldsDefinition(pool, {
      providerId: provider.id,
      by,
      values: { target: "Account", name: name(), label: "One more" },
    }),
};

const setLimit = ({ api: { pool, provider } }: Scene, limit: string, max: number): Promise<unknown> =>
  pool.query("update providers set limits = jsonb_build_object($2::text, $3::integer) where id = $1", [
    provider.id,
    limit,
    max,
  ]);

test.for(entriesOf(countLimits))("%s: concurrent creations never exceed the limit", async ([key, limit], { scene }) => {
  const create = creations[key];
  expect(await outcomeOf(create(scene))).toBe("created");
  const { used } = await readUsage(scene.api.pool, limit, ownerOf(limit, scene));
  expect(used).toBeGreaterThan(0);
  await setLimit(scene, limit.name, used + 2);

  const outcomes = await Promise.all(Array.from({ length: 6 }, () => outcomeOf(create(scene))));
  expect(outcomes.toSorted()).toEqual(["created", "created", ...Array.from({ length: 4 }, () => "limit-reached")]);
  expect(await readUsage(scene.api.pool, limit, ownerOf(limit, scene))).toEqual({ used: used + 2, max: used + 2 });

  const thrown = await create(scene).catch((error: unknown) => error);
  const refusal = problemOfError(thrown instanceof Error ? thrown : new Error("not thrown"));
  if (refusal.code === "limit-reached") {
    expect(refusal.message).toContain(`${used + 2} ${limit.unit}, and ${used + 2} are allowed (${limit.name})`);
    expect(refusal.errors).toEqual({ base: [refusal.message] });
  }
});

/** Changes that leave nothing to count. */
const removals: Partial<Record<keyof typeof countLimits, string>> = {
  endpoints: "update endpoints set deleted_at = now()",
  exports: "update jobs set kind = 'retry', format = null",
  invitations: "update invitations set accepted_at = now()",
  jobs: "update jobs set state = 'done', finished_at = now()",
  messagesFromAccount: "update messages set kept_by_provider = false",
  messagesToAccount: "update messages set kept_by_provider = false",
  plans: "update plans set customized_from = id",
  planFeatures: "update plans set customized_from = id",
  pricingRules: "update plans set customized_from = id",
  usageLimits: "update plans set customized_from = id",
};

test.for(entriesOf(countLimits))(
  "%s: only its owner's count, and none that have ended",
  async ([key, limit], { scene, otherApi }) => {
    const { pool, provider } = scene.api;
    const other = limit.of === "provider" ? { providerId: otherApi.provider.id } : { providerId: provider.id, id: 1 };
    const before = await readUsage(pool, limit, other);
    expect(await outcomeOf(creations[key](scene))).toBe("created");
    expect(await readUsage(pool, limit, other)).toEqual(before);
    const removal = removals[key];
    if (removal === undefined) return;
    expect(await readUsage(pool, limit, ownerOf(limit, scene))).not.toMatchObject({ used: 0 });
    if (key === "exports")
      expect(await readUsage(pool, countLimits.jobs, { providerId: provider.id })).toMatchObject({ used: 0 });
    await pool.query(removal);
    expect(await readUsage(pool, limit, ownerOf(limit, scene))).toMatchObject({ used: 0 });
  },
);

test("accepting an invitation is refused at the limit of users", async ({ scene }) => {
  const { pool, provider } = scene.api;
  let code = "";
  const urlOf = (each: string): string => (code = each);
  await inviteUser(pool, { provider, accountId: scene.accountId, by: scene.by, email: "m@fjord.example", urlOf });
  await setLimit(scene, countLimits.users.name, 1);
  const values = {
    username: name(),
    password: "correct horse battery",
    password_confirmation: "correct horse battery",
  };
  expect(await outcomeOf(acceptInvitation(pool, passwords, { provider, code, values, now: scene.by.now }))).toBe(
    "limit-reached",
  );
});

test.for([
  [changeLimits.changes.name, 4],
  [changeLimits.bytes.name, 4000],
] as const)(
  "%s: a change over the limit is refused, and allowed a minute later",
  async ([limit, max], { scene, clock }) => {
    await setLimit(scene, limit, max);
    const count = async (): Promise<number> => {
      const rows = "select from events where provider_id = $1";
      return (await scene.api.pool.query(rows, [scene.api.provider.id])).length;
    };
    const outcomes: string[] = [];
    while (outcomes.length < 30 && !outcomes.includes("too-many-changes"))
      outcomes.push(await outcomeOf(creations.users(scene)));
    expect(outcomes.filter((each) => each === "created").length).toBeGreaterThan(0);
    expect(outcomes.at(-1)).toBe("too-many-changes");
    const before = await count();
    expect(await outcomeOf(creations.users(scene))).toBe("too-many-changes");
    expect(await count()).toBe(before);

    await clock.advance(60_000);
    expect(await outcomeOf(creations.users({ ...scene, by: { ...scene.by, now: clock.now() } }))).toBe("created");
  },
);

test("an account that has used up its changes can still be suspended and deleted, and loses a deleted product", async ({
  scene,
}) => {
  const { api, accountId, by } = scene;
  const { pool, provider } = api;
  await setLimit(scene, changeLimits.changes.name, 1);
  const account = { provider, accountId, by };
  const user = await outcomeOf(creations.users(scene));
  expect(user).toBe("too-many-changes");
  await pool.query(
    `insert into users (provider_id, account_id, username, state) select $1, $2, 'user' || number, 'active'
     from generate_series(1, 2) as number`,
    [provider.id, accountId],
  );
  const [first, second] = (await listUsers(pool, provider.id, accountId)).filter(({ role }) => role === "member");
  await pool.query("insert into products (provider_id, name, system_name) values ($1, 'Spare', 'spare')", [
    provider.id,
  ]);
  const [product] = await pool.query<{ id: number }>("select min(id) as id from products where provider_id = $1", [
    provider.id,
  ]);
  const endings = [
    () => suspendUser(pool, { ...account, userId: first?.id ?? 0 }),
    () => deleteUser(pool, { ...account, userId: second?.id ?? 0 }),
    () => deleteProduct(pool, { provider, productId: product?.id ?? 0, by }),
    () => changeAccountState(pool, { ...account, logInUrl: "", transition: "suspend" }),
  ];
  for (const end of endings) expect(await outcomeOf(end())).toBe("created");
  expect(await outcomeOf(changeAccountState(pool, { ...account, logInUrl: "", transition: "resume" }))).toBe(
    "too-many-changes",
  );
  expect(await outcomeOf(deleteAccount(pool, account))).toBe("created");
});

test("the counter of an account whose change is under way is not deleted as an expired one", async ({ database }) => {
  const { provider, accountId } = await signedUp(database);
  const values = [provider.id, accountId];
  await database.query("update change_counters set ends_at = now() - interval '1 minute'");
  await database.inTransaction(async (tx) => {
    await tx.query("update change_counters set ends_at = now() where provider_id = $1 and account_id = $2", values);
    expect(await withoutWaiting(database, (other) => deleteExpiredChangeCounters(other, new Date()))).toBe(0);
  });
  expect(await deleteExpiredChangeCounters(database, new Date())).toBe(1);
});

test("concurrent changes of one account share one rate limit, and do not count for other accounts", async ({
  scene,
}) => {
  await setLimit(scene, changeLimits.changes.name, 5);
  const outcomes = await Promise.all(Array.from({ length: 10 }, () => outcomeOf(creations.users(scene))));
  const [row] = await scene.api.pool.query<{ changes: number }>(
    "select changes from change_counters where provider_id = $1",
    [scene.api.provider.id],
  );
  expect(row?.changes).toBe(5);
  expect(outcomes.filter((each) => each === "created").length).toBeLessThan(5);
  const other = {
    provider: scene.api.provider,
    values: { ...form, org_name: name(), username: "other", email: "other@fjord.example" },
  };
  const by = { via: "program", actor: scene.by.actor, channel: "api" } as const;
  expect("details" in (await signUpAccount(scene.api.pool, passwords, { ...other, by, now: scene.by.now }))).toBe(true);
});

test.for(Object.entries(attemptLimits))(
  "attempts, %s: attempts over the limit must wait until the window ends",
  async ([, limit], { sharedPool, clock }) => {
    const limiter = createAttemptLimiter({ pool: sharedPool, clock }, { ...limit, max: 2 });
    const key = name();
    expect([await limiter.secondsToWait(key), await limiter.secondsToWait(key)]).toEqual([0, 0]);
    expect(await limiter.secondsToWait(key)).toBe(limit.windowSeconds);
    await clock.advance(limit.windowSeconds * 1000);
    expect(await limiter.secondsToWait(key)).toBe(0);
  },
);

test("no product is created whose default plan is over the limit of plans", async ({ scene }) => {
  await setLimit(scene, countLimits.plans.name, 3);
  expect(await outcomeOf(creations.products(scene))).toBe("limit-reached");
});

test("the API lists every limit with the provider's own usage", async ({ scene, otherApi }) => {
  await post(scene, "/bins", {});
  await setLimit(scene, countLimits.bins.name, 7);
  const { data } = (await scene.api.call("GET", "/limits")).json<{ data: { name: string }[] }>();
  expect(data.map((limit) => limit.name)).toEqual(changeableLimits.map((limit) => limit.name));
  expect(data).toContainEqual({ name: countLimits.bins.name, of: "provider", max: 7, used: 1 });
  const others = (await otherApi.call("GET", "/limits")).json<{ data: unknown[] }>();
  expect(others.data).toContainEqual({ name: countLimits.bins.name, of: "provider", max: 200, used: 0 });
});

const isNamed = (limit: unknown): limit is { readonly name: string } =>
  typeof limit === "object" && limit !== null && "name" in limit;

test("the reference names every limit", () => {
  const text = limitsReference();
  const declared = Object.values({ ...limits, ...ofBinsAndStreams }).flatMap((table): unknown[] =>
    Object.values(table),
  );
  const names = declared.filter(isNamed).map((limit) => limit.name);
  expect(names).toContain(limits.jobLimits.rows.name);
  expect(names.filter((each) => !text.includes(each))).toEqual([]);
});
