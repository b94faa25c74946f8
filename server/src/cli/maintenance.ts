import { resolve } from "node:path";
import { auditInBatches, forgetOutdatedResponses } from "#access/index.ts";
import { type Cell, defaultCell, lockResume, readCells, reencryptCells, revealDatabaseUrl } from "#cells/index.ts";
import { systemClock } from "#platform/clock.ts";
import { type Config, loadSecretKeys, readConfig } from "#platform/config/read-config.ts";
import { explainConfig, warnOfUnknownSettings } from "#platform/config/settings.ts";
import type { Database, Pool, Transaction } from "#platform/database/database.ts";
import { type DatabaseSwitches, endHold, holdAfterRestore, readDatabaseSwitches } from "#platform/database/failover.ts";
import { describeDatabase, planMigrations } from "#platform/database/open-database.ts";
import { backUp } from "#platform/embedded-postgres/back-up.ts";
import { hasDatabase, openEmbeddedPostgres } from "#platform/embedded-postgres/open-embedded-postgres.ts";
import { createEncryption, type Encryption, retireKeys } from "#platform/encryption.ts";
import { CannotStart, errorMessage } from "#platform/errors.ts";
import { deleteHeldMails, listHeldMails, releaseHeldMails } from "#portal/mails/index.ts";
import { reencryptAuthenticationProviders } from "#portal/single-sign-on/index.ts";
import {
  type HeldEndpoint,
  type HeldFilter,
  listHeldEndpoints,
  reencryptFailures,
  releaseHeldEndpoint,
  skipHeldDeliveries,
} from "#webhooks/deliveries/index.ts";
import { reencryptEndpoints, reencryptSentSettings } from "#webhooks/endpoints/index.ts";
import { cancelHeldJobs, type HeldJobs, listHeldJobs, releaseHeldJobs } from "#webhooks/jobs/index.ts";
import { cancelReplaysOf } from "#webhooks/replays/index.ts";
import { type Command, type CommandNeeds, parseArguments, parseId, WrongUsage } from "./command.ts";
import {
  auditCommand,
  commandLine,
  openEncryption,
  providerOption,
  withEveryCell,
  withInstallation,
  withProvider,
} from "./with-database.ts";

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
    await forgetOutdatedResponses(pool, encryption);
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

// After a restore

type Print = CommandNeeds["print"];

export const hold: Command = {
  usage: "hold --after-restore",
  summary:
    "after a restore that Bellwire cannot detect (a volume's snapshot): skip numbers, and send nothing until it is resumed",
  async run(args, needs) {
    const { values } = parseArguments(args, { "after-restore": { type: "boolean" } });
    if (!values["after-restore"])
      throw new WrongUsage("Add --after-restore: this command is for restored databases only.");
    let areHeld = false;
    await withEveryCell(needs, async (pool) => {
      if (await holdAfterRestore(pool)) areHeld = true;
    });
    needs.print(
      areHeld
        ? "Numbers skip ahead. Engines send nothing that was due until you run bellwire resume --after-restore."
        : "Numbers skip ahead. No delivery, mail or job is due, so nothing is held.",
    );
    return 0;
  },
};

const choices = ["plan", "send", "skip"] as const;
type Choice = (typeof choices)[number];

const lock = {
  take: lockResume,
  refusal:
    "Another `bellwire resume --after-restore` is sending or skipping what is held. Nothing was done. Wait for its end; --plan shows what is left.",
} as const;

export const resume: Command = {
  usage: "resume --after-restore --plan|--send|--skip [--endpoint ID] [--provider SUBDOMAIN]",
  summary:
    "after a restore, show the deliveries, mails and jobs that were due at the time of the database and are held; send them " +
    "(some for the second time), or skip them (those that were not sent never will be)",
  async run(args, needs) {
    const flag = { type: "boolean" } as const;
    const { values } = parseArguments(args, {
      ...providerOption,
      "after-restore": flag,
      plan: flag,
      send: flag,
      skip: flag,
      endpoint: { type: "string" },
    });
    if (!values["after-restore"])
      throw new WrongUsage("Add --after-restore: this command is for restored databases only.");
    const [choice, ...more] = choices.filter((name) => values[name]);
    if (!choice || more.length > 0) throw new WrongUsage("Give one of --plan, --send and --skip.");
    const endpointId = parseId("--endpoint", values.endpoint);
    const { print } = needs;
    const opening = choice === "plan" ? {} : { lock };
    let found = 0;
    const resumeIn = async (pool: Pool, providerId?: number): Promise<void> => {
      found += await resumeHeld(pool, { choice, filter: { providerId, endpointId }, print });
    };
    if (values.provider === undefined) await withEveryCell(needs, resumeIn, opening);
    else await withProvider(needs, values.provider, ({ pool, provider }) => resumeIn(pool, provider.id), opening);
    // Not a failure: a script may repeat the command.
    const scope = endpointId === undefined ? "" : ` of endpoint ${endpointId}`;
    if (found === 0) print(`Nothing${scope} is held after a restore.`);
    return 0;
  },
};

