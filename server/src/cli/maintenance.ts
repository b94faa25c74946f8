import { resolve } from "node:path";
import { type Cell, defaultCell, readCells, reencryptCells, revealDatabaseUrl } from "#cells/index.ts";
import { systemClock } from "#platform/clock.ts";
import { type Config, loadSecretKeys, readConfig } from "#platform/config/read-config.ts";
import { explainConfig, warnOfUnknownSettings } from "#platform/config/settings.ts";
import type { Database, Pool } from "#platform/database/database.ts";
import { describeDatabase, planMigrations } from "#platform/database/open-database.ts";
import { backUp } from "#platform/embedded-postgres/back-up.ts";
import { hasDatabase, openEmbeddedPostgres } from "#platform/embedded-postgres/open-embedded-postgres.ts";
import { type Encryption, createEncryption, retireKeys } from "#platform/encryption.ts";
import { CannotStart, errorMessage } from "#platform/errors.ts";
import { reencryptAuthenticationProviders } from "#portal/single-sign-on/index.ts";
import { reencryptFailures } from "#webhooks/deliveries/index.ts";
import { reencryptEndpoints, reencryptSentSettings } from "#webhooks/endpoints/index.ts";
import { type Command, type CommandNeeds, WrongUsage, parseArguments } from "./command.ts";
import { openEncryption, withEveryCell, withInstallation } from "./with-database.ts";

export const migrate: Command = {
  usage: "migrate [--plan]",
  summary:
    "migrate the databases of all cells, as every start does; --plan shows pending migrations, their locks, and what older processes do",
  async run(args, needs) {
    const { values } = parseArguments(args, { plan: { type: "boolean" } });
    if (values.plan) return showPlan(needs);
    await withEveryCell(needs, async () => undefined, { mayChange: true });
    needs.print("The database is up to date.");
    return 0;
  },
};

async function showPlan({ env, print, printStatus }: CommandNeeds): Promise<number> {
  const config = readConfig(env);
  const findCells = async (directory: Database, ownerUrl: string) => {
    const others = (await readCells(directory)).filter(({ number }) => number !== defaultCell);
    const encryption =
      others.length === 0 ? undefined : createEncryption(await loadSecretKeys(config, async () => true));
    const urlOf = (cell: Cell): string => (encryption && revealDatabaseUrl(encryption, cell)) ?? ownerUrl;
    return others.map((cell) => ({ name: cell.name, schema: cell.schema, ownerUrl: urlOf(cell) }));
  };
  const plans = await planMigrations({ config, printStatus, findCells });
  if ([...plans.values()].every(({ length }) => length === 0)) print("The database is up to date.");
  for (const [cell, pending] of plans) {
    if (plans.size > 1) print(pending.length === 0 ? `cell ${cell} is up to date` : `cell ${cell}`);
    for (const { name, isBreaking, locks, oldCode } of pending) {
      print(name);
      print(`  locks     ${locks ?? "tables that it creates"}`);
      print(`  old code  ${isBreaking ? "must not run any more: stop every process first" : (oldCode ?? "none")}`);
    }
  }
  return 0;
}

/**
 * Each pass re-encrypts rows that were written or locked during the previous one: engines keep the old ciphertext of an
 * endpoint for one attempt.
 */
const passesMax = 20;
const passMs = 250;

export const rekey: Command = {
  usage: "rekey",
  summary:
    "re-encrypt all secrets with the newest BELLWIRE_SECRET_KEY while Bellwire runs, so that older keys can be removed",
  async run(args, needs) {
    parseArguments(args, {});
    const retired: string[] = [];
    let isDone = true;
    await withInstallation(needs, async ({ directory, config, open }) => {
      const encryption = await openEncryption(directory, config);
      const cells = await readCells(directory);
      const cellUrls = await reencryptCells(directory, encryption);
      if (cellUrls > 0) needs.print(`re-encrypted ${cellUrls} connection strings of cells`);
      for (const cell of cells) {
        const pool = await open(cell);
        const { done, left } = await reencryptCell(pool, encryption);
        const where = cells.length > 1 ? ` in cell ${cell.name}` : "";
        needs.print(
          `re-encrypted ${done} endpoints, failures, settings of past requests and authentication providers${where}`,
        );
        if (left === 0) retired.push(...(await retireKeys(pool, encryption)));
        else {
          isDone = false;
          needs.printStatus(
            `${left} endpoints, failures, settings of past requests or authentication providers${where} are not encrypted with the newest key: no configured key decrypts them, or a process still has an older key first. Keep the older keys.`,
          );
        }
      }
    });
    if (!isDone) return 1;
    for (const keyId of new Set(retired)) {
      needs.print(`key ${keyId} is not used any more: remove it from BELLWIRE_SECRET_KEY and restart every process`);
    }
    return 0;
  },
};

