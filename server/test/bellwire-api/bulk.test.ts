import { expect } from "vitest";
import { readAccounts, signUpAccount } from "#portal/accounts/index.ts";
import { type Application, listApplications, readApplication } from "#portal/applications/index.ts";
import { type BellwireApi, createBellwireApi, openBellwireApi, test } from "./bellwire-api-test.ts";
import { passwords } from "../support/passwords.ts";

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
    { id: third, ...refused, title: expect.any(String), errors: { state: ['cannot transition via "approve"'] } },
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
  for (const operation of ["suspend", "delete"]) {
    const narrowed = { headers: await as([]), payload: { ids, operation } };
    const { data } = (await api.call("POST", "/applications/bulk", narrowed)).json();
    expect(data).toEqual(ids.map((id) => ({ id, ...notFound })));
  }
  expect(await readApplication(api.pool, api.provider.id, ids[0] ?? 0)).toMatchObject({ state: "live" });
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

test.for([
  [{ ids: [], operation: "suspend" }, "ids"],
  [{ ids: Array.from({ length: 201 }, (_, at) => at + 1), operation: "suspend" }, "ids"],
  [{ ids: [1], operation: "praise" }, "operation"],
  [{ ids: [1], operation: "change_plan" }, "plan_id"],
  [{ ids: [0], operation: "suspend" }, "ids.0"],
] as const)(
  "an invalid bulk request is rejected as a whole, with errors by field: %j",
  async ([payload, field], { api }) => {
    for (const path of ["/accounts/bulk", "/applications/bulk"]) {
      const answer = await api.call("POST", path, { payload });
      expect([path, answer.statusCode, Object.keys(answer.json().errors)]).toEqual([path, 422, [field]]);
    }
  },
);
