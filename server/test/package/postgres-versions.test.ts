import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import pg from "pg";
import { expect, test } from "vitest";
import { itemsAt, sendRequest } from "../chaos/api-client.ts";
import { findServerPrograms, findWholePostgres } from "../support/postgres-programs.ts";
import { BellwireProcess } from "../support/start-bellwire.ts";
import { type ThrowAwayPostgres, startThrowAwayPostgres } from "../support/throw-away-postgres.ts";
import { apiAt, settingsFor, signUp, verifyDelivery } from "./verify-delivery.ts";

const timeout = 180_000;

/** Runs statements as the superuser. */
async function administer(postgres: ThrowAwayPostgres, ...statements: readonly string[]): Promise<void> {
  const client = new pg.Client(postgres.urlOf("postgres"));
  await client.connect();
  for (const statement of statements) await client.query(statement);
  await client.end();
}

/** A role as providers of managed databases hand it out: the owner of its database, and nothing else. */
const owner = ["create role shop login password 'shop'", "create database shop owner shop"];

const urlOf = (postgres: ThrowAwayPostgres, user = "shop", database = "shop"): string =>
  postgres.urlOf(database).replace(/\/\/[^@]*@/, `//${user}:shop@`);

async function ownedTables(postgres: ThrowAwayPostgres): Promise<unknown> {
  const client = new pg.Client(postgres.urlOf("shop"));
  await client.connect();
  const { rows } = await client.query("select distinct tableowner from pg_tables where schemaname like 'bellwire%'");
  await client.end();
  return rows;
}

test.for([16, 17, 18] as const)(
  "PostgreSQL %s: sign-ups are delivered and listed with an owner role without further privileges",
  { timeout },
  async (major, context) => {
    const programs = major === 18 ? undefined : await findServerPrograms(major);
    if (programs && "missing" in programs) return context.skip(programs.missing);
    await using postgres = await startThrowAwayPostgres(programs ?? {});
    await administer(postgres, ...owner);
    await verifyDelivery(settingsFor(urlOf(postgres)));
    expect(await ownedTables(postgres)).toEqual([{ tableowner: "shop" }]);
    await using check = new BellwireProcess(["failures", "check"], settingsFor(urlOf(postgres)));
    expect([await check.ended, check.stdout, check.stderr]).toEqual([0, "0 deliveries have failed\n", ""]);
  },
);

test("PostgreSQL 15 is refused with one sentence, and nothing is created in it", { timeout }, async (context) => {
  const programs = await findServerPrograms(15);
  if ("missing" in programs) return context.skip(programs.missing);
  await using postgres = await startThrowAwayPostgres(programs);
  await administer(postgres, ...owner);
  for (const command of [["serve"], ["migrate"], ["migrate", "--plan"]]) {
    await using refused = new BellwireProcess(command, settingsFor(urlOf(postgres)));
    expect(await refused.ended).toBe(1);
    expect(refused.stderr).toMatch(/^bellwire: PostgreSQL 15\.18\S* is too old: Bellwire needs 16 or newer\.\n$/m);
  }
  expect(await ownedTables(postgres)).toEqual([]);
});

test(
  "Bellwire runs with only the privileges of an administrator's bellwire_app role, without owning tables",
  { timeout },
  async () => {
    await using postgres = await startThrowAwayPostgres();
    const clerk = ["create role clerk login password 'shop' in role bellwire_app"];
    await administer(postgres, ...owner, "create role bellwire_app", "grant bellwire_app to shop", ...clerk);
    await using refused = new BellwireProcess(["serve"], settingsFor(urlOf(postgres, "clerk")));
    expect(await refused.ended).toBe(1);
    expect(refused.stderr).toContain("Run `bellwire migrate` once as the database's owner");

    await using migrated = new BellwireProcess(["migrate"], settingsFor(urlOf(postgres)));
    expect([await migrated.ended, migrated.stdout]).toEqual([0, expect.not.stringContaining("may not act as")]);
    await verifyDelivery(settingsFor(urlOf(postgres, "clerk")));
  },
);

/** Returns the runbook's command with a program. */
async function commandOf(program: string): Promise<string> {
  const text = await readFile(new URL("../../../docs/runbooks/restore-from-a-backup.md", import.meta.url), "utf8");
  const lines = text.split("\n").filter((line) => line.trimStart().startsWith(`${program} `));
  expect(lines).toHaveLength(1);
  return lines.join("\n");
}

test(
  "the runbook's commands restore a dump as another owner, which needs no role of the old one",
  async (context) => {
    const programs = await findWholePostgres(18);
    if ("missing" in programs) return context.skip(programs.missing);
    await using postgres = await startThrowAwayPostgres(programs);
    const next = ["create role next login password 'shop'", "create database next owner next"];
    await administer(postgres, ...owner, ...next, "create role bellwire_app", "grant bellwire_app to shop, next");
    await verifyDelivery(settingsFor(urlOf(postgres)));

    await using stack = new AsyncDisposableStack();
    const cwd = await mkdtemp(join(tmpdir(), "bellwire-dump-"));
    stack.defer(() => rm(cwd, { recursive: true }));
    for (const [program, url] of [
      ["pg_dump", urlOf(postgres)],
      ["pg_restore", urlOf(postgres, "next", "next")],
    ] as const) {
      const PATH = [programs.binaries, process.env["PATH"]].join(delimiter);
      execFileSync("sh", ["-ec", await commandOf(program)], { cwd, env: { PATH, DATABASE_URL: url } });
    }
    // Acts as bellwire_app, whose rights the start grants again.
    await using bellwire = new BellwireProcess(["serve"], settingsFor(urlOf(postgres, "next", "next")));
    const api = apiAt(await bellwire.ready());
    expect(await signUp(api, "breakwater")).toMatchObject({ status: 201 });
    const { body } = await sendRequest(api, "GET", "/admin/api/accounts.json");
    expect(itemsAt(body, "accounts")).toHaveLength(3);
  },
  timeout,
);