async function reencryptCell(pool: Pool, encryption: Encryption): Promise<{ done: number; left: number }> {
  let [done, left] = [0, 0];
  for (let pass = 1; pass <= passesMax; pass += 1) {
    const endpoints = await reencryptEndpoints(pool, encryption);
    const failures = await reencryptFailures(pool, encryption);
    const sent = await reencryptSentSettings(pool, encryption);
    const identityProviders = await reencryptAuthenticationProviders(pool, encryption);
    done += endpoints.done + failures.done + sent.done + identityProviders.done;
    left = endpoints.left + failures.left + sent.left + identityProviders.left;
    if (left === 0 || pass === passesMax) break;
    await systemClock.sleep(passMs);
  }
  return { done, left };
}

export const backup: Command = {
  usage: "backup --to FOLDER",
  summary: "copy the embedded database, and the keys in its data directory, into a new one while Bellwire runs",
  async run(args, { env, print, printStatus }) {
    const { values } = parseArguments(args, { to: { type: "string" } });
    if (!values.to) throw new WrongUsage("Name a new folder for the backup: --to FOLDER.");
    const { databaseUrl, dataDir, secretKey } = readConfig(env);
    if (databaseUrl)
      throw new CannotStart(
        "This copies the embedded database only. With DATABASE_URL, use pg_dump or your PostgreSQL's own backups.",
      );
    if (!hasDatabase(dataDir))
      throw new CannotStart(`There is no database in ${dataDir}: set BELLWIRE_DATA_DIR to its folder.`);
    const target = resolve(values.to);
    await using database = await openEmbeddedPostgres(dataDir, printStatus);
    await backUp({ ownerUrl: database.ownerUrl, pgData: database.pgData, dataDir, target });
    print(`backed up to ${target}: start Bellwire on it with BELLWIRE_DATA_DIR`);
    printStatus(
      secretKey
        ? "The backup holds the passwords of the database: keep it where only you can read it. It does not hold BELLWIRE_SECRET_KEY: keep that, too."
        : "The backup holds the secret key and the passwords of the database: keep it where only you can read it.",
    );
    return 0;
  },
};

export const showConfig: Command = {
  usage: "config",
  summary: "show each setting with its value and origin, and properties of the database",
  async run(args, { env, print, printStatus }) {
    parseArguments(args, {});
    const config = readConfig(env);
    for (const warning of warnOfUnknownSettings(env)) printStatus(warning);
    for (const { name, value, from } of explainConfig(env)) print(`${name.padEnd(30)} ${value.padEnd(40)} ${from}`);
    print("");
    for (const [name, value] of await readDatabaseProperties(config, printStatus)) print(`${name.padEnd(30)} ${value}`);
    return 0;
  },
};

/** Starts an existing embedded database if needed, but never creates one. */
async function readDatabaseProperties(
  { databaseUrl, databaseDirectUrl, dataDir }: Config,
  printStatus: CommandNeeds["printStatus"],
): Promise<Iterable<[string, string]>> {
  try {
    const directUrl = databaseDirectUrl ?? databaseUrl;
    if (directUrl) return await describeDatabase(directUrl.reveal());
    if (!hasDatabase(dataDir)) return [["database", "none yet"]];
    await using embedded = await openEmbeddedPostgres(dataDir, printStatus);
    return await describeDatabase(embedded.ownerUrl);
  } catch (error) {
    return [["database", `cannot be reached: ${errorMessage(error)}`]];
  }
}
