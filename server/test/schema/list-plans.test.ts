import { expect } from "vitest";
import type { Database, Pool } from "#platform/database/database.ts";
import { plannedEachTime } from "#platform/database/pipeline.ts";
import {
  listAccountPlanRequests,
  listApplicationPlanRequests,
  readAccountPlanRequest,
  readApplicationPlanRequest,
  searchAccounts,
} from "#portal/accounts/index.ts";
import { listPendingSubscriptions, searchApplications } from "#portal/applications/index.ts";
import { setUp } from "../portal/portal-fixture.ts";
import { test } from "../support/test.ts";
import { openPlanner, recordStatements } from "./read-plan.ts";

const accounts = 5_000;
const pending = 20;
/** So small that the ids of the accounts do not fit, as those of a million do not fit into the usual 4 MB. */
const workMem = "64kB";

/** Inserts accounts, each with a user and an application. The first ones wait for approval. */
const fill = [
  `insert into accounts (provider_id, org_name, plan_id, state)
   select $1, 'Account ' || number, (select id from plans where provider_id = $1 and kind = 'account_plan'),
     case when number <= $3 then 'pending' else 'approved' end
   from generate_series(1, $2::integer) as number where $3::integer is not null`,
  `insert into users (provider_id, account_id, username, email, role, state)
   select $1, id, 'user' || id, 'user' || id || '@fjord.example', 'admin', 'active' from accounts where provider_id = $1`,
  `insert into applications (provider_id, account_id, product_id, plan_id, name, user_key, application_id, state,
     provider_verification_key)
   select $1, account.id, plan.product_id, plan.id, 'App', 'key of ' || account.org_name, 'app' || account.id,
     case account.state when 'pending' then 'pending' else 'live' end, 'none'
   from accounts account join plans plan on plan.provider_id = $1 and plan.kind = 'application_plan'
   where account.provider_id = $1`,
];

async function fillProvider(pool: Pool): Promise<number> {
  const { provider } = await setUp(pool);
  for (const statement of fill) {
    const values = [provider.id, accounts, pending];
    await pool.query(statement, statement.includes("$2") ? values : values.slice(0, 1));
  }
  return provider.id;
}

/** Inserts a request of each account and application, and a subscription that waits for approval. */
const requestAll = [
  `insert into account_plan_requests (provider_id, account_id, plan_id)
   select provider_id, id, plan_id from accounts where provider_id = $1`,
  `insert into plan_requests (provider_id, application_id, plan_id)
   select provider_id, id, plan_id from applications where provider_id = $1`,
  `insert into service_subscriptions (provider_id, account_id, product_id, plan_id, state)
   select $1, account.id, plan.product_id, plan.id, 'pending'
   from accounts account join plans plan on plan.provider_id = $1 and plan.kind = 'service_plan'
   where account.provider_id = $1`,
];

const page = { limit: 50, offset: 0 };

/** Lists, and the rows that a step of a plan may handle. A union handles the accounts with their users. */
const lists: readonly [
  name: string,
  rowsMax: number,
  list: (db: Database, providerId: number) => Promise<{ readonly total: number }>,
][] = [
  ["accounts in a rare state", pending, (db, id) => searchAccounts(db, id, { state: "pending" }, page)],
  ["accounts by a text that one has", accounts * 2, (db, id) => searchAccounts(db, id, { query: "Account 77" }, page)],
  ["accounts by a text that all have", accounts * 2, (db, id) => searchAccounts(db, id, { query: "fjord" }, page)],
  [
    "accounts in a rare state by a text that all have",
    accounts * 2,
    (db, id) => searchAccounts(db, id, { query: "fjord", state: "pending" }, page),
  ],
  ["applications in a rare state", pending, (db, id) => searchApplications(db, id, { state: "pending" }, page)],
  ["applications of a key", 1, (db, id) => searchApplications(db, id, { userKey: "key of Account 77" }, page)],
  ["applications of no plan", 1, (db, id) => searchApplications(db, id, { planId: 7 }, page)],
  ["applications of accounts of a name", accounts, (db, id) => searchApplications(db, id, { accountQuery: "7" }, page)],
];

test(
  "no list of accounts or applications reads a row for each row of another, or all for a few of one index",
  { timeout: 120_000 },
  async ({ database, databaseUrl }) => {
    const providerId = await fillProvider(database);
    const wrong: unknown[] = [];
    for (const [name, rowsMax, list] of lists) {
      const { recording, statements } = recordStatements(database);
      expect((await list(recording, providerId)).total).toBeLessThanOrEqual(accounts);
      for (const { text, values } of statements) {
        // Any other statement has a plan for any values from its sixth execution on.
        const mode = text.endsWith(plannedEachTime) ? "force_custom_plan" : "force_generic_plan";
        const url = `${databaseUrl}&options=${encodeURIComponent(`-c work_mem=${workMem} -c hash_mem_multiplier=1`)}`;
        await using planner = await openPlanner(url, mode);
        const most = await planner.mostRowsOf(text, values);
        if (most > rowsMax) wrong.push({ name, most });
      }
    }
    expect(wrong).toEqual([]);
  },
);

test("a list of requests looks up those who have the listed ones only, and a request of one is found by an index", async ({
  database,
  databaseUrl,
}) => {
  const providerId = await fillProvider(database);
  for (const statement of requestAll) await database.query(statement, [providerId]);
  const { recording, statements } = recordStatements(database);
  expect(await listApplicationPlanRequests(recording, providerId, { scope: null })).toHaveLength(200);
  expect(await listAccountPlanRequests(recording, providerId)).toHaveLength(200);
  expect(await listPendingSubscriptions(recording, providerId, { scope: null })).toHaveLength(200);
  // Without them, PostgreSQL may read all rows of a table that is small.
  const nestedLoops = ["hashjoin", "mergejoin", "seqscan"].map((name) => `-c enable_${name}=off`).join(" ");
  await using planner = await openPlanner(
    `${databaseUrl}&options=${encodeURIComponent(nestedLoops)}`,
    "force_generic_plan",
  );
  for (const { text, values } of statements) {
    const scans = await planner.scansOf(text, values);
    const lookedUp = scans.filter(({ table }) =>
      ["accounts", "users", "applications", "plans", "products"].includes(table),
    );
    expect(lookedUp.map(({ table, rows }) => [table, rows]).filter(([, rows]) => Number(rows) > 200)).toEqual([]);
  }

  const [one] = await database.query<{ id: number; accountId: number }>(
    "select id, account_id from applications where provider_id = $1 order by id desc limit 1",
    [providerId],
  );
  const { id = 0, accountId = 0 } = one ?? {};
  const { recording: ofOne, statements: readOne } = recordStatements(database);
  const last = { applicationIds: [id], accountIds: [accountId] }; // beyond the first 200
  expect(await listApplicationPlanRequests(ofOne, providerId, { scope: null, ...last })).toHaveLength(1);
  expect(await listAccountPlanRequests(ofOne, providerId, last.accountIds)).toHaveLength(1);
  expect(await readApplicationPlanRequest(ofOne, providerId, id)).toMatchObject({ applicationId: id });
  expect(await readAccountPlanRequest(ofOne, providerId, accountId)).toMatchObject({ accountId });
  const pendingOfOne = await listPendingSubscriptions(ofOne, providerId, { scope: null, accountId });
  expect(pendingOfOne).toMatchObject([{ accountId }]);
  for (const { text, values } of readOne) expect(await planner.mostRowsOf(text, values)).toBeLessThan(10);
});
