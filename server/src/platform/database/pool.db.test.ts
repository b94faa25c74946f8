import { randomBytes } from "node:crypto";
import pg from "pg";
import { expect } from "vitest";
import { schema } from "../../../test/support/test-databases.ts";
import { test } from "../../../test/support/test.ts";
import { until } from "../../../test/support/until.ts";
import { machineMs } from "../clock.ts";
import type { Turn } from "../fair-queue.ts";
import { appRole } from "./app-role.ts";
import { classifyDatabaseError } from "./connection.ts";
import type { Pool } from "./database.ts";
import { openPool } from "./pool.ts";

/** Records the hints of a channel, once listening has begun. A call without values means "poll everything". */
async function listen(pool: Pool, channel: string): Promise<string[]> {
  const hints: string[] = [];
  let hasBegun = false;
  pool.onHint(channel, (values) => {
    hasBegun ||= values.length === 0;
    hints.push(...values);
  });
  await until(() => hasBegun);
  return hints;
}

test("a hint reaches every process once, and only after the commit", async ({ database, databaseUrl }) => {
  await using other = await openPool({ connectionString: databaseUrl, schema });
  const [ours, theirs] = [await listen(database, "due"), await listen(other, "due")];
  await database.inTransaction(async (tx) => {
    tx.hintAfterCommit("due", "41");
    tx.hintAfterCommit("due", "41");
    await other.query("select pg_sleep(0.1)");
    expect([...ours, ...theirs]).toEqual([]);
  });
  await until(() => theirs.length > 0);
  await database.inTransaction(async (tx) => tx.hintAfterCommit("due", "42"));
  await until(() => theirs.includes("42"));
  expect(ours).toEqual(["41", "42"]);
  expect(theirs).toEqual(["41", "42"]);
});

test("a hint for the own process replaces the shared one there and reaches no other process", async ({
  database,
  databaseUrl,
}) => {
  await using other = await openPool({ connectionString: databaseUrl, schema });
  const [ours, theirs] = [await listen(database, "due"), await listen(other, "due")];
  const [own, foreign]: readonly string[][] = [[], []];
  database.onHint("own/rows", (values) => own?.push(...values));
  other.onHint("own/rows", (values) => foreign?.push(...values));
  const startedMs = machineMs();
  await database.inTransaction(async (tx) => {
    tx.hintOthersAfterCommit("due", "41");
    tx.hintOwnAfterCommit("own/rows", (committingAtMs) => String(committingAtMs));
  });
  const committedMs = machineMs();
  await database.query("select pg_notify($1, $2)", [schema, JSON.stringify(["a stranger", ["own/rows", "forged"]])]);
  await database.inTransaction(async (tx) => tx.hintAfterCommit("due", "42"));
  await until(() => theirs.includes("42") && ours.includes("42"));
  expect([ours, theirs, foreign]).toEqual([["42"], ["41", "42"], []]);
  expect(own).toHaveLength(1);
  expect(Number(own?.[0])).toBeGreaterThan(startedMs);
  expect(Number(own?.[0])).toBeLessThan(committedMs);
});

test("an own hint without a listener is not rendered", async ({ database }) => {
  const rendered: string[] = [];
  const hint = (value: string): Promise<void> =>
    database.inTransaction(async (tx) => {
      tx.hintOwnAfterCommit("own/rows", () => {
        rendered.push(value);
        return value;
      });
    });
  await hint("before");
  const stop = database.onHint("own/rows", () => undefined);
  await hint("while");
  stop();
  await hint("after");
  expect(rendered).toEqual(["while"]);
});

test("a rolled-back change leaves no hint", async ({ database, databaseUrl }) => {
  await using other = await openPool({ connectionString: databaseUrl, schema });
  const [ours, theirs] = [await listen(database, "due"), await listen(other, "due")];
  const refused = database.inTransaction(async (tx) => {
    tx.hintAfterCommit("due", "lost");
    throw new Error("no");
  });
  await expect(refused).rejects.toThrow("no");
  await database.inTransaction(async (tx) => tx.hintAfterCommit("due", "kept"));
  await until(() => theirs.includes("kept"));
  expect([...ours, ...theirs]).toEqual(["kept", "kept"]);
});

