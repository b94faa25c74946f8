import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import { createSession } from "#access/index.ts";
import type { Pool } from "#platform/database/database.ts";
import { findAccountOf, type OtherCell, workOnErasure } from "#personal-data/index.ts";
import { runCommandLine } from "../../src/cli/command.ts";
import { type RequestedSubject, secondPassSeconds } from "../../src/personal-data/erasures.ts";
import { buildEndpoint, buildProvider } from "../support/build-webhooks.ts";
import { test } from "../support/test.ts";
import { until } from "../support/until.ts";
import { allSent, findWord, openPortal, type Portal } from "./canaries.ts";

const minutesLater = (minutes: number): Date => new Date(Date.now() + minutes * 60_000);

/** Runs all steps that are due until a time. */
async function eraseUntil(pool: Pool, time: Date, cells: readonly OtherCell[] = []): Promise<number> {
  let steps = 0;
  while (await workOnErasure(pool, time, async () => cells)) steps += 1;
  return steps;
}

/** Returns the tables that contain the words, except exports: an export with rows of the erased account is deleted as a whole. */
async function traces(owner: Pool, words: readonly string[]): Promise<object[]> {
  const results = [];
  for (const word of words) {
    const { job_chunks: _exports, ...tables } = await findWord(owner, word);
    results.push(tables);
  }
  return results;
}

const startErasing = (databaseUrl: string, times: readonly Date[]) =>
  fork(fileURLToPath(new URL("erasure-process.ts", import.meta.url)), [
    databaseUrl,
    ...times.map((time) => time.toISOString()),
  ]);

const erasing = "select pid from pg_stat_activity where datname = current_database() and application_name = 'erasing'";

/** Kills a process while it waits for the rows that `locked` selects, in the middle of a step. */
async function killDuringErasure(
  { owner, databaseUrl }: { readonly owner: Pool; readonly databaseUrl: string },
  locked: string,
): Promise<void> {
  await owner.inTransaction(async (tx) => {
    await tx.query(`${locked} for update`);
    const child = startErasing(databaseUrl, [new Date()]);
    await until(async () => {
      await tx.query("select pg_stat_clear_snapshot()"); // also keeps this transaction from being idle
      return (await tx.query(`${erasing} and wait_event_type = 'Lock'`)).length > 0;
    });
    child.kill("SIGKILL");
    await once(child, "exit");
  });
  await until(async () => (await owner.query(erasing)).length === 0); // its session has been rolled back
}

const sequencesOf = async (pool: Pool, accountId: number): Promise<number[]> =>
  (
    await pool.query<{ sequence: number }>(`select sequence from events where account_id = $1 order by sequence`, [
      accountId,
    ])
  ).map(({ sequence }) => sequence);

/** Removes the events of an account until now, as the retention does with an expired day. Bins keep their requests. */
async function expireEvents(owner: Pool, accountId: number): Promise<void> {
  const events = await owner.query<{ id: string }>("select id from events where account_id = $1", [accountId]);
  const ids = events.map(({ id }) => id);
  for (const table of ["payloads", "deliveries", "attempts", "failures"])
    await owner.query(`delete from ${table} where event_id = any($1::uuid[])`, [ids]);
  await owner.query("delete from events where id = any($1::uuid[])", [ids]);
}

