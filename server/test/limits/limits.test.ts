import { expect } from "vitest";
import { type ChangeContext, createAttemptLimiter, readUsage } from "#access/index.ts";
import { problemOfError } from "#http/shared/error-answers.ts";
import * as limits from "#platform/limits.ts";
import {
  type CountLimit,
  attemptLimits,
  changeLimits,
  changeableLimits,
  countLimits,
  textLimits,
} from "#platform/limits.ts";
import { limitsReference } from "../../../scripts/limits-reference.ts";
import { changeAccountState, deleteAccount, signUpAccount } from "#portal/accounts/index.ts";
import { createApplication, deleteProduct, updateApplication } from "#portal/applications/index.ts";
import { lengthOfAllErrors } from "#portal/fields/field-values.ts";
import { allChoicesErrors, parseNewDefinition } from "#portal/fields/fields-definition.ts";
import { createFieldsDefinition, parseFieldInput, updateFieldsDefinition } from "#portal/fields/index.ts";
import { createPlan, createProduct, updateProduct } from "#portal/products/index.ts";
import { addProviderUser, issueAccessToken } from "#portal/provider-account/index.ts";
import {
  acceptInvitation,
  createUser,
  deleteUser,
  inviteUser,
  listUsers,
  passwordErrors,
  suspendUser,
  updateUser,
} from "#portal/users/index.ts";
import { type BellwireApi, test as base } from "../bellwire-api/bellwire-api-test.ts";
import { form } from "../portal/portal-fixture.ts";
import { passwords } from "../support/passwords.ts";

interface Scene {
  readonly api: BellwireApi;
  readonly accountId: number;
  readonly userId: number;
  readonly planId: number;
  readonly by: ChangeContext;
}

const test = base.extend("scene", async ({ api, clock }): Promise<Scene> => {
  const { pool, provider } = api;
  const by = { actor: { kind: "key" }, channel: "api", now: clock.now() } as const;
  const signUp = { provider, values: form, by: { via: "program", ...by } as const, now: by.now };
  const created = await signUpAccount(pool, passwords, signUp);
  if (!("details" in created)) throw new Error(JSON.stringify(created));
  const [plan] = await pool.query<{ id: number }>(
    "select id from plans where provider_id = $1 and kind = 'application_plan'",
    [provider.id],
  );
  const [admin] = await pool.query<{ id: number }>("select id from provider_users where provider_id = $1", [
    provider.id,
  ]);
  return { api, accountId: created.details.account.id, userId: admin?.id ?? 0, planId: plan?.id ?? 0, by };
});

function entriesOf<Key extends string, Value>(record: Readonly<Record<Key, Value>>): (readonly [Key, Value])[] {
  const keys = Object.keys(record).filter((key): key is Key => key in record);
  return keys.map((key) => [key, record[key]] as const);
}

let nameCount = 0;
const name = (): string => `name${(nameCount += 1)}`;

/** Returns the owner that a limit counts for: an account, a user, or the provider itself. */
const ownerOf = ({ of }: CountLimit, { api, accountId, userId }: Scene) => ({
  providerId: api.provider.id,
  ...(of === "account" ? { id: accountId } : of === "user" ? { id: userId } : {}),
});

const post = async ({ api }: Scene, path: string, payload: object): Promise<unknown> => {
  const answer = await api.call("POST", path, { payload });
  return answer.statusCode === 201 ? answer : Promise.reject(new Error(answer.json<{ code: string }>().code));
};

