import { readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import pg from "pg";
import { openEmbeddedPostgres, startServerAhead } from "#platform/embedded-postgres/open-embedded-postgres.ts";
import { makeDataDir } from "../support/data-dir.ts";
import { makeEmptyDataDir } from "../support/empty-data-dir.ts";
import { openDatabaseLine, openLineTo } from "../support/database-line.ts";
import { familyOf, isAlive, kill, postmasterOf } from "../support/processes.ts";
import { startReceiver } from "../support/receiver.ts";
import { runBellwire } from "../support/run-bellwire.ts";
import { mountSmallDisk } from "../support/small-disk.ts";
import { inOneProcess, serve, startBellwire } from "../support/start-bellwire.ts";
import { test } from "../support/test.ts";
import { until } from "../support/until.ts";

const timeout = 120_000;
const token = "a-token-that-the-test-knows";
const authorization = `Bearer ${token}`;
const silently = (): void => undefined;

interface ApiResponse {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly text: string;
}

async function request(url: string, init: RequestInit = {}): Promise<ApiResponse> {
  const response = await fetch(url, { headers: { authorization }, ...init });
  return { status: response.status, retryAfter: response.headers.get("retry-after"), text: await response.text() };
}

async function canConnect(connectionString: string): Promise<boolean> {
  const client = new pg.Client({ connectionString });
  client.on("error", silently);
  try {
    await client.connect();
    await client.end();
    return true;
  } catch {
    return false;
  }
}

/** Signs an account up through the API. */
const signUp = (url: string, name: string): Promise<ApiResponse> =>
  request(`${url}/admin/api/signup.json`, {
    method: "POST",
    body: new URLSearchParams({ org_name: name, username: name, email: `${name}@example.com` }),
  });

const subscribe = (url: string, switches: Readonly<Record<string, unknown>>): Promise<ApiResponse> =>
  request(`${url}/admin/api/webhooks.json`, {
    method: "PUT",
    headers: { authorization, "content-type": "application/json" },
    body: JSON.stringify({ active: true, provider_actions: true, ...switches }),
  });

/** Submits the Developer Portal's sign-up form. */
async function signUpByForm(url: string, name: string): Promise<ApiResponse> {
  const page = await fetch(`${url}/signup`);
  const hidden = [...(await page.text()).matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g)];
  const password = "correct horse battery";
  const fields = {
    org_name: name,
    username: name,
    email: `${name}@example.com`,
    password,
    password_confirmation: password,
  };
  const cookie = page.headers
    .getSetCookie()
    .map((header) => header.split(";")[0])
    .join("; ");
  return request(`${url}/signup`, {
    method: "POST",
    headers: { cookie, origin: url },
    body: new URLSearchParams({
      ...Object.fromEntries(hidden.map(([, field = "", value = ""]) => [field, value])),
      ...fields,
    }),
    redirect: "manual",
  });
}