test.concurrent(
  "an account is erased from all tables and the log within an hour; other accounts, and one of the same names at another provider, stay unchanged",
  { timeout: 180_000 },
  async ({ database: pool, owner }) => {
    await using portal = await openPortal(pool);
    const erased = await portal.addCanary("zyxwvqa");
    const other = await portal.addCanary("zyxwvqb");
    await using neighbours = await openPortal(pool);
    await neighbours.addCanary(erased.word);
    // As records about referrer filters of earlier versions.
    await owner.query(
      `update audit_records set detail = detail - 'accountId' where detail ->> 'value' like '${erased.word}%'`,
    );
    const find = (of: Portal) => findWord(owner, erased.word, of.api.provider.id);
    const before = await find(portal);
    const expectedTables = [
      "attempts",
      "saved_views",
      "audit_records",
      "bin_requests",
      "deliveries",
      "events",
      "job_chunks",
      "mails",
      "messages",
    ];
    expect(Object.keys(before)).toEqual(expect.arrayContaining([...expectedTables, "payloads", "users"]));
    const others = [await traces(owner, [other.word]), await find(neighbours)];
    const { body: exported } = await portal.call("GET", `/api/v1/accounts/${erased.account}/export`);
    const foreign = await owner.query<{ id: number }>(
      `select id from audit_records where provider_id = $1 union select id from mails where provider_id = $1
       union select id from messages where provider_id = $1`,
      [neighbours.api.provider.id],
    );
    const exportedIds = [...exported.audit_records, ...exported.mails, ...exported.messages].map(
      ({ id }: { id: number }) => id,
    );
    expect(exportedIds.filter((id) => foreign.some((row) => row.id === id))).toEqual([]);
    expect(exported.messages.map(({ sender, body }: Record<string, unknown>) => [sender, body])).toEqual([
      ["provider", `Dear ${erased.word}member`],
      ["account", "Mine alone"],
    ]);
    const sequences = await sequencesOf(owner, erased.account);

    const started = await portal.call("POST", "/api/v1/erasures", { account_id: erased.account, pending: "cancel" });
    expect(started).toMatchObject({
      status: 201,
      body: { account_id: erased.account, user_id: null, state: "waiting" },
    });
    const again = await portal.call("POST", "/api/v1/erasures", { account_id: erased.account, pending: "cancel" });
    expect(again).toMatchObject({ status: 409, body: { title: "An erasure of it is running." } });
    const path = `/api/v1/erasures/${started.body.id}`;
    expect((await neighbours.call("GET", path)).status).toBe(404);
    const erasure = { account_id: erased.account, pending: "cancel" };
    expect(await neighbours.call("POST", "/api/v1/erasures", erasure)).toMatchObject({
      status: 422,
      body: { errors: { account_id: ["is no account of yours"] } },
    });

    await pool.inTransaction(async (tx) => {
      await tx.query("select from erasures for update"); // another process works on it
      expect(await workOnErasure(pool, new Date())).toBe(false);
    });
    // Other cells are visited while nothing is locked, since they may take long.
    const visited: string[] = [];
    const visit = (name: string) => async (): Promise<void> => {
      expect(await pool.query("select from erasures for update skip locked")).toHaveLength(1);
      visited.push(name);
    };
    const [south, north] = [
      { name: "south", visit: () => Promise.reject(new Error("connect ECONNREFUSED 10.0.0.1:5432")) },
      { name: "north", visit: visit("north") },
    ];
    const missed = "The request bins of other cells could not be searched: south";
    for (const minutes of [0, 5]) {
      await expect(eraseUntil(pool, minutesLater(minutes), [south, north])).rejects.toThrow(`${missed}: connect`);
      expect((await portal.call("GET", path)).body).toMatchObject({ state: "running", error: missed });
    }
    expect(visited).toEqual(["north", "north"]);
    expect(Object.keys(await find(portal))).toEqual(["erasures"]); // only what it still searches for
    await eraseUntil(pool, minutesLater(59), [{ name: "south", visit: visit("south") }, north]);
    expect((await portal.call("GET", path)).body).toMatchObject({ state: "done", error: null });
    expect(visited.slice(2)).toEqual(["south", "north"]);

    expect(await find(portal)).toEqual({});
    expect(await portal.log()).not.toContain(erased.word);
    expect([await traces(owner, [other.word]), await find(neighbours)]).toEqual(others);

    const after = await sequencesOf(owner, erased.account);
    expect(after.slice(0, sequences.length)).toEqual(sequences);
    expect(after).toEqual(after.map((_, index) => index + 1));
    const { body: events } = await portal.call("GET", `/api/v1/events?account_id=${erased.account}&limit=200`);
    expect(events.data).toHaveLength(after.length);
    expect(events.data).toEqual(
      events.data.map(() => expect.objectContaining({ account_name: "", erased_at: expect.any(String) })),
    );
    const event = await portal.call("GET", `/api/v1/events/${events.data.at(-1).id}`);
    expect(Object.keys(event.body.document)).toEqual(
      expect.arrayContaining(["id", "state", "created_at", "erased_at"]),
    );
  },
);

