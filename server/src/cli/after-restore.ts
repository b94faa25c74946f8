import { parseArgs } from "node:util";
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
import { cancelReplaysOf } from "#webhooks/replays/index.ts";
import { type Command, type CommandNeeds, WrongUsage } from "./command.ts";
import { commandLine, providerOption, withEveryCell, withProvider } from "./with-database.ts";

type Print = CommandNeeds["print"];

export const hold: Command = {
  usage: "hold --after-restore",
  says: "after a restore that Bellwire cannot detect (a volume's snapshot): skip numbers, and send nothing until it is resumed",
  async run(args, needs) {
    const { values } = parseArgs({ args: [...args], options: { "after-restore": { type: "boolean" } } });
    if (!values["after-restore"]) throw new WrongUsage("Say --after-restore: this is for restored databases only.");
    let areHeld = false;
    await withEveryCell(needs, async (pool) => {
      if (await holdAfterRestore(pool)) areHeld = true;
    });
    needs.print(
      areHeld
        ? "Numbers skip ahead. Engines send nothing until bellwire resume --after-restore."
        : "Numbers skip ahead. Nothing is due, so nothing is held.",
    );
    return 0;
  },
};

const choices = ["plan", "send", "skip"] as const;
type Choice = (typeof choices)[number];

export const resume: Command = {
  usage: "resume --after-restore --plan|--send|--skip [--endpoint ID] [--provider SUBDOMAIN]",
  says:
    "after a restore, show the deliveries that were due at the time of the database and are held; send them (receivers may get " +
    "them twice), or skip them (receivers that have not got them never will)",
  async run(args, needs) {
    const flag = { type: "boolean" } as const;
    const { values } = parseArgs({
      args: [...args],
      options: {
        ...providerOption,
        "after-restore": flag,
        plan: flag,
        send: flag,
        skip: flag,
        endpoint: { type: "string" },
      },
    });
    if (!values["after-restore"]) throw new WrongUsage("Say --after-restore: this is for restored databases only.");
    const [choice, ...more] = choices.filter((name) => values[name]);
    if (!choice || more.length > 0) throw new WrongUsage("Say one of --plan, --send and --skip.");
    const endpointId = parseEndpoint(values.endpoint);
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
    const those = endpointId === undefined ? "" : ` of endpoint ${endpointId}`;
    if (found === 0) print(`No deliveries${those} are held after a restore.`);
    return 0;
  },
};

function parseEndpoint(text: string | undefined): number | undefined {
  const id = text === undefined ? undefined : Number(text);
  if (id !== undefined && !Number.isSafeInteger(id)) throw new WrongUsage("--endpoint must be the id of an endpoint.");
  return id;
}

interface Resume {
  readonly choice: Choice;
  readonly filter: HeldFilter;
  readonly print: Print;
}

/** Returns the number of endpoints that were held. */
async function resumeHeld(pool: Pool, { choice, filter, print }: Resume): Promise<number> {
  const switches = await readDatabaseSwitches(pool);
  const { heldAt: restoredAt } = switches;
  if (restoredAt === null) return 0;
  const held = await listHeldEndpoints(pool, filter, restoredAt);
  if (held.length === 0) {
    await pool.inTransaction((tx) => endHold(tx)); // the last held endpoint was deleted
    return 0;
  }
  const explained = explain(switches);
  if (choice === "plan") {
    for (const line of [...explained, "", ...tableOf(held), "", ...choicesExplained]) print(line);
    return held.length;
  }
  const cancelled = await apply(pool, { choice, held, restoredAt, switches });
  const hasEnded = await pool.inTransaction((tx) => endHold(tx));
  for (const line of [...explained, ...outcomeOf(choice, held, cancelled)]) print(line);
  print(hasEnded ? "Nothing is held any more." : "Other endpoints are still held: --plan shows them.");
  return held.length;
}

type Decision = Exclude<Choice, "plan">;

interface Application {
  readonly choice: Decision;
  readonly held: readonly HeldEndpoint[];
  readonly restoredAt: Date;
  readonly switches: DatabaseSwitches;
}

/** Decides about the endpoints of one provider after another, with one audit record each. Returns the number of cancelled deliveries. */
async function apply(pool: Pool, { choice, held, restoredAt, switches }: Application): Promise<number> {
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
      count = await decide(pool, endpoint, { restoredAt, audit, count });
    }
    if (choice === "skip") cancelled += count;
  }
  return cancelled;
}

interface Progress {
  readonly restoredAt: Date;
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
  { restoredAt, audit, count: before }: Progress,
): Promise<number> {
  let count = before;
  for (;;) {
    const skipped = await pool.inTransaction(async (tx) => {
      const batch = await skipHeldDeliveries(tx, endpoint, restoredAt);
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
  "--send  sends the deliveries that were due. Receivers get again what was sent in between, with the same webhook-id.",
  "--skip  cancels them. Receivers never get what was not sent in between; a replay can send it later.",
  "Events since the restore are sent in both cases. Failures stay on the list.",
] as const;

function outcomeOf(choice: Decision, held: readonly HeldEndpoint[], cancelled: number): readonly string[] {
  const endpoints = held.length === 1 ? "1 endpoint" : `${held.length} endpoints`;
  if (choice === "skip") return [`${cancelled} deliveries of ${endpoints} are cancelled. Later ones are sent now.`];
  const due = held.reduce((sum, endpoint) => sum + endpoint.due, 0);
  return [`${due} deliveries of ${endpoints} are sent now, perhaps for the second time.`];
}

const columns = ["provider", "endpoint", "name", "due", "retried", "oldest event", "since", "failures"] as const;

/** Renders a table with aligned columns. */
function tableOf(held: readonly HeldEndpoint[]): readonly string[] {
  const nowMs = systemClock.now().getTime();
  const rows = held.map((endpoint) => [
    endpoint.provider,
    String(endpoint.endpointId),
    endpoint.endpoint,
    String(endpoint.due),
    String(endpoint.retried),
    endpoint.oldest === null ? "-" : `${endpoint.oldest.toISOString()} (${ageOf(nowMs - endpoint.oldest.getTime())})`,
    String(endpoint.since),
    String(endpoint.failures),
  ]);
  const widths = columns.map((name, index) => Math.max(name.length, ...rows.map((row) => (row[index] ?? "").length)));
  return [[...columns], ...rows].map((row) =>
    row
      .map((cell, index) => cell.padEnd(widths[index] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}

function ageOf(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  if (minutes < 120) return `${minutes} min ago`;
  return minutes < 2880 ? `${Math.round(minutes / 60)} h ago` : `${Math.round(minutes / 1440)} days ago`;
}