/** Returns the ids of accounts, and those in events: equal unless a change is incomplete. */
async function readAccounts(url: string): Promise<{ accounts: readonly string[]; ofEvents: readonly string[] }> {
  const accounts = await request(`${url}/admin/api/accounts.json?per_page=500`);
  const events = await request(`${url}/api/v1/events?type=account.created&limit=200`);
  expect([accounts.status, events.status]).toEqual([200, 200]);
  return {
    accounts: (accounts.text.match(/"account":\{"id":\d+/g) ?? []).map((match) => match.slice(16)).toSorted(),
    ofEvents: (events.text.match(/"object_id":\d+/g) ?? []).map((match) => match.slice(12)).toSorted(),
  };
}

test(
  "every interface responds 503 while the database is unavailable, and recovers with it",
  { timeout },
  async ({ databaseUrl }) => {
    const { line, socketPath, connectionString } = await openLineTo(databaseUrl);
    await using bellwire = await runBellwire(connectionString, { BELLWIRE_ACCESS_TOKEN: token });
    const { url } = bellwire;
    expect(await signUp(url, "before")).toMatchObject({ status: 201 });

    await line[Symbol.asyncDispose]();
    const urls = [`${url}/api/v1/endpoints`, `${url}/admin/api/accounts.json`, `${url}/`, `${url}/p/admin`];
    // A page that needs only the provider is served for a second more, while the provider is cached.
    await until(async () => (await request(`${url}/`)).status === 503);
    for (const each of urls) expect(await request(each)).toMatchObject({ status: 503, retryAfter: "5" });
    expect((await request(`${url}/api/v1/endpoints`)).text).toContain('"code":"database-away"');
    expect((await request(`${url}/admin/api/accounts.json`)).text).toContain('{"error":"The database does not respond');
    expect((await request(`${url}/signup`)).text).toContain("<h1>Back in a moment</h1>");
    expect((await request(`${url}/p/admin`)).text).toContain("<h1>Back in a moment</h1>");
    expect(await request(`${url}/healthz`)).toMatchObject({ status: 200 });
    expect(await request(`${url}/readyz`)).toMatchObject({ status: 503 });

    await using _again = await openDatabaseLine(socketPath, line.port);
    await until(async () => (await request(`${url}/readyz`)).status === 200);
    expect(await signUp(url, "after")).toMatchObject({ status: 201 });
    const { accounts, ofEvents } = await readAccounts(url);
    expect(accounts).toHaveLength(2);
    expect(ofEvents).toEqual(accounts);
  },
);

test("a database server started ahead recovers from a crash, and stops if the start fails", { timeout }, async () => {
  await using empty = await makeEmptyDataDir();
  expect(await startServerAhead(empty.path, { printStatus: silently })).toBeUndefined();
  expect(await readdir(empty.path)).toEqual([]);

  await using folder = await makeDataDir();
  const isStopped = async () => (await postmasterOf(folder.path)) === undefined;
  {
    await using ahead = await startServerAhead(folder.path, { printStatus: silently });
    expect(ahead).toBeDefined();
    expect(await startServerAhead(folder.path, { printStatus: silently })).toBeUndefined(); // the server already runs
    const pid = await postmasterOf(folder.path);
    await using postgres = await openEmbeddedPostgres(folder.path, silently, { ahead });
    expect(await postmasterOf(folder.path)).toBe(pid);
    const client = new pg.Client({ connectionString: postgres.ownerUrl });
    await client.connect();
    await client.query("create table recovered (id integer); insert into recovered values (1)");
    client.on("error", () => undefined);
    for (const member of await familyOf(pid ?? 0)) kill(member, "SIGKILL");
    await until(() => !isAlive(pid ?? 0));
  }

  {
    await using failing = await startServerAhead(folder.path, { printStatus: silently });
    expect(failing).toBeDefined();
  }
  expect(await isStopped()).toBe(true);

  const ahead = await startServerAhead(folder.path, { printStatus: silently });
  {
    await using user = await openEmbeddedPostgres(folder.path, silently);
    await ahead?.[Symbol.asyncDispose]();
    const client = new pg.Client({ connectionString: user.ownerUrl });
    await client.connect();
    expect((await client.query("select id from recovered")).rows).toEqual([{ id: 1 }]);
    await client.end();
  }
  expect(await isStopped()).toBe(true);
});

test(
  "a killed server comes back while one of its processes is stuck, and leaves none of them",
  { timeout },
  async () => {
    await using folder = await makeDataDir();
    const lines: string[] = [];
    await using postgres = await openEmbeddedPostgres(folder.path, (line) => lines.push(line));
    const family = await familyOf((await postmasterOf(folder.path)) ?? 0);
    const [, stuck = 0] = family;
    kill(stuck, "SIGSTOP"); // as one that waits for a lock of a killed one
    for (const member of family) if (member !== stuck) kill(member, "SIGKILL");
    await until(() => lines.some((line) => line.includes("starting it again")));
    await until(() => canConnect(postgres.ownerUrl));
    expect(family.filter(isAlive)).toEqual([]);
  },
);

test(
  "a start waits for an unavailable database and reports it once, and a stop ends the wait",
  { timeout },
  async () => {
    await using folder = await makeDataDir();
    await using postgres = await openEmbeddedPostgres(folder.path, silently);
    const owner = new URL(postgres.ownerUrl);
    const socketPath = join(owner.searchParams.get("host") ?? "", `.s.PGSQL.${owner.port}`);
    const closed = await openDatabaseLine(socketPath);
    await closed[Symbol.asyncDispose](); // its port refuses connections now
    owner.host = `127.0.0.1:${closed.port}`;
    owner.searchParams.delete("host");
    const secretKey = Buffer.alloc(32).toString("base64");
    const environment = { ...inOneProcess, DATABASE_URL: owner.href, BELLWIRE_SECRET_KEY: secretKey };
    const waitMessage = `the database at ${owner.host}/bellwire does not answer`;
    await using stopped = serve(folder.path, environment);
    await until(() => stopped.stdout.includes(waitMessage));
    expect(await stopped.stop()).toBe(0);

    await using bellwire = serve(folder.path, environment);
    await until(() => bellwire.stdout.includes(waitMessage));
    await using _line = await openDatabaseLine(socketPath, closed.port);
    await bellwire.ready();
    expect(bellwire.stdout.split(waitMessage)).toHaveLength(2);
  },
);

test(
  "a full database refuses each change as a whole with a clear error, and reads continue",
  { timeout },
  async ({ databaseUrl, owner }) => {
    await using bellwire = await runBellwire(databaseUrl, { BELLWIRE_ACCESS_TOKEN: token });
    const { url } = bellwire;
    expect(await signUp(url, "before")).toMatchObject({ status: 201 });
    // A trigger on the last table of a change raises the error of a full disk, since not every machine can fill one.
    await owner.query(`create function bellwire.refuse() returns trigger language plpgsql as
      $$begin raise exception 'could not extend file' using errcode = '53100'; end$$`);
    await owner.query("create trigger full_disk before insert on bellwire.events execute function bellwire.refuse()");

    const refused = await signUp(url, "refused");
    expect(refused).toMatchObject({ status: 503, retryAfter: "60" });
    expect(refused.text).toContain('{"error":"The database is full');
    const page = await signUpByForm(url, "refused-too");
    expect(page).toMatchObject({ status: 503 });
    expect(page.text).toContain("<h1>Nothing can be changed at the moment</h1>");
    expect((await readAccounts(url)).accounts).toHaveLength(1);
    expect(await request(`${url}/signup`)).toMatchObject({ status: 200 });
    const ready = await request(`${url}/readyz`);
    expect(ready).toMatchObject({ status: 200 });
    expect(ready.text).toMatch(/"warnings":\["the database is full: it refused to write \d+ s ago \(53100\)"\]/);
    expect((await request(`${url}/metrics`)).text).toMatch(/^bellwire_database_full 1$/m);

    await owner.query("drop trigger full_disk on bellwire.events");
    expect(await signUp(url, "refused")).toMatchObject({ status: 201 });
    const { accounts, ofEvents } = await readAccounts(url);
    expect(ofEvents).toEqual(accounts);
  },
);

test(
  "a database that an administrator makes read-only, or whose rights are revoked, refuses changes with 503 until that ends",
  { timeout },
  async ({ databaseUrl }) => {
    await using bellwire = await runBellwire(databaseUrl, { BELLWIRE_ACCESS_TOKEN: token });
    const { url } = bellwire;
    const administrator = new pg.Client(databaseUrl);
    administrator.on("error", () => undefined);
    await administrator.connect();
    const database = pg.escapeIdentifier(administrator.database ?? "");
    const setForNewSessions = async (change: string): Promise<void> => {
      await administrator.query(`alter database ${database} ${change}`);
      await administrator.query(
        "select pg_terminate_backend(pid, 10000) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()",
      );
    };

    await setForNewSessions("set default_transaction_read_only = on");
    const warning = "the database accepts no changes: default_transaction_read_only is on";
    await until(
      async () => (await request(`${url}/readyz`)).text === JSON.stringify({ status: "ok", warnings: [warning] }),
    );
    expect(await signUp(url, "refused")).toMatchObject({ status: 503, retryAfter: "5" });
    await setForNewSessions("reset default_transaction_read_only");
    await until(async () => (await request(`${url}/readyz`)).text === JSON.stringify({ status: "ok" }));

    await administrator.query("revoke insert on bellwire.events from bellwire_app");
    const refused = await signUp(url, "refused");
    expect(refused).toMatchObject({ status: 503, retryAfter: "60" });
    expect(refused.text).toContain('{"error":"The database refuses this at the moment.');
    expect(await signUpByForm(url, "refused-too")).toMatchObject({ status: 503 });
    await administrator.query("grant insert on bellwire.events to bellwire_app");
    expect(await signUp(url, "refused")).toMatchObject({ status: 201 });
    const { accounts, ofEvents } = await readAccounts(url);
    expect(accounts).toHaveLength(1);
    expect(ofEvents).toEqual(accounts);
    await administrator.end();
  },
);

test(
  "before the disk of the embedded database is full, changes are refused, while deliveries and deletions go on",
  { timeout },
  async ({ skip }) => {
    await using folder = await makeEmptyDataDir();
    await using disk = await mountSmallDisk(folder.path);
    if (!disk) return skip("a file system of our own may not be mounted here");
    await using receiver = await startReceiver();
    await using bellwire = await startBellwire({
      dataDir: folder.path,
      environment: { BELLWIRE_ACCESS_TOKEN: token, BELLWIRE_RETRY_WAITS_SECONDS: "1,1,1,1,1,1,1,1,1,1" },
    });
    const { url } = bellwire;
    await subscribe(url, { url: receiver.url, account_deleted_on: true });
    expect(await signUp(url, "before")).toMatchObject({ status: 201 });
    const { accounts } = await readAccounts(url);

    await disk.leave(48 * 1024 ** 2);
    await until(async () => (await request(`${url}/readyz`)).text.includes("nearly full"));
    const refused = await signUp(url, "refused");
    expect(refused).toMatchObject({ status: 503, retryAfter: "60" });
    expect(refused.text).toContain('{"error":"The database is full');
    expect((await signUpByForm(url, "refused-too")).text).toContain("<h1>Nothing can be changed at the moment</h1>");
    const [ready, metrics] = [await request(`${url}/readyz`), await request(`${url}/metrics`)];
    expect(ready.status).toBe(200);
    expect(ready.text).toMatch(/nearly full \(\d+ MiB free\): changes are refused, deliveries and deletions go on/);
    expect(metrics.text).toMatch(/^bellwire_database_full 1$/m);
    expect(metrics.text).toMatch(/^bellwire_database_disk_free_bytes [1-9]\d{7}$/m);
    for (const id of accounts)
      expect(await request(`${url}/admin/api/accounts/${id}.json`, { method: "DELETE" })).toMatchObject({
        status: 200,
      });
    const deletions = () => receiver.received.filter(({ body }) => body.includes("<action>deleted</action>"));
    await until(() => deletions().length === 3);

    await disk.makeRoom();
    await until(async () => (await request(`${url}/readyz`)).text === JSON.stringify({ status: "ok" }));
    expect(await signUp(url, "refused")).toMatchObject({ status: 201 });
  },
);

test(
  "a full disk leaves no partial change, every event is delivered once space is free, and stops and starts say why they fail",
  { timeout },
  async ({ skip }) => {
    await using folder = await makeEmptyDataDir();
    await using disk = await mountSmallDisk(folder.path);
    if (!disk) return skip("a file system of our own may not be mounted here");
    await using receiver = await startReceiver();
    await using bellwire = await startBellwire({
      dataDir: folder.path,
      environment: { BELLWIRE_ACCESS_TOKEN: token, BELLWIRE_RETRY_WAITS_SECONDS: "1,1,1,1,1,1,1,1,1,1" },
    });
    const { url } = bellwire;
    await subscribe(url, { url: receiver.url, account_created_on: true });

    await disk.fill();
    const responses: ApiResponse[] = [];
    await until(
      async () => {
        responses.push(await signUp(url, `account${responses.length}`));
        return responses.at(-1)?.status === 503;
      },
      { withinMs: 60_000 },
    );
    const stored = await readAccounts(url);
    expect(stored.ofEvents).toEqual(stored.accounts);
    expect(stored.accounts).toHaveLength(responses.filter(({ status }) => status === 201).length);

    await disk.makeRoom();
    await until(async () => (await signUp(url, `later${responses.length}`)).status === 201, { everyMs: 200 });
    const after = await readAccounts(url);
    expect(after.ofEvents).toEqual(after.accounts);
    const receivedIds = () =>
      new Set(receiver.received.flatMap(({ body }) => /<account><id>(\d+)/.exec(body)?.slice(1) ?? []));
    await until(() => after.accounts.every((id) => receivedIds().has(id)));
    expect([...receivedIds()].toSorted()).toEqual(after.accounts);

    await disk.fill();
    const rest = join(folder.path, "rest");
    await expect(writeFile(rest, Buffer.alloc(1_000_000))).rejects.toThrow("ENOSPC"); // leaves no block
    expect(await bellwire.stop()).toBe(0);
    expect(await postmasterOf(folder.path)).toBeUndefined();
    await using refused = serve(folder.path, inOneProcess);
    expect(await refused.ended).toBe(1);
    expect(refused.stderr).toMatch(/^bellwire: .*(?:the disk is full|No space left on device)/m);
    await rm(rest);
  },
);