test.concurrent(
  "erasing a user keeps the account's events without the user's data, and bins lose requests whose events have expired",
  { timeout: 120_000 },
  async ({ database: pool, owner }) => {
    await using portal = await openPortal(pool);
    const { word, account, member } = await portal.addCanary("zyxwvqd");
    await expireEvents(owner, account);
    await portal.call("PUT", `/admin/api/accounts/${account}.json`, { org_name: `${word} org` });
    expect(await findWord(owner, `${word}member`)).toHaveProperty("bin_requests");
    const started = await portal.call("POST", "/api/v1/erasures", { user_id: member, pending: "send" });
    expect(started).toMatchObject({ status: 201, body: { account_id: account, user_id: member } });
    await allSent(pool);
    await eraseUntil(pool, minutesLater(5));
    await eraseUntil(pool, minutesLater(59));
    expect((await portal.call("GET", `/api/v1/erasures/${started.body.id}`)).body.state).toBe("done");
    expect(await findWord(owner, `${word}member`)).toEqual({});
    expect(await owner.query("select from messages where body = 'Mine alone'")).toEqual([]); // the user wrote it
    const { events = 0, bin_requests: kept = 0 } = await findWord(owner, `${word} org`);
    expect(events).toBeGreaterThan(1);
    expect(kept).toBeGreaterThan(0);
    expect((await portal.call("GET", `/admin/api/accounts/${account}.json`)).status).toBe(200);

    await portal.call("POST", "/api/v1/erasures", { account_id: account, pending: "cancel" });
    await eraseUntil(pool, minutesLater(70));
    await eraseUntil(pool, minutesLater(130));
    expect(await findWord(owner, word)).toEqual({});
  },
);

test.concurrent(
  "a deleted account or user whose events have expired is erased from audit records and bins",
  { timeout: 120_000 },
  async ({ database: pool, owner }) => {
    await using portal = await openPortal(pool);
    const { word, account, member } = await portal.addCanary("zyxwvqi");
    await portal.call("DELETE", `/admin/api/accounts/${account}/users/${member}.json`);
    await portal.call("DELETE", `/admin/api/accounts/${account}.json`);
    await allSent(pool);
    await expireEvents(owner, account);
    expect(await findWord(owner, `${word}member`)).toHaveProperty("bin_requests");
    expect(await findWord(owner, `${word}guest`)).toHaveProperty("audit_records");
    await using neighbours = await openPortal(pool);
    const erase = (subject: object) => ({ ...subject, pending: "cancel" });
    expect((await neighbours.call("POST", "/api/v1/erasures", erase({ account_id: account }))).status).toBe(422);

    const find = (subject: RequestedSubject) => findAccountOf(owner, portal.api.provider.id, subject);
    await owner.query("delete from audit_records where subject = $1", [`user/${member}`]);
    expect(await find({ userId: member })).toBe(account);
    expect(await find({ userId: account })).toBeUndefined();
    const ofUser = await portal.call("POST", "/api/v1/erasures", erase({ user_id: member }));
    expect(ofUser).toMatchObject({ status: 201, body: { account_id: account, user_id: member } });
    await eraseUntil(pool, minutesLater(5));
    expect(await findWord(owner, `${word}member`)).not.toHaveProperty("bin_requests");

    const ofAccount = await portal.call("POST", "/api/v1/erasures", erase({ account_id: account }));
    expect(ofAccount).toMatchObject({ status: 201, body: { account_id: account } });
    await owner.query("delete from audit_records where not detail ?| array['email', 'value']");
    expect(await find({ accountId: account })).toBe(account);
    await eraseUntil(pool, minutesLater(59));
    const left = await findWord(owner, word);
    expect(left).not.toHaveProperty("bin_requests");
    expect(left).not.toHaveProperty("audit_records");
  },
);

