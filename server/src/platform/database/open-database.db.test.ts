import { randomBytes } from "node:crypto";
import pg from "pg";
import { expect } from "vitest";
import { hasPooler, startPooler } from "../../../test/support/start-pooler.ts";
import { schema } from "../../../test/support/test-databases.ts";
import { test } from "../../../test/support/test.ts";
import { startThrowAwayPostgres } from "../../../test/support/throw-away-postgres.ts";
import { until } from "../../../test/support/until.ts";
import { migrate } from "./migrate.ts";
import { StatementPipeline } from "./pipeline.ts";
import { openPool } from "./pool.ts";
import { refuseOtherDatabase, refuseTransactionPooling, warnOfConnectionLimit } from "./open-database.ts";

const missing = "pgbouncer is not installed";

test.for([
  ["transaction", true],
  ["statement", true],
  ["session", false],
] as const)("without a direct URL, PgBouncer with pool_mode=%s is refused: %s", async ([mode, isRefused], { skip }) => {
  if (!hasPooler()) skip(missing);
  await using postgres = await startThrowAwayPostgres();
  await using pooler = await startPooler({ url: postgres.urlOf("postgres"), mode });
  const outcome = await refuseTransactionPooling(pooler.url).then(() => "fine", String);
  expect(outcome).toEqual(isRefused ? expect.stringContaining("Set BELLWIRE_DATABASE_DIRECT_URL") : "fine");
  if (isRefused) return;
  await using pool = await openPool({ connectionString: pooler.url, schema });
  expect(await pool.query("select 1 as one")).toEqual([{ one: 1 }]);
});

test("a direct URL to another database and a pooler in statement mode are refused", async ({ skip }) => {
  if (!hasPooler()) skip(missing);
  await using postgres = await startThrowAwayPostgres();
  const url = postgres.urlOf("postgres");
  await using transactions = await startPooler({ url, mode: "transaction" });
  await using statements = await startPooler({ url, mode: "statement" });
  await refuseOtherDatabase(transactions.url, url);
  const other = postgres.urlOf("template1");
  await expect(refuseOtherDatabase(transactions.url, other)).rejects.toThrow("lead to different databases");
  await expect(refuseOtherDatabase(statements.url, url)).rejects.toThrow("statement pooling mode");
});

test("behind PgBouncer, a default isolation level other than read committed is refused, with its remedy", async ({
  skip,
}) => {
  if (!hasPooler()) skip(missing);
  await using postgres = await startThrowAwayPostgres();
  const url = postgres.urlOf("postgres");
  await using owner = await openPool({ connectionString: url, schema: "public" });
  await owner.query("alter database postgres set default_transaction_isolation = 'serializable'");
  await using serializable = await startPooler({ url, mode: "transaction" });
  await expect(refuseOtherDatabase(serializable.url, url)).rejects.toThrow("transactions are serializable");
  await owner.query(
    "alter role current_user in database postgres set default_transaction_isolation = 'read committed'",
  );
  await using remedied = await startPooler({ url, mode: "transaction" });
  expect(await refuseOtherDatabase(remedied.url, url)).toBeUndefined();
});

