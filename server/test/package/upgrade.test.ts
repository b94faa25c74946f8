import { execFile, spawnSync } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import type { Database } from "#platform/database/database.ts";
import { directorySchema, migrate, readPendingMigrations } from "#platform/database/migrate.ts";
import { openPool } from "#platform/database/pool.ts";
import { describeSchema } from "../../../scripts/schema-reference.ts";
import { sendRequest, itemsAt, valueAt } from "../chaos/api-client.ts";
import { type Receiver, startReceiver } from "../support/receiver.ts";
import { BellwireProcess } from "../support/start-bellwire.ts";
import { schema } from "../support/test-databases.ts";
import { startThrowAwayPostgres } from "../support/throw-away-postgres.ts";
import { until } from "../support/until.ts";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../../../", import.meta.url));
const timeout = 300_000;

/** Versions from which a rolling upgrade is promised: the first one with the migrations of 0.1.0, then each release. */
const earlierVersions = ["bb1a27ab"];
/** The last build before 0.1.0, whose migrations were merged. Its database is taken over once it is stopped. */
const beforeMerge = "51bd83e8";

const token = "t".repeat(40);
/** At least this many sign-ups at each stage of the upgrade. */
const signUpsPerStage = 40;

interface EarlierTree extends AsyncDisposable {
  readonly program: string;
}