test.concurrent(
  "an erasure from the command line completes even if its process is killed in the middle of a step",
  { timeout: 120_000 },
  async ({ database: pool, databaseUrl, owner }) => {
    await using portal = await openPortal(pool);
    const { word, account } = await portal.addCanary("zyxwvqe");
    const output: string[] = [];
    const run = (...args: string[]): Promise<number> =>
      runCommandLine(args, {
        env: { DATABASE_URL: databaseUrl, BELLWIRE_SECRET_KEY: Buffer.alloc(32, 3).toString("base64") },
        roles: [],
        serve: async () => 1,
        print: (line) => output.push(line),
        printStatus: (line) => output.push(line),
      });
    expect([await run("erase", "--account", String(account), "--pending", "cancel"), output]).toEqual([0, output]);
    const [, id = ""] = /^erasure (\d+)/.exec(output[0] ?? "") ?? [];
    expect(await run("erasure", id)).toBe(1);
    expect(await run("erase", "--account", "999", "--pending", "cancel")).not.toBe(0);
    // Each lock stops a step after its first writes.
    await killDuringErasure({ owner, databaseUrl }, "select from deliveries");
    await killDuringErasure({ owner, databaseUrl }, "select from mails");
    expect(await findWord(owner, word)).not.toEqual({});
    const [code] = await once(startErasing(databaseUrl, [minutesLater(60), minutesLater(600)]), "exit");
    expect(code).toBe(0);
    expect(await run("erasure", id)).toBe(0);
    expect(await findWord(owner, word)).toEqual({});
  },
);

test.concurrent(
  "an erasure with pending deliveries to send waits for them for at most a week, and holds up no other",
  { timeout: 120_000 },
  async ({ database: pool, owner }) => {
    await using portal = await openPortal(pool);
    const { word, account } = await portal.addCanary("zyxwvqf");
    const endpointId = await buildEndpoint(pool, {
      providerId: portal.api.provider.id,
      url: "http://127.0.0.1:9/",
      name: "away",
    });
    const pending = `insert into due (endpoint_id, event_id, provider_id, format, sequence, due_at)
    select $1, id, provider_id, 'json', sequence, now() + interval '30 days' from events where account_id = $2 limit 1`;
    await pool.query(pending, [endpointId, account]);
    const second = { org_name: "Second", username: "second", email: "second@people.example" };
    const { account: other } = (await portal.call("POST", "/admin/api/signup.json", second)).body;
    const { body } = await portal.call("POST", "/api/v1/erasures", { account_id: account, pending: "send" });
    const cancelling = { account_id: other.id, pending: "cancel" };
    const { body: cancelled } = await portal.call("POST", "/api/v1/erasures", cancelling);
    await eraseUntil(pool, minutesLater(6 * 24 * 60));
    expect((await portal.call("GET", `/api/v1/erasures/${cancelled.id}`)).body.state).toBe("running");
    expect((await portal.call("GET", `/api/v1/erasures/${body.id}`)).body.state).toBe("waiting");
    expect(await findWord(owner, word)).toHaveProperty("events");
    await eraseUntil(pool, minutesLater(7 * 24 * 60 + 10));
    await eraseUntil(pool, minutesLater(7 * 24 * 60 + 15));
    expect((await portal.call("GET", `/api/v1/erasures/${body.id}`)).body.state).toBe("done");
    expect(await findWord(owner, word)).toEqual({});
    const states = await pool.query(`select state from deliveries where endpoint_id = $1`, [endpointId]);
    expect(states).toEqual([{ state: "cancelled" }]);
  },
);

const insertErasure = `
  insert into erasures (provider_id, account_id, pending, step, pass, actor_kind, created_at, work_at)
  values ($1, 1, 'cancel', $2, $3, 'key', now(), now())`;

test.concurrent("a slow process does not do the step after one that another process has done meanwhile", async ({
  database: pool,
}) => {
  await pool.query(insertErasure, [await buildProvider(pool), "events", 2]);
  const now = minutesLater(1);
  const slow: Pool = {
    ...pool,
    query: <Row>(text: string, values?: readonly unknown[]) =>
      pool.query<Row>(text, values).then((found) => workOnErasure(pool, now).then(() => found)),
  };
  await workOnErasure(slow, now);
  expect(await pool.query("select step from erasures")).toEqual([{ step: "traces" }]); // its search in bins is still to be done
});

