import { auditInBatches } from "#access/index.ts";
import { systemClock } from "#platform/clock.ts";
import type { Pool, Transaction } from "#platform/database/database.ts";
import { type DatabaseSwitches, endHold, holdAfterRestore, readDatabaseSwitches } from "#platform/database/switches.ts";
import {
  type HeldEndpoint,
  type HeldFilter,
  listHeldEndpoints,
  releaseHeldEndpoint,
  skipHeldDeliveries,
} from "#webhooks/deliveries/index.ts";
import { deleteHeldMails, listHeldMails, releaseHeldMails } from "#portal/mails/index.ts";
import { cancelHeldJobs, type HeldJobs, listHeldJobs, releaseHeldJobs } from "#webhooks/jobs/index.ts";
import { cancelReplaysOf } from "#webhooks/replays/index.ts";
import { type Command, type CommandNeeds, WrongUsage, parseId, parseArguments } from "./command.ts";
import { auditCommand, commandLine, providerOption, withEveryCell, withProvider } from "./with-database.ts";

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
    let found = 0;
    if (values.provider === undefined) {
      await withEveryCell(needs, async (pool) => {
        found += await resumeHeld(pool, { choice, filter: { endpointId }, print });
      });
    } else {
      found = await withProvider(needs, values.provider, ({ pool, provider }) =>
        resumeHeld(pool, { choice, filter: { providerId: provider.id, endpointId }, print }),
      );
    }
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
    if (!(await releaseHeldEndpoint(tx, endpointId))) return count; // another command was faster
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
