import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";
import pg from "pg";
import { expect, inject } from "vitest";
import { makeEmptyDataDir } from "../../../test/support/empty-data-dir.ts";
import { test as base } from "../../../test/support/test.ts";
import { appRole } from "./app-role.ts";
import { classifyDatabaseError } from "./connection.ts";
import { describeSchema } from "../../../../scripts/schema-reference.ts";
import { beginWithLocks, createMigrationCheck, directorySchema, migrate } from "./migrate.ts";
import { openPool } from "./pool.ts";

const schema = "bellwire";

const test = base.extend("emptyUrl", async ({}, { onCleanup }) => {
  const serverUrl = inject("postgresUrl");
  const name = `empty_${randomBytes(6).toString("hex")}`;
  const server = new pg.Client(serverUrl);
  await server.connect();
  await server.query(`create database ${name}`);
  onCleanup(async () => {
    await server.query(`drop database ${name} with (force)`);
    await server.end();
  });
  return serverUrl.replace("/postgres?", `/${name}?`);
});

test("of 20 concurrent migrations, one applies the changes and all succeed", async ({ emptyUrl }) => {
  const status: string[] = [];
  const options = { connectionString: emptyUrl, schema, printStatus: (line: string) => status.push(line) };
  const all = await Promise.all(Array.from({ length: 20 }, () => migrate(options)));
  expect(all.filter(({ applied }) => applied.length > 0)).toHaveLength(1);
  expect(all.map(({ role }) => role)).toEqual(Array.from({ length: 20 }, () => appRole));
});

function stopping() {
  const [controller, reason] = [new AbortController(), new Error("stopped")];
  return { stop: controller.signal, reason, abort: () => controller.abort(reason) };
}

test("a start that waits for another one does not say that the database is being migrated, and can be stopped", async ({
  emptyUrl,
}) => {
  await migrate({ connectionString: emptyUrl, schema });
  await using owner = await openPool({ connectionString: emptyUrl, schema, max: 1 });
  const status: string[] = [];
  const isWaiting = Promise.withResolvers<void>();
  const printStatus = (line: string): void => isWaiting.resolve(void status.push(line));
  const waiting = await owner.inTransaction(async (tx) => {
    await tx.query("select pg_advisory_xact_lock(hashtextextended('bellwire migrations', 0))");
    const { stop, abort, reason } = stopping();
    const stopped = migrate({ connectionString: emptyUrl, schema, printStatus: abort, stop });
    await expect(stopped).rejects.toBe(reason);
    const migrated = migrate({ connectionString: emptyUrl, schema, printStatus });
    await isWaiting.promise;
    return { migrated };
  });
  expect((await waiting.migrated).applied).toEqual([]);
  expect(status).toEqual(["another process checks or migrates the database; waiting for it"]);
});

test.for(["LATIN1", "SQL_ASCII"])(
  "a database with the encoding %s is refused, and nothing is created in it",
  async (encoding) => {
    const serverUrl = inject("postgresUrl");
    const name = `encoded_${randomBytes(6).toString("hex")}`;
    const url = serverUrl.replace("/postgres?", `/${name}?`);
    await using server = await openPool({ connectionString: serverUrl, schema, max: 1 });
    await server.query(`create database ${name} encoding '${encoding}' locale 'C' template template0`);
    await using drop = new AsyncDisposableStack();
    drop.defer(async () => void (await server.query(`drop database ${name} with (force)`)));
    const refusal = `The database has the encoding ${encoding}, and Bellwire needs UTF8.`;
    await expect(migrate({ connectionString: url, schema })).rejects.toThrow(refusal);
    await using pool = await openPool({ connectionString: url, schema, max: 1 });
    expect(await pool.query("select from pg_namespace where nspname like 'bellwire%'")).toEqual([]);
  },
);

test("a schema with tables of another program is refused before anything is written", async ({ emptyUrl }) => {
  const client = new pg.Client(emptyUrl);
  await client.connect();
  await client.query(
    "create table public.accounts (id int); create schema bellwire; create table bellwire.migrations (id int)",
  );
  for (const foreign of [schema, "public"]) {
    await expect(migrate({ connectionString: emptyUrl, schema: foreign })).rejects.toThrow(
      `The database has tables of another program: ${foreign}.`,
    );
  }
  const { rows } = await client.query(
    "select schemaname, tablename from pg_tables where schemaname not in ('pg_catalog', 'information_schema') order by 1",
  );
  await client.end();
  expect(rows).toEqual([
    { schemaname: "bellwire", tablename: "migrations" },
    { schemaname: "public", tablename: "accounts" },
  ]);
});