test("a process that closes while it sends a hint waits for the response", async ({ database, databaseUrl }) => {
  const warnings: string[] = [];
  const log = { warn: (_fields: object, message: string) => warnings.push(message), error: () => undefined };
  const theirs = await listen(database, "due");
  const closing = await openPool({ connectionString: databaseUrl, schema, log });
  await listen(closing, "due");
  const [backend] = await closing.query<{ pid: number }>(
    "select pid from pg_stat_activity where query like 'listen%' and datname = current_database() order by backend_start desc limit 1",
  );
  process.kill(Number(backend?.pid), "SIGSTOP");
  await closing.inTransaction(async (tx) => tx.hintAfterCommit("due", "41"));
  await new Promise((resolve) => setTimeout(resolve, 5)); // this timer is due after that of the hint, which then is on its way
  const closed = closing[Symbol.asyncDispose]();
  process.kill(Number(backend?.pid), "SIGCONT");
  await closed;
  await until(() => theirs.includes("41"));
  expect(warnings).toEqual([]);
});

test("a server that stops before it has read the end of a connection causes no warning", async ({
  database,
  databaseUrl,
}) => {
  const warnings: string[] = [];
  const log = { warn: (_fields: object, message: string) => warnings.push(message), error: () => undefined };
  const closing = await openPool({ connectionString: databaseUrl, schema, log, applicationName: "closing" });
  const [backend] = await closing.query<{ pid: number }>("select pg_backend_pid() as pid");
  const pid = Number(backend?.pid);
  process.kill(pid, "SIGSTOP");
  await closing[Symbol.asyncDispose]();
  process.kill(pid, "SIGTERM"); // as the server does when it is stopped
  process.kill(pid, "SIGCONT");
  await until(
    async () => (await database.query("select from pg_stat_activity where application_name = 'closing'")).length === 0,
  );
  expect(warnings).toEqual([]);
});

test("200 concurrent changes reach another process in fewer than 100 bundles, and no hint is missing", async ({
  database,
  databaseUrl,
}) => {
  await using other = await openPool({ connectionString: databaseUrl, schema });
  let bundles = 0;
  const theirs = await listen(other, "due");
  await listen(database, "due");
  other.onHint("due", () => (bundles += 1));
  const values = Array.from({ length: 200 }, (_, index) => String(index));
  await Promise.all(values.map((value) => database.inTransaction(async (tx) => tx.hintAfterCommit("due", value))));
  await until(() => theirs.length === values.length);
  expect(theirs.toSorted()).toEqual(values.toSorted());
  expect(bundles).toBeLessThan(100);
});

test("after a lost connection hints resume, beginning with one that requests a full poll", async ({
  database,
  databaseUrl,
}) => {
  const warnings: string[] = [];
  const log = { warn: (_fields: object, message: string) => warnings.push(message), error: () => undefined };
  await using other = await openPool({ connectionString: databaseUrl, schema, log });
  const theirs = await listen(other, "due");
  let isFullPoll = false;
  other.onHint("due", (values) => (isFullPoll ||= values.length === 0));
  await using owner = await openPool({ connectionString: databaseUrl, schema });
  await owner.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where query like 'listen%' and datname = current_database()",
  );
  await until(() => isFullPoll);
  await until(async () => {
    await database.inTransaction(async (tx) => tx.hintAfterCommit("due", "after"));
    return theirs.includes("after");
  });
  expect(warnings).toContain("hints between processes are down");
});