/** Unpacks an earlier version beside this one's dependencies. */
async function unpack(version: string): Promise<EarlierTree> {
  const folder = await mkdtemp(join(tmpdir(), "bellwire-earlier-"));
  await run("sh", ["-c", `git archive ${version} | tar -x -C ${folder}`], { cwd: root });
  await symlink(join(root, "node_modules"), join(folder, "node_modules"));
  // Its pages are not opened, so they need not be built.
  await mkdir(join(folder, "web/dist"));
  await writeFile(join(folder, "web/dist/index.html"), "<!doctype html><title>Earlier</title>");
  return {
    program: join(folder, "server/bin/bellwire"),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}

/** Signs up developers, one after another, at the processes that a load balancer would choose. */
class Load {
  readonly failures: string[] = [];
  #targets: readonly string[] = [];
  #signUps = 0;
  #isStopped = false;
  readonly #prefix: string;
  readonly #running: Promise<void>;

  constructor(targets: readonly string[], prefix = "developer") {
    this.#targets = targets;
    this.#prefix = prefix;
    this.#running = this.#run();
  }

  get signUps(): number {
    return this.#signUps;
  }

  /** Resolves when the targets have answered enough requests. */
  async direct(targets: readonly string[]): Promise<void> {
    this.#targets = targets;
    const enough = this.#signUps + signUpsPerStage;
    await until(() => this.#signUps >= enough, { withinMs: 120_000 });
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    for (let number = 0; !this.#isStopped; number += 1) {
      const url = this.#targets[number % this.#targets.length] ?? "";
      const name = `${this.#prefix}-${number}`;
      const form = { org_name: name, username: name, email: `${name}@example.com` };
      const answer = await sendRequest({ url, token }, "POST", "/admin/api/signup.json", form).catch(String);
      if (typeof answer === "string" || answer.status !== 201) this.failures.push(JSON.stringify(answer));
      this.#signUps += 1;
    }
  }
}

/** Returns a function that starts the command, of another version if a program is given. */
const startOn =
  (databaseUrl: string) =>
  async (program?: string): Promise<BellwireProcess> => {
    const environment = {
      DATABASE_URL: databaseUrl,
      BELLWIRE_SECRET_KEY: Buffer.alloc(32, 5).toString("base64"),
      BELLWIRE_ALLOWED_TARGETS: "127.0.0.0/8",
      BELLWIRE_ACCESS_TOKEN: token,
      BELLWIRE_PROVIDER_KEY: "k".repeat(32),
      BELLWIRE_ADMIN_PASSWORD: "correct horse battery",
      BELLWIRE_LOG_LEVEL: "warn",
    };
    const bellwire = new BellwireProcess(["serve"], environment, program === undefined ? {} : { program });
    await bellwire.ready();
    return bellwire;
  };

async function createWebhook(url: string, receiverUrl: string): Promise<void> {
  const webhook = {
    url: receiverUrl,
    active: true,
    provider_actions: true,
    account_created_on: true,
    user_created_on: true,
    application_created_on: true,
  };
  expect(await sendRequest({ url, token }, "PUT", "/admin/api/webhooks.json", webhook)).toMatchObject({ status: 200 });
}

/** Every event once, in every request that the receiver got. */
function countRepeats(receiver: Receiver): { readonly ids: ReadonlySet<string>; readonly repeats: number } {
  const ids = receiver.received.map(({ headers }) => String(headers["webhook-id"]));
  return { ids: new Set(ids), repeats: ids.length - new Set(ids).size };
}

async function readEventIds(url: string): Promise<ReadonlySet<unknown>> {
  const ids = new Set<unknown>();
  let after = "";
  for (;;) {
    const { body } = await sendRequest({ url, token }, "GET", `/api/v1/events?limit=200&order=oldest${after}`);
    const events = itemsAt(body, "data");
    for (const event of events) ids.add(valueAt(event, "id"));
    const next = valueAt(body, "next");
    if (typeof next !== "string" || events.length === 0) return ids;
    after = `&after=${encodeURIComponent(next)}`;
  }
}

test.each(earlierVersions)(
  "a rolling upgrade from %s and back loses and repeats no delivery, and refuses no request",
  { timeout },
  async (version) => {
    const commit = spawnSync("git", ["cat-file", "-e", `${version}^{commit}`], { cwd: root });
    if (commit.status !== 0) return expect.soft(process.env["CI"], "the history is not in this clone").toBeUndefined();
    await using earlier = await unpack(version);
    await using postgres = await startThrowAwayPostgres();
    await using receiver = await startReceiver();
    const start = startOn(postgres.urlOf("postgres"));

    await using old = await start(earlier.program);
    await createWebhook(old.url, receiver.url);
    const load = new Load([old.url]);
    await load.direct([old.url]);
    await using current = await start(); // migrates under load
    await load.direct([old.url, current.url]);
    await load.direct([current.url]);
    await old.stop();
    await load.direct([current.url]);
    // Back: the earlier version on the newer schema.
    await using oldAgain = await start(earlier.program);
    await load.direct([oldAgain.url, current.url]);
    await load.direct([oldAgain.url]);
    await current.stop();
    await load.direct([oldAgain.url]);
    await load.stop();

    const errors = [old, current, oldAgain].map(({ stderr }) =>
      stderr.split("\n").filter((line) => line.includes('"level":50')),
    );
    expect([load.failures, errors]).toEqual([[], [[], [], []]]);
    const recorded = await readEventIds(oldAgain.url);
    expect(recorded.size).toBe(3 * load.signUps); // the account, its user and its application
    await until(() => countRepeats(receiver).ids.size >= recorded.size, { withinMs: 60_000 });
    const { ids, repeats } = countRepeats(receiver);
    expect([[...recorded].filter((id) => !ids.has(String(id))), repeats]).toEqual([[], 0]);
  },
);

test(
  "a database of the last build before 0.1.0 keeps its rows, gets the schema of a new one, and goes on",
  { timeout },
  async () => {
    const commit = spawnSync("git", ["cat-file", "-e", `${beforeMerge}^{commit}`], { cwd: root });
    if (commit.status !== 0) return expect.soft(process.env["CI"], "the history is not in this clone").toBeUndefined();
    await using earlier = await unpack(beforeMerge);
    await using postgres = await startThrowAwayPostgres();
    await using receiver = await startReceiver();
    const start = startOn(postgres.urlOf("postgres"));

    const old = await start(earlier.program);
    await createWebhook(old.url, receiver.url);
    const before = new Load([old.url]);
    await before.direct([old.url]);
    await before.stop();
    const recorded = await readEventIds(old.url);
    await old.stop();
    await refusesWithoutWriting(postgres.urlOf("postgres"));
    const pending = await readPendingMigrations({ connectionString: postgres.urlOf("postgres"), schema });
    expect(pending.filter(({ isBreaking }) => isBreaking).map(({ name }) => name)).toEqual([
      "directory.sql",
      "cell.sql",
    ]);

    await using current = await start();
    expect(await readEventIds(current.url)).toEqual(recorded);
    const after = new Load([current.url], "later");
    await after.direct([current.url]);
    await after.stop();
    expect([before.failures, after.failures]).toEqual([[], []]);
    const all = await readEventIds(current.url);
    await until(() => countRepeats(receiver).ids.size >= all.size, { withinMs: 60_000 });
    expect(countRepeats(receiver)).toEqual({ ids: all, repeats: 0 });

    await using upgraded = await openPool({ connectionString: postgres.urlOf("postgres"), schema });
    await upgraded.query("create database fresh");
    await migrate({ connectionString: postgres.urlOf("fresh"), schema });
    await using fresh = await openPool({ connectionString: postgres.urlOf("fresh"), schema });
    for (const name of [directorySchema, schema])
      expect(await linesOf(upgraded, name)).toEqual(await linesOf(fresh, name));
    const ledger = "select name, checksum from migrations order by name";
    expect(await upgraded.query(ledger)).toEqual(await fresh.query(ledger));
  },
);

/** A cell without its last migration, as of an earlier build, keeps the directory from being taken over, too. */
async function refusesWithoutWriting(connectionString: string): Promise<void> {
  await using pool = await openPool({ connectionString, schema });
  const [last] = await pool.query<{ name: string; checksum: string }>(
    "delete from migrations where name like '0045%' returning name, checksum",
  );
  const ledger = `select name, checksum from ${directorySchema}.migrations order by name`;
  const before = await pool.query(ledger);
  await expect(migrate({ connectionString, schema })).rejects.toThrow("docs/runbooks/upgrade.md says");
  expect(await pool.query(ledger)).toEqual(before);
  await pool.query("insert into migrations values ($1, $2, false)", [last?.name, last?.checksum]);
}

/** The lines of a schema in alphabetical order: columns that were added later are the last ones of their table. */
const linesOf = async (pool: Database, name: string): Promise<readonly string[]> =>
  (await describeSchema(pool, name))
    .split("\n")
    .map((line) => line.replace(/,$/, ""))
    .toSorted();
