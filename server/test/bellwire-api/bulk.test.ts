import { expect } from "vitest";
import { readAccounts, signUpAccount } from "#portal/accounts/index.ts";
import { type Application, listApplications, readApplication } from "#portal/applications/index.ts";
import { type BellwireApi, createBellwireApi, openBellwireApi, test } from "./bellwire-api-test.ts";
import { countWaiting } from "../support/count-waiting.ts";
import { passwords } from "../support/passwords.ts";
import { until } from "../support/until.ts";

interface Developers {
  readonly accounts: readonly number[];
  readonly applications: readonly Application[];
}

/** Three accounts, each with an application, none of them approved yet. */
async function signUpThree({ pool, provider }: BellwireApi, now: Date): Promise<Developers> {
  const accounts: number[] = [];
  const applications: Application[] = [];
  for (const name of ["harbour", "quay", "pier"]) {
    const values = { org_name: name, username: name, email: `${name}@shore.example` };
    const by = { via: "program", actor: { kind: "key" }, channel: "api" } as const;
    const signedUp = await signUpAccount(pool, passwords, { provider, values, by, now });
    if (!("details" in signedUp)) throw new Error(JSON.stringify(signedUp));
    accounts.push(signedUp.details.account.id);
    applications.push(...(await listApplications(pool, provider.id, signedUp.details.account.id)));
  }
  return { accounts, applications };
}

const addPlan = async ({ pool, provider }: BellwireApi, kind: string, productId: number | null): Promise<number> => {
  const [plan] = await pool.query<{ id: number }>(
    `insert into plans (provider_id, kind, product_id, name, system_name, state)
     values ($1, $2, $3, 'Gold', 'gold', 'published') returning id`,
    [provider.id, kind, productId],
  );
  return plan?.id ?? 0;
};

/** Returns type and account of each event, oldest first, without the first `since` events. */
async function listEvents(
  { pool, provider }: BellwireApi,
  since: number,
): Promise<readonly (readonly [string, number])[]> {
  const rows = await pool.query<{ type: string; accountId: number }>(
    `select type, account_id from events where provider_id = $1 order by id`,
    [provider.id],
  );
  return rows.slice(since).map(({ type, accountId }) => [type, accountId]);
}

const states = async ({ pool, provider }: BellwireApi, ids: readonly number[]): Promise<readonly string[]> => {
  const accounts = await readAccounts(pool, provider.id, ids);
  return ids.map((id) => accounts.find((each) => each.id === id)?.state ?? "gone");
};

const notFound = { done: false, code: "not-found", title: "Not found." };
const refused = { done: false, code: "invalid" };

test("a bulk operation changes each account separately, in the order of the ids, and returns a reason per refusal", async ({
  api,
  otherApi,
  clock,
}) => {
  const { accounts } = await signUpThree(api, clock.now());
  const [first = 0, second = 0, third = 0] = accounts;
  const [foreign = 0] = (await signUpThree(otherApi, clock.now())).accounts;
  const bulk = async (ids: readonly number[], operation: string, more: object = {}) =>
    (await api.call("POST", "/accounts/bulk", { payload: { ids, operation, ...more } })).json().data;

  const before = (await listEvents(api, 0)).length;
  expect(await bulk([third], "approve")).toEqual([{ id: third, done: true }]);
  expect(await bulk([second, foreign, third, first, second], "approve")).toEqual([
    { id: second, done: true },
    { id: foreign, ...notFound },
    {
      id: third,
      ...refused,
      unchanged: true,
      title: expect.any(String),
      errors: { state: ['cannot transition via "approve"'] },
    },
    { id: first, done: true },
  ]);
  expect(await listEvents(api, before)).toEqual([third, second, first].map((id) => ["account.updated", id]));

  const planId = await addPlan(api, "account_plan", null);
  expect(await bulk([first, second], "change_plan", { plan_id: planId })).toEqual([
    { id: first, done: true },
    { id: second, done: true },
  ]);
  expect(await bulk([first], "change_plan", { plan_id: 999_999_999 })).toMatchObject([
    { id: first, ...refused, errors: { plan_id: ["is no plan for this one"] } },
  ]);
  expect(await listEvents(api, before + 3)).toEqual([first, second].map((id) => ["account.plan_changed", id]));

  for (const [operation, state] of [
    ["suspend", "suspended"],
    ["resume", "approved"],
    ["make_pending", "pending"],
    ["reject", "rejected"],
    ["delete", "gone"],
  ] as const) {
    expect(await bulk([first, second], operation)).toEqual([first, second].map((id) => ({ id, done: true })));
    expect([operation, await states(api, accounts)]).toEqual([operation, [state, state, "approved"]]);
  }
  const deleted = ["account.deleted", "application.deleted", "user.deleted"];
  expect((await listEvents(api, 0)).slice(-6)).toEqual(
    [first, second].flatMap((id) => deleted.map((type) => [type, id])),
  );
  expect(await states(otherApi, [foreign])).toEqual(["created"]);
});