test("a transaction with a failed statement rejects even if the error was swallowed", async ({ database }) => {
  const swallowed = database.inTransaction(async (tx) => {
    await tx.query("select 1 / 0").catch(() => undefined);
  });
  await expect(swallowed).rejects.toThrow("The transaction was rolled back");
});

test("a statement after the end of its transaction is refused", async ({ database }) => {
  const late = await database.inTransaction(async (tx) => ({
    query: () => tx.query("select 1"),
    send: () => tx.send("select 1", []),
  }));
  await expect(late.query()).rejects.toThrow("after the end of its transaction");
  expect(late.send).toThrow("after the end of its transaction");
});

test("a connection lost during a transaction rejects it, and the next statement works", async ({
  database,
  databaseUrl,
}) => {
  await using owner = await openPool({ connectionString: databaseUrl, schema });
  const broken = database.inTransaction(async (tx) => {
    const [row] = await tx.query<{ pid: number }>("select pg_backend_pid() as pid");
    await owner.query("select pg_terminate_backend($1)", [row?.pid]);
    await tx.query("select 1");
  });
  await expect(broken).rejects.toThrow(/terminat|EPIPE|ECONNRESET|not queryable/);
  expect(await database.query("select 1 as one")).toEqual([{ one: 1 }]);
});

test("after a column's type has changed, a connection fails once at most, and its successor works", async ({
  databaseUrl,
  owner,
}) => {
  await owner.query("create table notes (text text)");
  await owner.query("grant select on notes to public");
  await using pool = await openPool({ connectionString: databaseUrl, schema, max: 1 });
  const read = () => pool.query("select text from notes");
  await read();
  await owner.query("alter table notes alter column text type varchar(80)");
  expect(classifyDatabaseError(await read().catch((error: unknown) => error))).toBe("away");
  expect(await read()).toEqual([]);
});

test("after an administrator has discarded prepared statements, the next connection works", async ({ databaseUrl }) => {
  await using pool = await openPool({ connectionString: databaseUrl, schema, max: 1 });
  const read = () => pool.query("select 1 as one");
  await read();
  await pool.query("deallocate all");
  expect(classifyDatabaseError(await read().catch((error: unknown) => error))).toBe("away");
  expect(await read()).toEqual([{ one: 1 }]);
});

test.for([
  ["its password was changed", "alter role $role password 'another'", "alter role $role password 'first'"],
  ["the role may not log in", "alter role $role nologin", "alter role $role login"],
  [
    "its database is being restored",
    "alter database $database rename to $moved",
    "alter database $moved rename to $database",
  ],
])(
  "while a role cannot connect because %s, the database is away",
  async ([, breaks = "", mends = ""], { databaseUrl }) => {
    const url = new URL(databaseUrl.replace("@/", "@localhost/"));
    const database = url.pathname.slice(1);
    const role = `user_of_${database}`;
    url.pathname = "/postgres";
    await using owner = await openPool({ connectionString: url.href.replace("@localhost/", "@/"), schema });
    await owner.query(`create role ${role} login password 'first' in role ${appRole}`);
    Object.assign(url, { username: role, password: "first", pathname: `/${database}` });
    await using pool = await openPool({
      connectionString: url.href.replace("@localhost/", "@/"),
      schema,
      role: appRole,
    });
    const run = async (statement: string): Promise<void> => {
      const named = statement.replaceAll("$role", role).replaceAll("$database", database);
      await owner.query(named.replaceAll("$moved", `${database}_moved`));
    };
    await owner.query("select pg_terminate_backend(pid, 10000) from pg_stat_activity where datname = $1", [database]);
    await run(breaks);
    const outcome: unknown = await pool.query("select 1").catch((error: unknown) => error);
    expect(classifyDatabaseError(outcome), String(outcome)).toBe("away");
    await run(mends);
    await until(async () => (await pool.query("select 1").catch(() => [])).length === 1);
    await owner.query(`drop owned by ${role}`);
    await owner.query(`drop role ${role}`);
  },
);

