import { access, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import pg from "pg";
import { expect } from "vitest";
import { connectToCell } from "#cells/index.ts";
import { createUser } from "#portal/users/index.ts";
import { deleteEndpoint } from "#webhooks/endpoints/index.ts";
import { createTriggers } from "../../src/cells/move/moved-rows.ts";
import { readMovedTables } from "../../src/cells/move/moved-rows.ts";
import { runCommandLine } from "../../src/cli/command.ts";
import { byApi, form, setUp, signedUp } from "../portal/portal-fixture.ts";
import { fail } from "../support/build-failures.ts";
import { buildEndpoint, bySystem, recordNow } from "../support/build-webhooks.ts";
import { makeDataDir } from "../support/data-dir.ts";
import { makeEmptyDataDir } from "../support/empty-data-dir.ts";
import { passwords } from "../support/passwords.ts";
import { postmasterOf } from "../support/processes.ts";
import { schema } from "../support/test-databases.ts";
import { test } from "../support/test-of-starts.ts";

/** Runs a command on a database or in a folder. Returns its exit code and output. */
async function run(env: Readonly<Record<string, string>>, ...args: string[]): Promise<[number, string]> {
  const lines: string[] = [];
  const code = await runCommandLine(args, {
    env: { BELLWIRE_SECRET_KEY: Buffer.alloc(32, 3).toString("base64"), ...env },
    roles: [],
    serve: async () => 1,
    print: (line) => lines.push(line),
    printStatus: (line) => lines.push(line),
  });
  return [code, lines.join("\n")];
}

async function asOwner(url: string, statement: string): Promise<unknown[]> {
  const client = new pg.Client(url);
  await client.connect();
  const { rows } = await client.query(statement);
  await client.end();
  return rows;
}

const newest = "(select max(name) from bellwire.migrations)";

test("a read-only command does not migrate an older database", async ({ databaseUrl }) => {
  const pending = await asOwner(databaseUrl, `delete from bellwire.migrations where name = ${newest} returning name`);
  expect(pending).toHaveLength(1);
  const [code, output] = await run({ DATABASE_URL: databaseUrl }, "failures", "check");
  expect([code, output]).toEqual([1, expect.stringContaining("This database is of an older Bellwire")]);
  const applied = await asOwner(databaseUrl, "select name from bellwire.migrations");
  expect(applied).not.toContainEqual(pending[0]);
});

test("a command that the database fails says so in a sentence", async ({ databaseUrl }) => {
  await run({ DATABASE_URL: databaseUrl }, "migrate");
  const readOnly = "execute format('alter database %I set default_transaction_read_only = on', current_database())";
  await asOwner(databaseUrl, `do $$ begin ${readOnly}; end $$`);
  expect(await run({ DATABASE_URL: databaseUrl }, "hold", "--after-restore")).toEqual([
    1,
    expect.stringMatching(/^bellwire: The database failed during the command, [^\n]+read-only transaction$/),
  ]);
});

test("a command that changes a provider while it moves to another cell asks to be repeated", async ({
  database,
  databaseUrl,
}) => {
  const { provider } = await setUp(database);
  const client = await connectToCell({ schema, ownerUrl: databaseUrl });
  const tables = (await readMovedTables(client)).filter(({ name }) => name === "access_tokens");
  await createTriggers(client, tables, provider.id);
  const move = "insert into provider_moves (provider, id, state) values ($1, gen_random_uuid(), 'frozen')";
  await client.query(move, [provider.id]);
  await client.end();
  expect(await run({ DATABASE_URL: databaseUrl }, "token", "create", "--username", "admin")).toEqual([
    1,
    expect.stringMatching(/^bellwire: The provider is moved to another cell during the command, [^\n]+ Repeat it\.$/),
  ]);
});

test("migrate --plan lists the pending migrations, and applies none", async ({ databaseUrl }) => {
  const pending = await asOwner(databaseUrl, `delete from bellwire.migrations where name = ${newest} returning name`);
  const before = await asOwner(databaseUrl, "select name from bellwire.migrations");
  const [code, output] = await run({ DATABASE_URL: databaseUrl }, "migrate", "--plan");
  const [name, ...notes] = output.split("\n");
  expect([code, { name }, notes]).toEqual([
    0,
    pending[0],
    [expect.stringMatching(/^ {2}locks {5}\S/), expect.stringMatching(/^ {2}old code {2}\S/)],
  ]);
  expect(await asOwner(databaseUrl, "select name from bellwire.migrations")).toEqual(before);
});

test("migrate --plan starts an embedded database that does not run, and stops it", async () => {
  await using folder = await makeDataDir();
  expect(await run({ BELLWIRE_DATA_DIR: folder.path }, "migrate", "--plan")).toEqual([
    0,
    "The database is up to date.",
  ]);
  expect(await postmasterOf(folder.path)).toBeUndefined();
});

test("an encrypted database without its secret key is refused, and gets no other key", async () => {
  await using folder = await makeDataDir();
  const path = join(folder.path, "secret-key");
  const env = { BELLWIRE_DATA_DIR: folder.path, BELLWIRE_SECRET_KEY: "" };
  expect(await run(env, "rekey")).toEqual([0, expect.any(String)]);
  await rm(path);
  expect(await run(env, "rekey")).toEqual([1, expect.stringContaining(`${path} is missing, with the key`)]);
  await expect(access(path)).rejects.toThrow("ENOENT");
});

test("a read-only command writes nothing into a database without Bellwire, and creates no database", async ({
  databaseUrl,
}) => {
  await asOwner(databaseUrl, "drop schema bellwire cascade; drop schema bellwire_directory cascade");
  const [code, output] = await run({ DATABASE_URL: databaseUrl }, "failures", "list");
  expect([code, output]).toEqual([1, expect.stringContaining("There is no Bellwire in this database yet")]);
  const schemas = "select from pg_namespace where nspname like 'bellwire%'";
  expect(await asOwner(databaseUrl, schemas)).toEqual([]);

  // An empty folder is what a volume that is not mounted leaves.
  await using folder = await makeEmptyDataDir();
  for (const dataDir of ["/nowhere/bellwire", folder.path]) {
    for (const command of [
      ["failures", "check"],
      ["backup", "--to", join(folder.path, "backup")],
    ]) {
      const [exitCode, message] = await run({ BELLWIRE_DATA_DIR: dataDir }, ...command);
      expect([exitCode, message]).toEqual([1, expect.stringContaining(`There is no database in ${dataDir}`)]);
    }
  }
  expect(await readdir(folder.path)).toEqual([]);
});

test("a new provider gets a random password, which is printed, and one that is too long is refused", async ({
  database,
  databaseUrl,
}) => {
  await setUp(database);
  const names = ["--name", "Quay", "--subdomain", "quay"];
  const env = { DATABASE_URL: databaseUrl, BELLWIRE_BASE_DOMAIN: "example.com" };
  const [code, output] = await run(env, "provider", "create", ...names);
  expect([code, output]).toEqual([0, expect.stringMatching(/^admin +admin \/ \S{12,}$/m)]);
  expect(output).not.toContain("BELLWIRE_BASE_DOMAIN");
  const tooLong = ["--name", "Reef", "--subdomain", "reef", "--admin-password", "x".repeat(1001)];
  const [wrong, why] = await run(env, "provider", "create", ...tooLong);
  expect([wrong, why]).toEqual([2, expect.stringContaining("--admin-password is too long")]);
});

test("a provider that no host serves without a base domain is announced and listed, and an unknown one leads to the list", async ({
  database,
  databaseUrl,
}) => {
  await setUp(database);
  const env = { DATABASE_URL: databaseUrl };
  const names = ["--name", "Quay", "--subdomain", "quay"];
  const [, created] = await run(env, "provider", "create", ...names);
  expect(created).toMatch(
    /^Set BELLWIRE_BASE_DOMAIN: without it, .* serves the provider \S+, and none serves quay\.$/m,
  );
  const [code, output] = await run(env, "provider", "list");
  expect([code, output]).toEqual([0, expect.stringMatching(/^SUBDOMAIN +STATE +CELL$/m)]);
  expect(output).toMatch(/^quay +approved +default$/m);
  const [unknown, why] = await run(env, "failures", "check", "--provider", "quai");
  expect([unknown, why]).toEqual([2, expect.stringContaining("bellwire provider list shows all")]);
});

test("a command about one of several providers says which one it is about, unless that was asked for", async ({
  database,
  databaseUrl,
}) => {
  const { provider } = await setUp(database);
  const env = { DATABASE_URL: databaseUrl };
  const count = "0 deliveries have failed";
  expect(await run(env, "failures", "check")).toEqual([0, count]);
  await run(env, "provider", "create", "--name", "Quay", "--subdomain", "quay");
  const says = `of ${provider.subdomain}, the first of several providers; --provider chooses another`;
  expect(await run(env, "failures", "check")).toEqual([0, `${says}\n${count}`]);
  const [code, output] = await run(env, "failures", "delete", "--all");
  expect([code, output]).toEqual([0, expect.stringContaining(says)]);
  expect(await run(env, "failures", "check", "--provider", "quay")).toEqual([0, count]);
});

test("failures of a deleted endpoint cannot be retried, and the command prints the reason", async ({
  database,
  databaseUrl,
}) => {
  const { provider } = await setUp(database);
  const endpointId = await buildEndpoint(database, { providerId: provider.id, url: "http://127.0.0.1:9/" });
  await recordNow(database, { providerId: provider.id });
  await fail(database, provider.id, "now");
  await deleteEndpoint(database, { providerId: provider.id, id: endpointId, actor: bySystem.actor });
  const [code, output] = await run({ DATABASE_URL: databaseUrl }, "failures", "retry");
  expect([code, output]).toEqual([
    0,
    expect.stringMatching(/^0 deliveries are due again\n1 of deleted endpoints cannot be retried/),
  ]);
});

test("failures delete requires a filter or --all, and failures retry refuses --all", async ({ databaseUrl }) => {
  const env = { DATABASE_URL: databaseUrl };
  expect(await run(env, "failures", "delete")).toEqual([2, expect.stringContaining("or give --all.")]);
  expect(await run(env, "failures", "retry", "--all")).toEqual([2, expect.any(String)]); // no filter means all
});

test("commands refuse an unknown endpoint and a token without a name", async ({ database, databaseUrl }) => {
  await setUp(database);
  const env = { DATABASE_URL: databaseUrl };
  for (const verb of ["list", "retry", "delete"])
    expect(await run(env, "failures", verb, "--endpoint", "7")).toEqual([
      2,
      expect.stringContaining("has no endpoint 7"),
    ]);
  const create = ["token", "create", "--username", "admin", "--name"];
  expect(await run(env, ...create, " ")).toEqual([2, expect.stringContaining("--name must have")]);
});

test("erase says whose data it erases, and that --pending send waits for deliveries", async ({
  database,
  databaseUrl,
}) => {
  const { provider, accountId } = await signedUp(database);
  const values = { username: "olaf", email: "olaf@fjord.example", password: form.password };
  const created = await createUser(database, passwords, { provider, accountId, by: byApi, values });
  if (!created || !("user" in created)) throw new Error(JSON.stringify(created));
  const { id } = created.user;
  const env = { DATABASE_URL: databaseUrl };
  const [, ofUser] = await run(env, "erase", "--user", String(id), "--pending", "send");
  const sent = "after the last delivery has ended, which takes 7 days at most";
  expect(ofUser).toContain(` of user ${id} of account ${accountId} started; it ends within 1 hour ${sent}\n`);
  const [, ofAccount] = await run(env, "erase", "--account", String(accountId), "--pending", "cancel");
  expect(ofAccount).toMatch(/^erasure \d+ of account \d+ started; it ends within 1 hour\n/);
});