const deliveryId = "019ca8a1-3a50-7c1e-9d24-5b0f6f1a2c33.1";

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
  teamMembers: ({ api: { pool, provider }, by }) =>
    addProviderUser(pool, passwords, { provider, by, values: { username: name(), email: `${name()}@acme.example` } }),
  endpoints: (scene) => post(scene, "/endpoints", { name: name(), url: "http://127.0.0.1:9/" }),
  bins: (scene) => post(scene, "/bins", {}),
  accessTokens: ({ api: { pool, provider }, userId, by }) => {
    const requester = { actor: by.actor, permission: "rw", scopes: [] } as const;
    const token = { name: name(), scopes: ["account_management"], permission: "ro" };
    return issueAccessToken(pool, { providerId: provider.id, userId, requester, by, ...token });
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

/** Returns `created`, or the code of the refusal. */
const outcomeOf = async (creation: Promise<unknown>): Promise<string> => {
  try {
    const each = await creation;
    return each !== undefined && !(typeof each === "object" && each !== null && "refused" in each)
      ? "created"
      : JSON.stringify(each);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const { code } = problemOfError(error);
    return code === "internal" ? error.message : code;
  }
};

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
  plans: "update plans set customized_from = id",
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

const field = { id: 1, target: "Account", name: "notes", label: "Notes", required: false, hidden: false } as const;
const definitions = ["notes", ...Array.from({ length: 7 }, (_, place) => `more_${place}`)].map((each) => ({
  ...field,
  name: each,
  readOnly: false,
  choices: [],
  position: 1,
  createdAt: new Date(0),
  updatedAt: new Date(0),
}));
const texts: Readonly<Record<keyof typeof textLimits, (size: number) => object>> = {
  field: (size) =>
    parseFieldInput({ definitions, target: "Account", writer: "developer" }, { notes: "x".repeat(size) }).errors,
  fields(size) {
    const each = Math.floor(size / definitions.length);
    const input = Object.fromEntries(definitions.map(({ name: of }) => [of, "x".repeat(each)]));
    const last = { notes: "x".repeat(size - each * (definitions.length - 1)) };
    return parseFieldInput({ definitions, target: "Account", writer: "developer" }, { ...input, ...last }).errors;
  },
  account: (size) => lengthOfAllErrors("users", size),
  products: (size) => lengthOfAllErrors("products", size),
  password: (size) =>
    passwordErrors({ password: "x".repeat(size), confirmation: undefined, isRequired: true, lengthMin: 8 }),
  choices: (size) => {
    const choices = Array.from({ length: size }, (_, place) => `c${place}`);
    return parseNewDefinition({ target: "Account", name: "size", label: "Size", choices }).errors;
  },
  allChoices: allChoicesErrors,
};

test.for(entriesOf(textLimits))(
  "texts, %s: the maximum size is accepted, and a larger size is refused",
  ([key, { max }]) => {
    const validate = texts[key];
    expect(Object.values(validate(max)).flat()).toEqual([]);
    expect(Object.values(validate(max + 1)).flat()).toEqual([expect.stringContaining(`maximum is ${max}`)]);
  },
);

test("the users of an account have a limited length of field values together, however they are added or changed", async ({
  scene,
}) => {
  const { accountId, by, api } = scene;
  const { pool, provider } = api;
  const definition = { target: "User", name: "notes", label: "Notes" };
  await createFieldsDefinition(pool, { providerId: provider.id, by, values: definition });
  let code = "";
  const urlOf = (each: string): string => (code = each);
  await inviteUser(pool, { provider, accountId, by, email: "m@fjord.example", urlOf });
  const [first] = await listUsers(pool, provider.id, accountId);
  const write = (length: number) => ({ notes: "x".repeat(length) });
  const person = () => {
    const username = name();
    const secret = { password: "correct horse battery", password_confirmation: "correct horse battery" };
    return { username, email: `${username}@fjord.example`, ...secret };
  };
  const create = (length: number) =>
    createUser(pool, passwords, { provider, accountId, by, values: { ...person(), ...write(length) } });
  const accept = (length: number) =>
    acceptInvitation(pool, passwords, { provider, code, now: by.now, values: { ...person(), ...write(length) } });
  const update = (length: number) =>
    updateUser(pool, passwords, {
      provider,
      accountId,
      userId: first?.id ?? 0,
      by,
      writer: "program",
      values: write(length),
    });
  const fill =
    "update users set fields = jsonb_build_object('notes', repeat('x', $2)) where provider_id = $1 and id = $3";
  expect(await outcomeOf(create(9000))).toBe("created");
  await pool.query(fill, [provider.id, textLimits.account.max - 10_000, first?.id]);

  const refused = expect.stringContaining(`maximum is ${textLimits.account.max}`);
  expect(await outcomeOf(accept(9000))).toEqual(refused);
  expect(await outcomeOf(create(9000))).toEqual(refused);
  expect(await outcomeOf(create(900))).toBe("created");
  expect(await outcomeOf(update(9000))).toBe("created"); // it shrinks
  expect(await outcomeOf(accept(9000))).toBe("created");
  await pool.query(fill, [provider.id, 8000, first?.id]);
  const [other] = await pool.query<{ id: number }>("select max(id) as id from users where provider_id = $1", [
    provider.id,
  ]);
  await pool.query(fill, [provider.id, textLimits.account.max - 10_000, other?.id]);
  expect(await outcomeOf(update(9500))).toEqual(refused);
});

test("the applications of an account have a limited length of texts together", async ({ scene }) => {
  const { accountId, planId, by, api } = scene;
  const { pool, provider } = api;
  const change = { provider, accountId, by, writer: "program" } as const;
  const create = (length: number) =>
    createApplication(pool, { ...change, planId, values: { name: name(), description: "x".repeat(length) } });
  const update = (applicationId: number, length: number) =>
    updateApplication(pool, { ...change, applicationId, values: { description: "x".repeat(length) } });
  const [first, second] = [await create(9000), await create(8000)];
  if (!first || !("application" in first) || !second || !("application" in second)) throw new Error("not created");
  await pool.query(
    "update applications set fields = jsonb_build_object('notes', repeat('x', $2)) where provider_id = $1 and id = $3",
    [provider.id, textLimits.account.max - 18_000, first.application.id],
  );

  const refused = expect.stringContaining(`maximum is ${textLimits.account.max}`);
  expect(await outcomeOf(create(2000))).toEqual(refused);
  expect(await outcomeOf(update(second.application.id, 10_000))).toEqual(refused);
  expect(await outcomeOf(update(second.application.id, 7000))).toBe("created");
  expect(await outcomeOf(create(900))).toBe("created");
});

test("the products of a provider have a limited length of texts together", async ({ scene }) => {
  const { by, api } = scene;
  const { pool, provider } = api;
  const providerId = provider.id;
  const create = (length: number) =>
    createProduct(pool, { providerId, by, values: { name: name(), description: "x".repeat(length) } });
  const update = (productId: number, length: number) =>
    updateProduct(pool, { providerId, productId, by, values: { terms: "x".repeat(length), description: "" } });
  const [first, second] = [await create(9000), await create(8000)];
  if (!("product" in first) || !("product" in second)) throw new Error("not created");
  await pool.query("update products set txt_support = repeat('x', $2) where provider_id = $1 and id = $3", [
    providerId,
    textLimits.products.max - 18_000,
    first.product.id,
  ]);

  const refused = expect.stringContaining(`maximum is ${textLimits.products.max}`);
  expect(await outcomeOf(create(2000))).toEqual(refused);
  expect(await outcomeOf(update(second.product.id, 10_000))).toEqual(refused);
  expect(await outcomeOf(update(second.product.id, 7000))).toBe("created");
  expect(await outcomeOf(create(900))).toBe("created");
});

test("products that get texts concurrently keep to their limit together", async ({ scene }) => {
  const { by, api } = scene;
  const { pool, provider } = api;
  const length = textLimits.products.max / 20;
  const products: number[] = [];
  for (let count = 0; count < 6; count += 1) {
    const created = await createProduct(pool, { providerId: provider.id, by, values: { name: name() } });
    if ("product" in created) products.push(created.product.id);
  }
  await pool.query("update products set terms = repeat('x', $2) where provider_id = $1 and id = $3", [
    provider.id,
    textLimits.products.max - 2.5 * length,
    products.pop(),
  ]);
  const outcomes = await Promise.all(
    products.map((productId) =>
      outcomeOf(
        updateProduct(pool, { providerId: provider.id, productId, by, values: { description: "x".repeat(length) } }),
      ),
    ),
  );
  expect(outcomes.filter((each) => each === "created")).toHaveLength(2);
});

test("no product is created whose default plan is over the limit of plans", async ({ scene }) => {
  await setLimit(scene, countLimits.plans.name, 3);
  expect(await outcomeOf(creations.products(scene))).toBe("limit-reached");
});

test("the fields of a provider have a limited number of choices together", async ({ scene }) => {
  const { by, api } = scene;
  const { pool, provider } = api;
  const choices = Array.from({ length: textLimits.choices.max }, (_, place) => `c${place}`);
  const create = (some: readonly string[]) =>
    createFieldsDefinition(pool, {
      providerId: provider.id,
      by,
      values: { target: "User", name: name(), label: "Size", choices: some },
    });
  for (let count = 0; count < textLimits.allChoices.max; count += choices.length)
    expect(await outcomeOf(create(choices))).toBe("created");
  const refused = expect.stringContaining(`maximum is ${textLimits.allChoices.max}`);
  expect(await outcomeOf(create(["one"]))).toEqual(refused);
  const last = await create([]);
  if (!("definition" in last)) throw new Error("not created");
  const update = { providerId: provider.id, id: last.definition.id, by, values: { choices: ["one"] } };
  expect(await outcomeOf(updateFieldsDefinition(pool, update))).toEqual(refused);
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
  const declared = Object.values(limits).flatMap((table): unknown[] => Object.values(table));
  const names = declared.filter(isNamed).map((limit) => limit.name);
  expect(names).toContain(limits.jobLimits.rows.name);
  expect(names.filter((each) => !text.includes(each))).toEqual([]);
});