test("a bigint is read as a number, a date as text, and a number that would be rounded is refused", async ({
  database,
}) => {
  const [row] = await database.query(
    "select 9007199254740991::bigint as id, '{1,null,3}'::bigint[] as ids, '2026-02-29'::text as text, '2026-03-01'::date as day, 1.50::numeric as price",
  );
  expect(row).toEqual({
    id: 9007199254740991,
    ids: [1, null, 3],
    text: "2026-02-29",
    day: "2026-03-01",
    price: "1.50",
  });
  await expect(database.query("select 9007199254740992::bigint")).rejects.toThrow(RangeError);
});

test("times are read and written unchanged, regardless of the database's date style and time zone", async ({
  databaseUrl,
}) => {
  const owner = new pg.Client(databaseUrl);
  await owner.connect();
  const name = pg.escapeIdentifier(owner.database ?? "");
  await owner.query(`alter database ${name} set datestyle = 'German, DMY'`);
  await owner.query(`alter database ${name} set timezone = 'Asia/Kathmandu'`);
  await owner.end();
  await using pool = await openPool({ connectionString: databaseUrl, schema });
  const at = new Date("2026-11-26T01:02:03Z");
  const [read] = await pool.query<{ at: Date; text: string }>(
    "select $1::timestamptz as at, $1::timestamptz::text as text",
    [at],
  );
  expect(read).toEqual({ at, text: "2026-11-26 01:02:03+00" });
});

test("transactions are read committed, regardless of the database's default", async ({ databaseUrl }) => {
  const owner = new pg.Client(databaseUrl);
  await owner.connect();
  await owner.query(
    `alter database ${pg.escapeIdentifier(owner.database ?? "")} set default_transaction_isolation = 'serializable'`,
  );
  await owner.end();
  await using pool = await openPool({ connectionString: databaseUrl, schema, max: 2 });
  expect(await pool.inTransaction((tx) => tx.query("show transaction_isolation"))).toEqual([
    { transactionIsolation: "read committed" },
  ]);
});

test("limits of time that an administrator sets for the database do not apply to the pool", async ({ databaseUrl }) => {
  const owner = new pg.Client(databaseUrl);
  await owner.connect();
  const name = pg.escapeIdentifier(owner.database ?? "");
  const limits = ["lock_timeout", "transaction_timeout", "idle_session_timeout"];
  for (const limit of limits) await owner.query(`alter database ${name} set ${limit} = '1h'`);
  await owner.end();
  await using pool = await openPool({ connectionString: databaseUrl, schema, max: 1 });
  const settings = await pool.query("select setting from pg_settings where name = any($1)", [limits]);
  expect(settings).toEqual(limits.map(() => ({ setting: "0" })));
});

test("a backslash is an ordinary character of a string, regardless of the database's default", async ({
  databaseUrl,
}) => {
  const owner = new pg.Client(databaseUrl);
  await owner.connect();
  await owner.query(
    `alter database ${pg.escapeIdentifier(owner.database ?? "")} set standard_conforming_strings = 'off'`,
  );
  await owner.end();
  await using pool = await openPool({ connectionString: databaseUrl, schema });
  expect(await pool.query(String.raw`select 'a\\b' as text, U&'\0041' as letter`)).toEqual([
    { text: String.raw`a\\b`, letter: "A" },
  ]);
});

test("requests wait for the open connections while the database accepts no more", async ({ databaseUrl, owner }) => {
  const role = `limited_${randomBytes(6).toString("hex")}`;
  await owner.query(`create role ${role} login password 'secret' connection limit 3`);
  await owner.query(`grant usage on schema ${schema} to ${role}`);
  await owner.query(`grant select on all tables in schema ${schema} to ${role}`);
  const connectionString = databaseUrl.replace(/\/\/[^@]*@/, `//${role}:secret@`);
  const warned: string[] = [];
  const log = { error: () => undefined, warn: (_fields: object, message: string) => void warned.push(message) };
  {
    await using pool = await openPool({ connectionString, schema, max: 10, log });
    const all = await Promise.all(Array.from({ length: 20 }, () => pool.query("select pg_sleep(0.01)")));
    expect(all).toHaveLength(20);
  }
  await owner.query(`drop owned by ${role}`);
  await owner.query(`drop role ${role}`);
  expect(new Set(warned)).toEqual(
    new Set(["the database accepts no more connections; requests wait for the open ones"]),
  );
});