test.concurrent.for([
  [
    "a step that fails",
    1,
    () => Promise.reject(new Error("The directory does not respond.")),
    "The directory does not",
  ],
  [
    "a last step that misses a cell",
    2,
    async () => [{ name: "south", visit: () => Promise.reject(new Error("refused")) }],
    "The request bins of other cells could not be searched: south",
  ],
] as const)(
  "%s is postponed with its error for 2, 4, 8 … seconds, and for five minutes at most",
  async ([, pass, listOtherCells, message], { database: pool }) => {
    const providerId = await buildProvider(pool);
    await pool.query(insertErasure, [providerId, "traces", pass]);
    const waits: number[] = [];
    let now = new Date(Date.now() + 60_000);
    while (waits.length < 10) {
      await expect(workOnErasure(pool, now, listOtherCells)).rejects.toThrow(message);
      const [erasure] = await pool.query<{ workAt: Date; error: string }>("select work_at, error from erasures");
      expect(erasure?.error).toContain(message);
      const { workAt = now } = erasure ?? {};
      waits.push((workAt.getTime() - now.getTime()) / 1000);
      expect(await workOnErasure(pool, new Date(workAt.getTime() - 1), listOtherCells)).toBe(false);
      now = workAt;
    }
    expect(waits).toEqual([2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);

    expect(await workOnErasure(pool, now)).toBe(true);
    expect(await pool.query("select tries, error from erasures")).toEqual([{ tries: 0, error: null }]);
  },
);

test("the second pass of an erasure begins after the longest attempt", () => {
  expect(secondPassSeconds).toBeGreaterThan(60 + 60);
});

/** Adds 150 endpoints that have received the newest event of an account. */
const addDeliveries = `
  with copy as (
    insert into endpoints
    select copied.*
    from (select * from endpoints order by id desc limit 1) as endpoint
    cross join generate_series(1, 150) as nth
    cross join lateral jsonb_populate_record(null::endpoints,
      to_jsonb(endpoint) || jsonb_build_object('id', endpoint.id + nth, 'name', 'copy ' || nth)) as copied
    returning provider_id, id
  )
  insert into deliveries (provider_id, event_id, endpoint_id, state, attempts_made, replay, format)
  select copy.provider_id, event.id, copy.id, 'delivered', 1, 0, '3scale'
  from copy, (select id from events where account_id = $1 order by id desc limit 1) as event`;

/** Adds 210 events and as many messages to an account: an export reads a hundred at a time. */
const addLongHistory = [
  `insert into events
   select copied.*
   from (select * from events where account_id = $1 order by id desc limit 1) as event
   cross join generate_series(1, 210) as nth
   cross join lateral jsonb_populate_record(null::events,
     to_jsonb(event) || jsonb_build_object('id', uuidv7(), 'sequence', event.sequence + nth)) as copied`,
  `insert into messages (provider_id, account_id, sender, subject)
   select provider_id, id, 'provider', 'Note ' || nth from accounts, generate_series(1, 210) as nth where id = $1`,
];

test.concurrent(
  "an export has the record, mails, sessions and audit records, also once the events of the history have expired",
  { timeout: 120_000 },
  async ({ database: pool, owner }) => {
    await using portal = await openPortal(pool);
    const { word, account, member } = await portal.addCanary("zyxwvqg");
    await pool.query(addDeliveries, [account]);
    const { body } = await portal.call("GET", `/api/v1/accounts/${account}/export`);
    expect(body).toMatchObject({
      account_id: account,
      account: { org_name: `${word} renamed`, users: expect.any(Array) },
      invitations: [{ email: `${word}guest@people.example` }],
    });
    expect(body.applications).toContainEqual(expect.objectContaining({ name: `${word} app 2` }));
    expect(body.history.length).toBeGreaterThan(5);
    expect(body.history[0].deliveries.length).toBeGreaterThan(150);
    expect(body.mails.length).toBeGreaterThan(1);
    expect(body.audit_records.map(({ action }: { action: string }) => action)).toContain("activation.sent");
    expect(JSON.stringify(body)).not.toContain(`${word}key`);

    const { body: ofUser } = await portal.call("GET", `/api/v1/users/${member}/export`);
    expect(ofUser).toMatchObject({ user_id: member, user: { email: `${word}member2@people.example` } });
    expect(JSON.stringify(ofUser)).not.toContain(`${word} org`);
    const [audit] = (await portal.call("GET", "/api/v1/audit_records?limit=1")).body.data;
    expect(audit).toMatchObject({ action: "personal_data.exported", subject: `user/${member}` });
    expect((await portal.call("GET", "/api/v1/users/999/export")).status).toBe(404);

    for (const statement of addLongHistory) await pool.query(statement, [account]);
    const { body: long } = await portal.call("GET", `/api/v1/accounts/${account}/export`);
    const countOf = (rows: readonly { id: unknown }[]): number => new Set(rows.map(({ id }) => id)).size;
    expect([long.history.length, countOf(long.history)]).toEqual(Array(2).fill(body.history.length + 210));
    expect([long.messages.length, countOf(long.messages)]).toEqual(Array(2).fill(body.messages.length + 210));

    const { id: providerId } = portal.api.provider;
    const place = { browser: "Firefox", operatingSystem: "Windows", address: "203.0.113.7" };
    const session = { providerId, audience: "developer", userId: member, now: new Date(), ...place } as const;
    const exported = {
      last_used_at: session.now.toISOString(),
      browser: "Firefox",
      operating_system: "Windows",
      address: "203.0.113.7",
    };
    await pool.inTransaction((tx) => createSession(tx, session));
    await expireEvents(owner, account);
    const { body: later } = await portal.call("GET", `/api/v1/accounts/${account}/export`);
    expect(later).toMatchObject({ history: [], sessions: [exported], mails: body.mails });
    const { body: laterOfUser } = await portal.call("GET", `/api/v1/users/${member}/export`);
    expect(ofUser.mails.length).toBeGreaterThan(1);
    expect(laterOfUser).toMatchObject({ history: [], sessions: [exported], mails: ofUser.mails });
  },
);

interface AuditDetail {
  readonly id: number;
  readonly detail: object;
}

test.concurrent(
  "records about others are neither exported nor erased with developers who are named like a word in them",
  { timeout: 120_000 },
  async ({ database: pool }) => {
    await using portal = await openPortal(pool);
    const colleague = { username: "colleague", email: "colleague@acme.example" };
    const { body: added } = await portal.call("POST", "/admin/api/users.json", colleague);
    await portal.call("PUT", `/admin/api/users/${added.user.id}/activate.json`, {});
    const filter = { state: ["failed"], q: "filtered out" };
    await portal.call("POST", "/api/v1/jobs", { kind: "export", of: "deliveries", filter, format: "csv" });
    await portal.call("POST", "/api/v1/views", { list: "deliveries", name: "Night", filter: { state: "failed" } });
    const alert = `insert into mails (provider_id, recipient, subject, text, created_at, due_at)
      values ($1, 'admin@acme.example', 'Acme: deliveries are late', 'Hello,', now(), now())`;
    await pool.query(alert, [portal.api.provider.id]);
    const listRecords = async (): Promise<readonly AuditDetail[]> =>
      (await portal.call("GET", "/api/v1/audit_records?limit=200")).body.data;
    const readRest = async () => ({
      jobs: (await portal.call("GET", "/api/v1/jobs")).body.data.map((job: { selection: object }) => job.selection),
      views: (await portal.call("GET", "/api/v1/views")).body.data,
      alerts: (await portal.call("GET", "/api/v1/mails")).body.data.filter(
        (mail: { recipient: string }) => mail.recipient === "admin@acme.example",
      ),
    });
    const today = { list: "deliveries", name: "Failed today", filter: { state: "failed", since: "-1d" } };
    const { body: titled } = await portal.call("POST", "/api/v1/views", today);
    const [records, rest] = [await listRecords(), await readRest()];

    const { account } = (
      await portal.call("POST", "/admin/api/signup.json", {
        org_name: "filter",
        username: "state",
        password: "a long password",
      })
    ).body;
    for (const username of ["role", "member", "failed", "deliveries", "username", "Hello"]) {
      const user = { username, email: `${username}@people.example` };
      await portal.call("POST", `/admin/api/accounts/${account.id}/users.json`, user);
    }
    const exported = await portal.call("GET", `/api/v1/accounts/${account.id}/export`);
    expect(exported.body.audit_records).toMatchObject([{ subject: `account/${account.id}` }]);
    await portal.call("POST", "/api/v1/erasures", { account_id: account.id, pending: "cancel" });
    await eraseUntil(pool, new Date());
    await eraseUntil(pool, minutesLater(59));

    const kept = new Map((await listRecords()).map(({ id, detail }) => [id, detail]));
    expect(records.map(({ id }) => kept.get(id))).toEqual(records.map(({ detail }) => detail));
    // A view whose title has a developer's name keeps its filter.
    const name = `View ${titled.id}`;
    const views = rest.views.map((view: { id: number }) => (view.id === titled.id ? { ...view, name } : view));
    expect(await readRest()).toEqual({ ...rest, views: expect.arrayContaining(views) });
  },
);