test("a bulk operation changes each application separately and accepts only plans of its product", async ({
  api,
  clock,
}) => {
  const { accounts, applications } = await signUpThree(api, clock.now());
  const [first = 0, second = 0, third = 0] = applications.map(({ id }) => id);
  const productId = applications[0]?.product.id ?? 0;
  const before = (await listEvents(api, 0)).length;
  await api.pool.query("update applications set state = 'pending' where id = any($1)", [[first, third]]);
  const bulk = async (ids: readonly number[], operation: string, more: object = {}) =>
    (await api.call("POST", "/applications/bulk", { payload: { ids, operation, ...more } })).json().data;

  expect(await bulk([first, second], "accept")).toMatchObject([{ done: true }, { id: second, ...refused }]);
  expect(await bulk([first, third], "reject")).toMatchObject([{ id: first, ...refused }, { done: true }]);
  expect(await bulk([first, second, third], "suspend")).toMatchObject([{ done: true }, { done: true }, notFound]);
  expect(await bulk([first, second], "resume")).toMatchObject([{ done: true }, { done: true }]);
  const ofAccounts = await addPlan(api, "account_plan", null);
  expect(await bulk([first], "change_plan", { plan_id: ofAccounts })).toMatchObject([refused]);
  const gold = await addPlan(api, "application_plan", productId);
  expect(await bulk([first], "change_plan", { plan_id: gold })).toEqual([{ id: first, done: true }]);
  expect((await readApplication(api.pool, api.provider.id, first))?.plan.id).toBe(gold);
  expect(await bulk([second], "delete")).toEqual([{ id: second, done: true }]);

  const [one, two, three] = accounts;
  expect(await listEvents(api, before)).toEqual([
    ["application.updated", one],
    ["application.deleted", three],
    ["application.suspended", one],
    ["application.suspended", two],
    ["application.updated", one],
    ["application.updated", two],
    ["application.plan_changed", one],
    ["application.deleted", two],
  ]);
});

test("a member's bulk permissions equal those for single objects; applications of other products are not found", async ({
  api,
  clock,
}) => {
  const { accounts, applications } = await signUpThree(api, clock.now());
  const as = async (serviceIds?: readonly number[]) => ({
    authorization: `Bearer ${await api.addToken({ role: "member", sections: ["partners"], ...(serviceIds ? { serviceIds } : {}) })}`,
  });
  const headers = await as();
  const send = (operation: string) =>
    api.call("POST", "/accounts/bulk", { headers, payload: { ids: accounts, operation } });
  for (const operation of ["approve", "reject", "suspend", "resume", "delete"]) {
    const answer = await send(operation);
    expect([operation, answer.statusCode, answer.json().code]).toEqual([operation, 403, "role-missing"]);
  }
  expect(await states(api, accounts)).toEqual(["created", "created", "created"]);
  expect((await send("make_pending")).json().data).toEqual(accounts.map((id) => ({ id, done: true })));

  const ids = applications.map(({ id }) => id);
  const message = { key: "1", subject: "Hello", body: "text" };
  for (const operation of ["suspend", "send_message", "delete"]) {
    const narrowed = { headers: await as([]), payload: { ids, operation, message } };
    const { data } = (await api.call("POST", "/applications/bulk", narrowed)).json();
    expect(data).toEqual(ids.map((id) => ({ id, ...notFound })));
  }
  expect(await readApplication(api.pool, api.provider.id, ids[0] ?? 0)).toMatchObject({ state: "live" });
});