test("clients that share two pooled server connections keep their settings and receive hints", async ({ skip }) => {
  if (!hasPooler()) skip(missing);
  await using postgres = await startThrowAwayPostgres();
  const directUrl = postgres.urlOf("postgres");
  const { role } = await migrate({ connectionString: directUrl, schema });
  await using pooler = await startPooler({ url: directUrl, mode: "transaction", size: 2 });
  const options = { connectionString: pooler.url, directUrl, schema, max: 10, ...(role !== undefined && { role }) };
  await using pool = await openPool(options);
  await using otherApi = await openPool({ ...options, schema: "bellwire_directory" });
  const hints: string[] = [];
  pool.onHint("due", (values) => hints.push(...values));
  const settings = `select current_setting('search_path') as path, current_user as role, current_setting('timezone') as zone`;
  const results = await Promise.all(
    Array.from({ length: 20 }, async () =>
      [pool, otherApi].map(async (client) => [
        ...(await client.inTransaction(async (tx) => [await tx.query(settings), await tx.query(settings)])),
        await client.query(settings),
      ]),
    ),
  );
  const expected = (path: string) =>
    Array.from({ length: 3 }, () => [{ path: `"${path}", pg_temp`, role, zone: "UTC" }]);
  for (const [own, other] of results) {
    expect(await own).toEqual(expected(schema));
    expect(await other).toEqual(expected("bellwire_directory"));
  }
  await expect(pool.inTransaction((tx) => tx.query("select 1 / 0"))).rejects.toThrow("division by zero");
  await pool.inTransaction(async (tx) => tx.hintAfterCommit("due", "41"));
  await until(() => hints.includes("41"));
});

test("a start warns if the database accepts fewer connections than one process may use", async ({
  databaseUrl,
  owner,
}) => {
  const role = `limited_${randomBytes(6).toString("hex")}`;
  await owner.query(`create role ${role} login password 'secret' connection limit 5`);
  const url = databaseUrl.replace(/\/\/[^@]*@/, `//${role}:secret@`);
  const warnings = [await warnOfConnectionLimit(url, 3), await warnOfConnectionLimit(url, 4)];
  await owner.query(`drop role ${role}`);
  expect(warnings).toEqual([undefined, expect.stringContaining("the database accepts 5 connections of this user")]);
  expect(await warnOfConnectionLimit(databaseUrl, 2)).toBeUndefined();
  expect(await warnOfConnectionLimit(databaseUrl, 100_000)).toContain("each process may use 100002");
});

test("a prologue runs once in every transaction, including one of a single statement, and ends with that transaction", async ({
  databaseUrl,
}) => {
  const client = new pg.Client(databaseUrl);
  await client.connect();
  const session = {
    prologue: {
      text: "select set_config('bellwire.calls', current_setting('bellwire.calls', true) || $1, true)",
      values: ["x"],
    },
  };
  const calls = "select current_setting('bellwire.calls', true) as calls";
  await client.query("set bellwire.calls = ''");
  const single = new StatementPipeline(client, session);
  expect((await single.query(calls, [])).rows).toEqual([{ calls: "x" }]);
  expect((await single.query(calls, [])).rows).toEqual([{ calls: "x" }]);
  const transaction = new StatementPipeline(client, session);
  await transaction.begin();
  for (let index = 0; index < 2; index += 1)
    expect((await transaction.query(calls, [])).rows).toEqual([{ calls: "x" }]);
  expect(await transaction.query("commit", [])).toMatchObject({ command: "COMMIT" });
  expect((await client.query(calls)).rows).toEqual([{ calls: "" }]);
  expect((await client.query("select from pg_prepared_statements")).rows).toEqual([]);
  await client.end();
});

test("behind a pooler, a connection to a changed server runs no statement, and all its connections are replaced", async ({
  databaseUrl,
  owner,
}) => {
  await using pool = await openPool({ connectionString: databaseUrl, directUrl: databaseUrl, schema, max: 2 });
  const pids = () =>
    Promise.all([1, 2].map(() => pool.query<{ pid: number }>("select pg_backend_pid() as pid, pg_sleep(0.1)"))).then(
      (answers) => answers.flat().map(({ pid }) => pid),
    );
  const before = await pids();
  const source = "select pg_get_functiondef('require_server'::regproc) as text";
  const text = (await owner.query<{ text: string }>(source))[0]?.text ?? "";
  await owner.query(text.replace("pg_postmaster_start_time() <> known", "true"));
  await expect(pool.query("select nextval('id_numbers')")).rejects.toMatchObject({ code: "BW001" });
  await owner.query(text);
  const after = await pids();
  expect(before.filter((pid) => after.includes(pid))).toEqual([]);
});