interface Resume {
  readonly choice: Choice;
  readonly filter: HeldFilter;
  readonly print: Print;
}

/** Returns the number of endpoints, mails and jobs that were held. */
async function resumeHeld(pool: Pool, { choice, filter, print }: Resume): Promise<number> {
  const switches = await readDatabaseSwitches(pool);
  const { heldAt: restoredAt, heldFrom } = switches;
  if (restoredAt === null || heldFrom === null) return 0;
  const heldEndpoints = await listHeldEndpoints(pool, filter, heldFrom);
  const others = filter.endpointId === undefined ? await listOthers(pool, filter) : [];
  const found = others.reduce((sum, { count }) => sum + count, heldEndpoints.length);
  if (found === 0) {
    await pool.inTransaction((tx) => endHold(tx)); // the last held endpoint was deleted
    return 0;
  }
  const explained = explain(switches);
  if (choice === "plan") {
    const tables = [
      heldEndpoints.length > 0 ? [...tableOf(heldEndpoints), ""] : [],
      others.length > 0 ? [...tableOfOthers(others), ""] : [],
    ];
    for (const line of [...explained, "", ...tables.flat(), ...choicesExplained]) print(line);
    return found;
  }
  const cancelled = await apply(pool, { choice, held: heldEndpoints, restoredAt, heldFrom, switches });
  for (const other of others) await applyToOthers(pool, { choice, other, restoredAt, switches });
  const hasEnded = await pool.inTransaction((tx) => endHold(tx));
  const outcomes = [
    ...(heldEndpoints.length > 0 ? outcomeOf(choice, heldEndpoints, cancelled) : []),
    ...others.map(outcomeOfOthers(choice)),
  ];
  for (const line of [...explained, ...outcomes]) print(line);
  print(hasEnded ? "Nothing is held any more." : "Others are still held: --plan shows them.");
  return found;
}

/** The held mails or the held jobs of a provider. */
interface HeldOthers extends HeldJobs {
  readonly kind: "mails" | "jobs";
}

const listOthers = async (pool: Pool, { providerId }: HeldFilter): Promise<readonly HeldOthers[]> => [
  ...(await listHeldMails(pool, providerId)).map((mails) => ({ kind: "mails" as const, ...mails })),
  ...(await listHeldJobs(pool, providerId)).map((jobs) => ({ kind: "jobs" as const, ...jobs })),
];

const decisionsOn = {
  mails: {
    send: (tx: Transaction, providerId: number) => releaseHeldMails(tx, providerId, systemClock.now()),
    skip: deleteHeldMails,
  },
  jobs: { send: releaseHeldJobs, skip: cancelHeldJobs },
} as const;

/** Releases or drops held mails or jobs. Audits it in the same transaction. */
const applyToOthers = (
  pool: Pool,
  {
    choice,
    other,
    restoredAt,
    switches,
  }: Pick<Application, "choice" | "restoredAt" | "switches"> & { readonly other: HeldOthers },
): Promise<void> =>
  pool.inTransaction(async (tx) => {
    const { kind, providerId } = other;
    const count = await decisionsOn[kind][choice](tx, providerId);
    await auditCommand(tx, {
      providerId,
      action: `${kind}.${choice === "send" ? "sent" : "skipped"}_after_restore`,
      subject: `provider/${providerId}`,
      detail: { count, database_from: switches.stateAt, restored_at: restoredAt },
    });
  });

type Decision = Exclude<Choice, "plan">;

interface Application {
  readonly choice: Decision;
  readonly held: readonly HeldEndpoint[];
  readonly restoredAt: Date;
  readonly heldFrom: number;
  readonly switches: DatabaseSwitches;
}

/** Decides about the endpoints of one provider after another, with one audit record each. Returns the number of cancelled deliveries. */
async function apply(pool: Pool, { choice, held, restoredAt, heldFrom, switches }: Application): Promise<number> {
  let cancelled = 0;
  for (const [providerId, endpoints] of Map.groupBy(held, (endpoint) => endpoint.providerId)) {
    const audit = auditInBatches({
      providerId,
      actor: commandLine.actor,
      action: choice === "send" ? "deliveries.sent_after_restore" : "deliveries.skipped_after_restore",
      subject: `provider/${providerId}`,
      detail: {
        endpoints: endpoints.map(({ endpointId }) => endpointId),
        database_from: switches.stateAt,
        restored_at: restoredAt,
        ...commandLine.detail,
      },
    });
    let count = 0;
    for (const endpoint of endpoints) {
      const decide = choice === "send" ? sendHeld : skipHeld;
      count = await decide(pool, endpoint, { heldFrom, audit, count });
    }
    if (choice === "skip") cancelled += count;
  }
  return cancelled;
}