test("statements waiting for a connection are counted, and their wait is measured", async ({ databaseUrl }) => {
  await using pool = await openPool({ connectionString: databaseUrl, schema, max: 1 });
  const waits: number[] = [];
  pool.onWait((seconds) => waits.push(seconds));
  await pool.query("select"); // on the idle connection
  expect(waits).toEqual([]);
  let queued: Promise<unknown> | undefined;
  await pool.inTransaction(async (tx) => {
    queued = pool.query("select");
    await until(() => pool.waiting === 1);
    await tx.query("select pg_sleep(0.1)");
  });
  await queued;
  expect(pool.waiting).toBe(0);
  expect(waits).toEqual([expect.toSatisfy((seconds: number) => seconds >= 0.1 && seconds < 10)]);
});

const acme: Turn = ["requests", "acme", "192.0.2.1"];
const other: Turn = ["requests", "other", "192.0.2.2"];
const hangs = 200;

test("200 transactions of one provider that wait for one lock hold up neither another provider nor the process", async ({
  databaseUrl,
}) => {
  await using pool = await openPool({ connectionString: databaseUrl, schema, max: 3 });
  await using blocker = await openPool({ connectionString: databaseUrl, schema, max: 1 });
  let changes: readonly Promise<unknown>[] = [];
  await blocker.inTransaction(async (tx) => {
    await tx.query("select pg_advisory_xact_lock(1)");
    changes = Array.from({ length: hangs }, () =>
      pool.inTurn(acme, () => pool.inTransaction((change) => change.query("select pg_advisory_xact_lock(1)"))),
    );
    await until(() => pool.waiting === hangs - 2);
    expect(await pool.inTurn(other, () => pool.query("select 1 as one"))).toEqual([{ one: 1 }]);
    expect(await pool.inTransaction((own) => own.query("select 1 as one"))).toEqual([{ one: 1 }]);
  });
  expect(await Promise.all(changes)).toHaveLength(hangs);
  expect(pool.waiting).toBe(0);
});

test("a transaction of another provider begins after at most one of 200 that wait before it", async ({
  databaseUrl,
}) => {
  await using pool = await openPool({ connectionString: databaseUrl, schema, max: 1 });
  const begun: string[] = [];
  const change = (turn: Turn): Promise<unknown> =>
    pool.inTurn(turn, () =>
      pool.inTransaction(async (tx) => {
        begun.push(turn.join(" "));
        await tx.query("select");
      }),
    );
  const flood = Array.from({ length: hangs }, () => change(acme));
  await Promise.all([...flood, change(other)]);
  expect(begun.indexOf(other.join(" "))).toBeLessThanOrEqual(2);
});

test("work that a hint starts is the process's own, although a request has caused the hint", async ({
  databaseUrl,
}) => {
  await using pool = await openPool({ connectionString: databaseUrl, schema, max: 2 });
  const shareIsUsed = Promise.withResolvers<void>();
  const done = Promise.withResolvers<unknown>();
  pool.onHint("due", (values) => {
    if (values.length > 0) void shareIsUsed.promise.then(() => done.resolve(pool.query("select 1 as one")));
  });
  await pool.inTurn(acme, async () => {
    await pool.inTransaction(async (tx) => tx.hintAfterCommit("due", "41"));
    await pool.inTransaction(async () => {
      shareIsUsed.resolve();
      expect(await done.promise).toEqual([{ one: 1 }]);
    });
  });
});