test("migrations run with their own settings, regardless of those of the database", async ({ emptyUrl }) => {
  const client = new pg.Client(emptyUrl);
  await client.connect();
  const ofDatabase = {
    idle_in_transaction_session_timeout: "3600000",
    standard_conforming_strings: "off",
    transaction_timeout: "3600000",
  };
  const name = pg.escapeIdentifier(client.database ?? "");
  for (const [setting, value] of Object.entries(ofDatabase)) {
    await client.query(`alter database ${name} set ${setting} = '${value}'`);
  }
  await client.query(`
    create table public.seen (name text, setting text);
    create function public.see() returns event_trigger language plpgsql as $$
    begin
      insert into public.seen select name, setting from pg_settings
      where name in (${Object.keys(ofDatabase).map(pg.escapeLiteral).join()});
    end$$;
    create event trigger see on ddl_command_end execute function public.see()`);
  await migrate({ connectionString: emptyUrl, schema });
  const { rows } = await client.query("select distinct name, setting from public.seen order by 1");
  await client.end();
  expect(rows).toEqual([
    { name: "idle_in_transaction_session_timeout", setting: "20000" }, // ends a process that hangs
    { name: "standard_conforming_strings", setting: "on" },
    { name: "transaction_timeout", setting: "0" },
  ]);
});

test("a running process expects the migrations that it was started with, whatever an upgrade puts beside them", async ({
  database,
}) => {
  await using directory = await makeEmptyDataDir();
  await using cell = await makeEmptyDataDir();
  const folders = { directory: pathToFileURL(`${directory.path}/`), cell: pathToFileURL(`${cell.path}/`) };
  await writeFile(new URL("0001_cells_and_tenants.sql", folders.directory), "");
  await writeFile(new URL("0001_providers.sql", folders.cell), "");
  const isMigrated = createMigrationCheck(database, folders);
  expect(await isMigrated()).toBe(true);
  await writeFile(new URL("0002_newer.sql", folders.cell), "");
  expect(await isMigrated()).toBe(true);
  expect(await createMigrationCheck(database, folders)()).toBe(false);
});

test("the application role owns nothing and can change neither the schema nor the migrations table", async ({
  databaseUrl,
}) => {
  await using pool = await openPool({ connectionString: databaseUrl, schema, role: appRole });
  const [role] = await pool.query(
    `select rolsuper as "isSuper", rolcreatedb as "makesDatabases", rolcreaterole as "makesRoles",
       (select count(*) from pg_class where relowner = pg_roles.oid) + (select count(*) from pg_proc where proowner = pg_roles.oid)
         + (select count(*) from pg_namespace where nspowner = pg_roles.oid) as owns
     from pg_roles where rolname = current_user`,
  );
  expect(role).toEqual({ isSuper: false, makesDatabases: false, makesRoles: false, owns: 0 });
  await expect(pool.query("create table mine ()")).rejects.toThrow("permission denied");
  await expect(pool.query("drop table providers")).rejects.toThrow("must be owner");
  await expect(pool.query("delete from migrations")).rejects.toThrow("permission denied");
  expect(await pool.query("select add_history_days('2027-01-01', '2027-01-02')")).toHaveLength(1);
});

test("a start repairs the privileges of the application role, and writes nothing if they are correct", async ({
  databaseUrl,
}) => {
  await migrate({ connectionString: databaseUrl, schema });
  await using owner = await openPool({ connectionString: databaseUrl, schema });
  const rights = () =>
    owner.query(
      `select relname, array(
         select privilege_type from aclexplode(relacl) where grantee = $1::text::regrole order by 1
       ) as rights, has_schema_privilege($1::text, $2::text, 'usage') as enters,
       array(select defaclacl::text from pg_default_acl order by defaclobjtype) as defaults
       from pg_class where relnamespace = $2::text::regnamespace and relkind in ('r', 'p', 'S') order by relname`,
      [appRole, schema],
    );
  const versions = () =>
    owner.query(
      `select 'table' as of, oid::bigint, xmin::text from pg_class where relnamespace = $1::text::regnamespace
       union all select 'schema', oid::bigint, xmin::text from pg_namespace where nspname = $1::text
       union all select 'default', oid::bigint, xmin::text from pg_default_acl order by 1, 2`,
      [schema],
    );
  const right = await rights();
  const written = await versions();
  await migrate({ connectionString: databaseUrl, schema });
  expect(await versions()).toEqual(written);

  for (const damage of [
    `revoke insert on accounts from ${appRole}`,
    `grant delete on events to ${appRole}`,
    `grant insert on migrations to ${appRole}`,
    `revoke usage on schema ${schema} from ${appRole}`,
    `alter default privileges in schema ${schema} revoke select on tables from ${appRole}`,
  ]) {
    await owner.query(damage);
    expect(await rights()).not.toEqual(right);
    await migrate({ connectionString: databaseUrl, schema });
    expect(await rights()).toEqual(right);
  }
});

test("an applied migration whose file was edited is refused with its name", async ({ databaseUrl }) => {
  await using owner = await openPool({ connectionString: databaseUrl, schema });
  await owner.query("update migrations set checksum = 'other' where name like '0002%'");
  await expect(migrate({ connectionString: databaseUrl, schema })).rejects.toThrow(
    /Migration 0002_\w+\.sql was changed after/,
  );
});