test("all accounts and applications that match are listed with their names, within the caller's products", async ({
  api,
  otherApi,
  clock,
}) => {
  const { accounts, applications } = await signUpThree(api, clock.now());
  await signUpThree(otherApi, clock.now());
  const [first = 0, second = 0, third = 0] = accounts;
  const names = ["harbour", "quay", "pier"];
  const list = async (path: string, headers = {}) => (await api.call("GET", path, { headers })).json().data;
  const named = accounts.map((id, at) => ({ id, name: names[at] }));
  expect(await list("/accounts/matching")).toEqual(named);
  await api.call("POST", "/accounts/bulk", { payload: { ids: [first, third], operation: "approve" } });
  expect(await list("/accounts/matching?state=approved")).toEqual([named[0], named[2]]);
  expect(await list("/accounts/matching?query=AY@shore")).toEqual([{ id: second, name: "quay" }]);
  expect(await list("/accounts/matching?state=approved&query=pier")).toEqual([{ id: third, name: "pier" }]);

  const shown = applications.map(({ id, name }, at) => ({ id, name, org_name: names[at] }));
  const productId = applications[0]?.product.id ?? 0;
  expect(await list("/applications/matching")).toEqual(shown);
  expect(await list(`/applications/matching?service_id=${productId}&account_query=Quay`)).toEqual([shown[1]]);
  expect(await list(`/applications/matching?service_id=${productId + 1}`)).toEqual([]);
  expect(await list("/applications/matching?state=pending")).toEqual([]);
  const as = async (serviceIds: readonly number[]) => ({
    authorization: `Bearer ${await api.addToken({ role: "member", sections: ["partners"], serviceIds })}`,
  });
  expect(await list("/applications/matching", await as([productId]))).toEqual(shown);
  expect(await list("/applications/matching", await as([]))).toEqual([]);
});

test("more matches than the limit are refused as a whole, and never listed in part", async ({ api, clock }) => {
  const { accounts } = await signUpThree(api, clock.now());
  await api.pool.query(
    `insert into accounts (provider_id, created_at, updated_at, org_name, state, state_changed_at, plan_id)
     select provider_id, created_at, updated_at, 'many', 'pending', state_changed_at, plan_id
     from accounts, generate_series(1, 20001) where id = $1`,
    [accounts[0] ?? 0],
  );
  const refusal = await api.call("GET", "/accounts/matching");
  expect([refusal.statusCode, refusal.json().errors]).toEqual([
    422,
    { base: ["More than 20000 match. Use a narrower filter."] },
  ]);
  expect((await api.call("GET", "/accounts/matching?state=created")).json().data).toHaveLength(3);
});

test("what has left the filter since it was selected is reported and not changed", async ({ api, clock }) => {
  const { accounts, applications } = await signUpThree(api, clock.now());
  const bulk = async (path: string, payload: object) => (await api.call("POST", path, { payload })).json().data;
  const [first = 0, second = 0, third = 0] = accounts;
  await bulk("/accounts/bulk", { ids: [second], operation: "approve" });
  const left = { done: false, code: "no-longer-matching", title: expect.any(String) };
  const before = (await listEvents(api, 0)).length;
  const filter = { state: "created", query: "h" };
  expect(await bulk("/accounts/bulk", { ids: accounts, operation: "suspend", filter })).toEqual([
    { id: first, done: true },
    { id: second, ...left },
    { id: third, done: true },
  ]);
  expect(await states(api, accounts)).toEqual(["suspended", "approved", "suspended"]);
  expect(
    await bulk("/accounts/bulk", { ids: [second], operation: "make_pending", filter: { query: "harbour" } }),
  ).toEqual([{ id: second, ...left }]);

  const [one = 0, two = 0] = applications.map(({ id }) => id);
  await bulk("/applications/bulk", { ids: [two], operation: "suspend" });
  const live = { state: "live", account_query: "HARBOUR" };
  expect(await bulk("/applications/bulk", { ids: [one, two], operation: "delete", filter: live })).toEqual([
    { id: one, done: true },
    { id: two, ...left },
  ]);
  const changed = (await listEvents(api, before)).map(([type]) => type);
  expect(changed).toEqual(["account.updated", "account.updated", "application.suspended", "application.deleted"]);
});