interface Progress {
  readonly heldFrom: number;
  readonly audit: (tx: Transaction, countSoFar: number) => Promise<void>;
  /** Deliveries of the provider so far. */
  readonly count: number;
}

/** Releases the endpoint. Returns the count. */
function sendHeld(pool: Pool, { endpointId, due }: HeldEndpoint, { audit, count }: Progress): Promise<number> {
  return pool.inTransaction(async (tx) => {
    if (!(await releaseHeldEndpoint(tx, endpointId))) return count;
    await audit(tx, count + due);
    return count + due;
  });
}

/** Cancels what was due, in batches that are committed, and releases the endpoint. A second run finds what the first one left. */
async function skipHeld(
  pool: Pool,
  endpoint: HeldEndpoint,
  { heldFrom, audit, count: before }: Progress,
): Promise<number> {
  let count = before;
  for (;;) {
    const skipped = await pool.inTransaction(async (tx) => {
      const batch = await skipHeldDeliveries(tx, endpoint, heldFrom);
      if (batch > 0) await audit(tx, count + batch);
      return batch;
    });
    if (skipped === 0) break;
    count += skipped;
  }
  await pool.inTransaction(async (tx) => {
    await cancelReplaysOf(tx, endpoint.endpointId);
    if (await releaseHeldEndpoint(tx, endpoint.endpointId)) await audit(tx, count);
  });
  return count;
}

function explain({ stateAt, heldAt }: DatabaseSwitches): readonly string[] {
  const from = stateAt ? `about ${stateAt.toISOString()}` : "an unknown time";
  return [
    `The database continues from ${from} and is in use since ${heldAt?.toISOString()}.`,
    "Changes in between are lost. Their webhooks may have been sent: receivers may have ids that Bellwire does not know.",
  ];
}

const choicesExplained = [
  "--send  sends the deliveries and mails that were due, and continues the jobs. What was sent in between is sent again,",
  "        webhooks with the same webhook-id. Jobs repeat what they did in between.",
  "--skip  cancels deliveries and jobs, and deletes the mails. What was not sent in between is never sent; a replay can",
  "        send webhooks later.",
  "Events and mails since the restore are sent in both cases. Failures stay on the list.",
] as const;

function outcomeOf(choice: Decision, held: readonly HeldEndpoint[], cancelled: number): readonly string[] {
  const endpoints = held.length === 1 ? "1 endpoint" : `${held.length} endpoints`;
  const deliveries = (count: number, end: string): readonly string[] => [
    count === 1 ? `1 delivery of ${endpoints} is ${end}` : `${count} deliveries of ${endpoints} are ${end}`,
  ];
  if (choice === "skip") return deliveries(cancelled, "cancelled. Later ones are sent now.");
  const due = held.reduce((sum, endpoint) => sum + endpoint.due, 0);
  return deliveries(due, "sent now, perhaps for the second time.");
}

const outcomeOfOthers =
  (choice: Decision) =>
  ({ kind, provider, count }: HeldOthers): string => {
    const outcome = {
      mails: { send: "are sent now, perhaps for the second time", skip: "are deleted" },
      jobs: { send: "continue", skip: "are cancelled" },
    } as const;
    return `${count} ${kind} of ${provider} ${outcome[kind][choice]}.`;
  };

const columns = ["provider", "endpoint", "name", "due", "retried", "oldest event", "since", "failures"] as const;

/** Renders the held endpoints. */
function tableOf(held: readonly HeldEndpoint[]): readonly string[] {
  const rows = held.map((endpoint) => [
    endpoint.provider,
    String(endpoint.endpointId),
    endpoint.endpoint,
    String(endpoint.due),
    String(endpoint.retried),
    endpoint.oldest === null ? "-" : timeWithAge(endpoint.oldest),
    String(endpoint.since),
    String(endpoint.failures),
  ]);
  return align([columns, ...rows]);
}

/** Renders the held mails and jobs. */
const tableOfOthers = (others: readonly HeldOthers[]): readonly string[] =>
  align([
    ["provider", "held", "number", "oldest"],
    ...others.map(({ provider, kind, count, oldest }) => [provider, kind, String(count), timeWithAge(oldest)]),
  ]);

/** Aligns the columns of a table. */
function align(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, index) => Math.max(...rows.map((row) => (row[index] ?? "").length)));
  return rows.map((row) =>
    row
      .map((cell, index) => cell.padEnd(widths[index] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}

function timeWithAge(time: Date): string {
  const age = ageOf(systemClock.now().getTime() - time.getTime());
  return `${time.toISOString()} (${age})`;
}

function ageOf(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  if (minutes < 120) return `${minutes} min ago`;
  return minutes < 2880 ? `${Math.round(minutes / 60)} h ago` : `${Math.round(minutes / 1440)} days ago`;
}