test("a database of a build long before 0.1.0 is refused with the document that helps", async ({ databaseUrl }) => {
  await using owner = await openPool({ connectionString: databaseUrl, schema });
  await owner.query("update migrations set name = '0002_portal.sql' where name like '0002%'");
  await expect(migrate({ connectionString: databaseUrl, schema })).rejects.toThrow(
    /^The database has migration 0002_portal\.sql where 0002_products_and_plans\.sql is expected\. docs\/runbooks\/upgrade\.md /,
  );
});

test("a database migrated by a newer version is used unless a migration was breaking", async ({ databaseUrl }) => {
  await using owner = await openPool({ connectionString: databaseUrl, schema });
  await owner.query("insert into migrations (name, checksum, is_breaking) values ('9999_new.sql', 'x', false)");
  expect((await migrate({ connectionString: databaseUrl, schema })).applied).toEqual([]);
  await owner.query("update migrations set is_breaking = true where name = '9999_new.sql'");
  await expect(migrate({ connectionString: databaseUrl, schema })).rejects.toThrow(
    "A newer Bellwire has migrated this database",
  );
});

test("a migration says that others keep its locks, ends with that reason or a stop, and takes them once they are free", async ({
  databaseUrl,
}) => {
  const [holder, migrating] = [new pg.Client(databaseUrl), new pg.Client(databaseUrl)];
  await Promise.all([holder.connect(), migrating.connect()]);
  await holder.query("begin");
  await holder.query(`select from ${schema}.accounts`); // as a dump does
  const locking = { schema, sql: "lock table accounts;" };
  let reports = 0;
  const refused = beginWithLocks(migrating, { ...locking, tries: 3, sayWaiting: () => void (reports += 1) });
  await expect(refused).rejects.toThrow(/^other transactions, such as a dump, keep the locks that it needs$/);
  expect([reports, classifyDatabaseError(await refused.catch((error: unknown) => error))]).toEqual([1, undefined]);

  const { stop, abort, reason } = stopping();
  await expect(beginWithLocks(migrating, { ...locking, sayWaiting: abort, stop })).rejects.toBe(reason);
  await beginWithLocks(migrating, { ...locking, sayWaiting: () => void holder.query("commit") });
  const held = `select from pg_locks where relation = '${schema}.accounts'::regclass and mode = 'AccessExclusiveLock'`;
  expect((await migrating.query(held)).rowCount).toBe(1);
  await Promise.all([holder.end(), migrating.end()]);
});

test("a second cell has the same tables and assigns ids that no other cell assigns", async ({ emptyUrl }) => {
  await migrate({ connectionString: emptyUrl, schema });
  await migrate({ connectionString: emptyUrl, schema: "bellwire_7", cell: 7 });
  await using first = await openPool({ connectionString: emptyUrl, schema, role: appRole });
  await using other = await openPool({ connectionString: emptyUrl, schema: "bellwire_7", role: appRole });
  const insert =
    "insert into provider_users (provider_id, username, password_hash) values (1, 'ann', '-') returning id";
  const provider = "insert into providers (id, name, subdomain, provider_key_digest) values (1, 'Acme', 'acme', '-')";
  for (const pool of [first, other]) await pool.query(provider);
  const ids = [await first.query<{ id: number }>(insert), await other.query<{ id: number }>(insert)].map(
    ([row]) => row?.id,
  );
  expect(new Set(ids).size).toBe(2);
  const defaults = `select distinct column_default as "from" from information_schema.columns
    where table_schema in ($1, 'bellwire_7') and column_name = 'id' and column_default like '%new_id%'`;
  expect(await first.query(defaults, [schema])).toEqual([{ from: "bellwire_directory.new_id()" }]);
  expect(await describeSchema(first, "bellwire_7")).toBe(
    (await describeSchema(first, schema))
      .replaceAll("'bellwire'", "'bellwire_7'")
      .replaceAll(" bellwire,", " bellwire_7,"),
  );
  expect(
    await first.query(`select number, schema_name as schema from ${directorySchema}.cells order by number`),
  ).toEqual([
    { number: 0, schema },
    { number: 7, schema: "bellwire_7" },
  ]);
});

test("history partitions exist from yesterday to 14 days ahead", async ({ emptyUrl }) => {
  await migrate({ connectionString: emptyUrl, schema });
  await using owner = await openPool({ connectionString: emptyUrl, schema });
  const [days] = await owner.query<{ first: string; last: string }>(
    "select min(relname) as first, max(relname) as last from pg_class where relname like 'events\\_2%' and relkind = 'r'",
  );
  const tableIn = (at: number): string => `events_${new Date(at).toISOString().slice(0, 10).replaceAll("-", "")}`;
  const dayMs = 86_400_000;
  const startMs = Date.now();
  // Midnight may have passed since the migration.
  expect(
    [startMs, startMs - 60_000].map((at) => ({ first: tableIn(at - dayMs), last: tableIn(at + 14 * dayMs) })),
  ).toContainEqual(days);
});