test("a bulk operation that is repeated after a lost response changes and mails nobody twice, and says so", async ({
  api,
  clock,
}) => {
  const { accounts, applications } = await signUpThree(api, clock.now());
  const [application = 0] = applications.map(({ id }) => id);
  const count = async () => [
    (await listEvents(api, 0)).length,
    (await api.pool.query("select from mails where provider_id = $1", [api.provider.id])).length,
  ];
  const bulk = async (path: string, payload: object) => (await api.call("POST", path, { payload })).json().data;
  const planId = await addPlan(api, "account_plan", null);
  const repeated = [
    ["/accounts/bulk", { ids: accounts, operation: "approve", filter: { state: "created" } }],
    ["/accounts/bulk", { ids: accounts, operation: "change_plan", plan_id: planId, filter: { state: "approved" } }],
    ["/accounts/bulk", { ids: accounts, operation: "suspend", filter: { state: "approved" } }],
    ["/applications/bulk", { ids: [application], operation: "suspend", filter: { state: "live" } }],
  ] as const;
  for (const [path, payload] of repeated) {
    expect(await bulk(path, payload)).toEqual(payload.ids.map((id) => ({ id, done: true })));
    const counts = await count();
    expect(await bulk(path, payload)).toMatchObject(payload.ids.map((id) => ({ id, unchanged: true })));
    expect(await count()).toEqual(counts);
  }
  for (const path of ["/applications/bulk", "/accounts/bulk"]) {
    const ids = path === "/accounts/bulk" ? accounts : [application];
    const deletion = { ids, operation: "delete", filter: { state: "suspended" } };
    expect(await bulk(path, deletion)).toEqual(ids.map((id) => ({ id, done: true })));
    expect(await bulk(path, deletion)).toEqual(ids.map((id) => ({ id, ...notFound })));
  }
});

test("a bulk message reaches each account once, however often it is sent, and its admins get one email", async ({
  api,
  otherApi,
  clock,
}) => {
  const { accounts, applications } = await signUpThree(api, clock.now());
  const [first = 0, second = 0, third = 0] = accounts;
  const [foreign = 0] = (await signUpThree(otherApi, clock.now())).accounts;
  const other = applications.map(({ id }) => id);
  await api.pool.query(`update applications set account_id = $2 where provider_id = $1 and account_id = $3`, [
    api.provider.id,
    first,
    second,
  ]);
  await api.call("POST", "/accounts/bulk", { payload: { ids: [third], operation: "suspend" } });
  await api.pool.query("delete from mails where provider_id = $1", [api.provider.id]);
  const sent = () =>
    api.pool.query("select account_id, subject, body from messages where provider_id = $1 order by id", [
      api.provider.id,
    ]);
  const mailed = async () => {
    const rows = await api.pool.query<{ recipient: string }>(
      "select recipient from mails where provider_id = $1 and text like '%On Sunday%' order by recipient",
      [api.provider.id],
    );
    return rows.map(({ recipient }) => recipient);
  };
  const send = async (ids: readonly number[], message: object, path = "/accounts/bulk") =>
    (await api.call("POST", path, { payload: { ids, operation: "send_message", message } })).json().data;
  const message = { key: "maintenance-1", subject: "Maintenance", body: "On Sunday." };
  const text = { subject: "Maintenance", body: "On Sunday." };

  expect(await send([first, foreign, third], message)).toEqual([
    { id: first, done: true },
    { id: foreign, ...notFound },
    { id: third, done: true },
  ]);
  expect(await sent()).toEqual([first, third].map((accountId) => ({ accountId, ...text })));
  expect(await mailed()).toEqual(["harbour@shore.example"]);

  // The accounts of applications: the first two are of one account, which has the message already.
  expect(await send(other, message, "/applications/bulk")).toMatchObject(other.map((id) => ({ id, unchanged: true })));
  expect(await send(accounts, message)).toEqual([
    { id: first, done: true, unchanged: true },
    { id: second, done: true },
    { id: third, done: true, unchanged: true },
  ]);
  const once = await Promise.all(
    [1, 2].map(() => send(other, { ...message, key: "maintenance-2" }, "/applications/bulk")),
  );
  expect(once.flat().map(({ done }) => done)).toEqual([true, true, true, true, true, true]);
  expect(await sent()).toEqual([first, third, second, first, third].map((accountId) => ({ accountId, ...text })));
  expect(await mailed()).toEqual(["harbour@shore.example", "harbour@shore.example", "quay@shore.example"]);
  expect(await otherApi.pool.query("select from messages where provider_id = $1", [otherApi.provider.id])).toEqual([]);
});

test("after the first refusal of the database, the rest of a bulk operation is refused without a try", async ({
  database,
  owner,
  clock,
}) => {
  const { http, close } = openBellwireApi(database, clock);
  const api = await createBellwireApi(database, http, clock.now());
  const { accounts } = await signUpThree(api, clock.now());
  const [first = 0, second = 0, third = 0] = accounts;
  // Only the second account is refused, so the third would be changed if it were tried.
  await owner.query(`create function bellwire.refuse() returns trigger language plpgsql as
    $$begin raise exception 'could not extend file' using errcode = '53100'; end$$`);
  await owner.query(`create trigger full_disk before update on bellwire.accounts
    for each row when (old.id = ${second}) execute function bellwire.refuse()`);

  const answer = await api.call("POST", "/accounts/bulk", { payload: { ids: accounts, operation: "approve" } });

  const full = { done: false, code: "database-full", title: expect.stringContaining("The database is full") };
  expect(answer.statusCode).toBe(200);
  expect(answer.json().data).toEqual([
    { id: first, done: true },
    { id: second, ...full },
    { id: third, ...full },
  ]);
  expect(await states(api, accounts)).toEqual(["approved", "created", "created"]);
  await close();
});

const refusedInTheMiddle = [
  ["demoted", "/accounts/bulk", "role = 'member'", "role-missing"],
  ["suspended", "/accounts/bulk", "state = 'suspended'", "credentials-wrong"],
  ["limited to other products", "/applications/bulk", "role = 'member', service_ids = '{}'", "not-found"],
] as const;

test.for(refusedInTheMiddle)(
  "the rest of a bulk operation is refused once its caller was %s",
  async ([, path, change, code], { sharedPool, clock }) => {
    const { http, close } = openBellwireApi(sharedPool, clock);
    const api = await createBellwireApi(sharedPool, http, clock.now());
    const { accounts, applications } = await signUpThree(api, clock.now());
    const [table, ids] = path.startsWith("/accounts")
      ? (["accounts", accounts] as const)
      : (["applications", applications.map(({ id }) => id)] as const);
    const authorization = `Bearer ${await api.addToken({ sections: ["partners"] })}`;
    const { answer } = await api.pool.inTransaction(async (tx) => {
      await tx.query(`select from ${table} where id = $1 for update`, [ids[1]]);
      const sent = api.call("POST", path, { headers: { authorization }, payload: { ids, operation: "suspend" } });
      await until(async () => (await countWaiting(api.pool)) === 1);
      await api.pool.query(
        `update provider_users set ${change} where id = (
           select user_id from access_tokens where provider_id = $1 order by created_at desc, id desc limit 1)`,
        [api.provider.id],
      );
      await clock.advance(1000);
      return { answer: sent };
    });
    expect((await answer).json().data).toMatchObject([
      { id: ids[0], done: true },
      { id: ids[1], done: true },
      { id: ids[2], done: false, code },
    ]);
    const found = await api.pool.query<{ state: string }>(`select state from ${table} where id = any($1) order by id`, [
      ids,
    ]);
    expect(found.map(({ state }) => state === "suspended")).toEqual([true, true, false]);
    await close();
  },
);

test.for([
  [{ ids: [], operation: "suspend" }, "ids"],
  [{ ids: Array.from({ length: 201 }, (_, at) => at + 1), operation: "suspend" }, "ids"],
  [{ ids: [1], operation: "praise" }, "operation"],
  [{ ids: [1], operation: "change_plan" }, "plan_id"],
  [{ ids: [0], operation: "suspend" }, "ids.0"],
  [{ ids: [1], operation: "send_message" }, "message"],
  [{ ids: [1], operation: "send_message", message: { key: "1", subject: " ", body: "text" } }, "message.subject"],
  [
    { ids: [1], operation: "send_message", message: { key: "1", subject: "a\u0000b", body: "text" } },
    "message.subject",
  ],
  [{ ids: [1], operation: "send_message", message: { key: "a b", subject: "a", body: "text" } }, "message.key"],
  [
    { ids: [1], operation: "send_message", message: { key: "1", subject: "a", body: "x".repeat(10_001) } },
    "message.body",
  ],
] as const)(
  "an invalid bulk request is rejected as a whole, with errors by field: %j",
  async ([payload, field], { api }) => {
    for (const path of ["/accounts/bulk", "/applications/bulk"]) {
      const answer = await api.call("POST", path, { payload });
      expect([path, answer.statusCode, Object.keys(answer.json().errors)]).toEqual([path, 422, [field]]);
    }
  },
);
