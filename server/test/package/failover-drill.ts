import { setTimeout as wait } from "node:timers/promises";
import { type BellwireApi, sendRequest, valueAt } from "../chaos/api-client.ts";
import { SupervisedProcess } from "../chaos/supervised-process.ts";
import { type ListedEvent, readEvents, waitForQuiet } from "../chaos/read-outcome.ts";
import { findAccountId, findMarker } from "../chaos/received-request.ts";
import { DatabasePair } from "../support/database-pair.ts";
import { type Receiver, startReceiver } from "../support/receiver.ts";
import { BellwireProcess } from "../support/start-bellwire.ts";
import { startPooler } from "../support/start-pooler.ts";
import { until } from "../support/until.ts";
import { FailoverLoad } from "./failover-load.ts";
import { apiAt, settingsFor } from "./verify-delivery.ts";

export interface DrillOptions {
  readonly rounds: number;
  /** An asynchronous standby lags by a second when its primary is killed. */
  readonly standby: "synchronous" | "asynchronous";
  /** The programs of a complete PostgreSQL. */
  readonly binaries: string;
  /** Puts PgBouncer in transaction mode between Bellwire and the address. */
  readonly isPooled?: boolean;
  readonly printStatus: (line: string) => void;
}

/**
 * How the clients' connections to the old primary end. `closed`: by the killed server's system. `silent`: not at all, as if the host
 * had died with it.
 */
export type Ending = "closed" | "silent";

/** Measures of one failover. Seconds count from the moment at which the address led to the promoted standby. */
export interface Round {
  readonly connections: Ending;
  /** Acknowledged since the previous failover. */
  readonly acknowledged: number;
  /** Of these, the ones without an event. */
  lost: number;
  /** Requests that the receiver had already accepted. */
  repeated: number;
  /** From the kill until the standby accepted writes. */
  readonly promotedAfter: number;
  /** The last answer to a request that was sent before. */
  readonly stuckUntil: number;
  readonly firstChange: number;
  /** The first delivery of a change that was made on the new primary. */
  readonly firstDelivery: number;
  /** The last delivery of the changes that the old primary had acknowledged. */
  readonly backlogUntil: number;
  /** Seconds until the old primary was a standby again. */
  readonly rejoinedAfter: number;
}

export interface DrillReport {
  readonly rounds: readonly Round[];
  readonly deliveries: number;
  /** Webhooks of events that the new primary lacks. */
  readonly sentOfLost: number;
  /** Log lines about a continuation from an earlier state. */
  readonly logged: number;
  readonly switches: number;
  readonly readiness: string;
  /** Violations of the guarantees. */
  readonly problems: readonly string[];
}

/** Changes before each kill. */
const changesPerRound = 150;
const lagMs = 1000;
/** An engine records outcomes in batches, so a response this long before a kill may not be recorded. */
const settleMs = 2000;
/** An engine without its database continues with the deliveries that it has read, for a lease at most. */
const readAheadMs = 10_000;

interface Failover {
  readonly killedMs: number;
  /** All responses of the old primary are earlier: its processes end some time after their postmaster. */
  readonly movedMs: number;
  /** Commit time of the last transaction that the promoted standby has. */
  readonly replayedMs: number;
}

/** Kills the primary under load, promotes its standby, moves the address, and makes the killed one the next standby. */
export async function runFailoverDrill(options: DrillOptions): Promise<DrillReport> {
  const { rounds, standby, binaries, isPooled = false, printStatus } = options;
  const isSynchronous = standby === "synchronous";
  await using running = new AsyncDisposableStack();
  const receiver = running.use(await startReceiver());
  const pair = running.use(await openPair(binaries));
  const url = `${pair.connectionString}?sslmode=disable`;
  const pooler = isPooled ? running.use(await startPooler({ url, mode: "transaction" })) : undefined;
  const environment = settingsFor(pooler?.url ?? url, ...(pooler ? [url] : []));
  const processes: SupervisedProcess[] = [];
  for (const role of ["web", "engine", "engine"]) processes.push(running.use(await startRole(role, environment)));
  const api = apiAt(/ready (http:\S+)/.exec(processes[0]?.output ?? "")?.[1] ?? "");
  await subscribeBoth(api, receiver);
  const load = running.use(new FailoverLoad(api, { mayForget: !isSynchronous }));
  const completed: Round[] = [];
  const failovers: Failover[] = [];
  for (let number = 1; number <= rounds; number += 1) {
    await (isSynchronous ? pair.makeSynchronous() : pair.catchUp());
    const before = load.acknowledged.length;
    await until(() => load.acknowledged.length >= before + changesPerRound, { withinMs: 120_000, everyMs: 100 });
    const connections = number % 2 === 1 ? "closed" : "silent";
    const failover = await failOver(pair, { isSynchronous, connections });
    failovers.push(failover);
    const times = await measureRecovery({ load, receiver, failover, sinceMs: failovers.at(-2)?.movedMs ?? 0 });
    const rejoiningMs = performance.now();
    await pair.rejoin();
    const since = failovers.at(-2)?.movedMs ?? 0;
    completed.push({
      ...times,
      connections,
      acknowledged: load.acknowledged.filter((change) => isBetween(change.answeredMs, since, failover.movedMs)).length,
      lost: 0,
      repeated: 0,
      rejoinedAfter: (performance.now() - rejoiningMs) / 1000,
    });
    printStatus(`round ${number}, connections ${connections}: deliveries after ${times.firstDelivery.toFixed(1)} s`);
  }
  await load[Symbol.asyncDispose]();
  await waitForQuiet(api, () => pair.primary.urlOf("postgres"), 120_000);
  return await evaluate({ api, receiver, load, processes, completed, failovers, isSynchronous });
}

const openPair = (binaries: string): Promise<DatabasePair> =>
  DatabasePair.open(
    {
      fsync: "on",
      synchronous_commit: "on",
      full_page_writes: "on",
      autovacuum: "on",
      wal_keep_size: "512MB", // the new standby finds all log since the failover
    },
    binaries,
  );

async function startRole(role: string, environment: Readonly<Record<string, string>>): Promise<SupervisedProcess> {
  const started = new SupervisedProcess(role, () => new BellwireProcess(["serve", "--role", role], environment));
  await started.ready();
  return started;
}

/** One endpoint of each kind: in the order of each account, and in any order. */
async function subscribeBoth(api: BellwireApi, receiver: Receiver): Promise<void> {
  const all = { event_types: ["account.created", "account.updated"], provider_actions: true };
  for (const settings of [
    { name: "ordered", format: "json", ordering: "account" },
    { name: "unordered", format: "3scale", ordering: "none" },
  ]) {
    const url = `${receiver.url}/${settings.name}`;
    const { status, body } = await sendRequest(api, "POST", "/api/v1/endpoints", { ...all, ...settings, url });
    if (status !== 201) throw new Error(`The endpoint was refused: ${JSON.stringify(body)}`);
  }
}

async function failOver(
  pair: DatabasePair,
  { isSynchronous, connections }: { readonly isSynchronous: boolean; readonly connections: Ending },
): Promise<Failover> {
  const resume = isSynchronous ? undefined : await pair.freezeReceiver();
  if (resume) await wait(lagMs);
  if (connections === "silent") pair.line.silence();
  const killedMs = performance.now();
  await pair.primary.killPostmaster();
  resume?.();
  await pair.promote();
  const replayedMs = (await pair.lastReplayedMs()) - performance.timeOrigin;
  pair.line.moveTo(pair.standby.socketPath);
  return { killedMs, movedMs: performance.now(), replayedMs };
}

interface Recovering {
  readonly load: FailoverLoad;
  readonly receiver: Receiver;
  readonly failover: Failover;
  /** When the previous failover ended, which may have lost earlier changes. */
  readonly sinceMs: number;
}

type Recovery = Pick<Round, "promotedAfter" | "stuckUntil" | "firstChange" | "firstDelivery" | "backlogUntil">;

async function measureRecovery({ load, receiver, failover, sinceMs }: Recovering): Promise<Recovery> {
  const { killedMs, movedMs, replayedMs } = failover;
  const recovering = { withinMs: 90_000, everyMs: 100 };
  const fresh = () =>
    new Set(load.acknowledged.filter((change) => change.sentMs >= movedMs).map(({ marker }) => marker));
  await until(() => fresh().size > 0, recovering);
  const firstDelivery = await until(() => {
    const markers = fresh();
    return receiver.received.find((request) => markers.has(markerOf(request) ?? ""))?.atMs;
  }, recovering);
  const keptUntilMs = Math.min(killedMs, replayedMs - clockSlackMs);
  const kept = load.acknowledged.filter((change) => isBetween(change.answeredMs, sinceMs, keptUntilMs));
  await until(() => {
    const undelivered = new Set(kept.map(({ marker }) => marker));
    for (const request of receiver.received) undelivered.delete(markerOf(request) ?? "");
    return undelivered.size === 0;
  }, recovering);
  const wasKept = new Set(kept.map(({ marker }) => marker));
  const backlogMs = firstReceipts(receiver).findLast(({ marker }) => wasKept.has(marker ?? ""))?.atMs ?? movedMs;
  const stuck = load.changes.filter((change) => change.sentMs < movedMs && change.answeredMs > movedMs);
  const after = (ms: number): number => Math.max(0, ms - movedMs) / 1000;
  return {
    promotedAfter: (movedMs - killedMs) / 1000,
    stuckUntil: after(Math.max(movedMs, ...stuck.map(({ answeredMs }) => answeredMs))),
    firstChange: after(Math.min(...load.acknowledged.map((change) => change.answeredMs).filter((ms) => ms >= movedMs))),
    firstDelivery: after(firstDelivery),
    backlogUntil: after(backlogMs),
  };
}

const clockSlackMs = 50;

const isBetween = (ms: number, fromMs: number, untilMs: number): boolean => ms >= fromMs && ms < untilMs;

type Received = Receiver["received"][number];

const markerOf = ({ headers, body }: Received): string | undefined =>
  findMarker(String(headers["bellwire-event-type"]), body);

const idOf = ({ headers }: Received): string => String(headers["webhook-id"]);

interface Receipt {
  readonly id: string;
  readonly marker: string | undefined;
  readonly atMs: number;
}

/** Returns the first request of each delivery. */
function firstReceipts({ received }: Receiver): readonly Receipt[] {
  const first = new Map<string, Receipt>();
  for (const request of received) {
    const key = `${idOf(request)} ${request.path}`;
    if (!first.has(key)) first.set(key, { id: idOf(request), marker: markerOf(request), atMs: request.atMs });
  }
  return [...first.values()];
}

interface DrillResult {
  readonly api: BellwireApi;
  readonly receiver: Receiver;
  readonly load: FailoverLoad;
  readonly processes: readonly SupervisedProcess[];
  readonly completed: readonly Round[];
  readonly failovers: readonly Failover[];
  readonly isSynchronous: boolean;
}

async function evaluate(result: DrillResult): Promise<DrillReport> {
  const { api, receiver, load, processes, completed, failovers } = result;
  const events = await readEvents(api);
  const readiness = JSON.stringify((await sendRequest(api, "GET", "/readyz")).body);
  const metrics = await (await fetch(`${api.url}/metrics`)).text();
  const logs = processes.map(({ output }) => output).join("\n");
  const eventIds = new Set(events.map(({ id }) => id));
  const problems = [
    ...load.unexpected,
    ...processes.flatMap(({ unexpectedEnds }) => unexpectedEnds),
    ...countLost(result, eventIds),
    ...countRepeated(result),
    ...findUndelivered(receiver, events),
    ...findReused(receiver, events),
  ];
  return {
    rounds: completed,
    deliveries: firstReceipts(receiver).length,
    sentOfLost: new Set(receiver.received.map(idOf).filter((id) => !eventIds.has(id))).size,
    logged: logs.split("the database continues from an earlier state").length - 1,
    switches: Number(/^bellwire_database_switches (\d+)/m.exec(metrics)?.[1]),
    readiness: valueAt(JSON.parse(readiness), "status") === "ok" ? readiness : `not ready: ${readiness}`,
    problems: failovers.length === completed.length ? problems : [...problems, "a failover has no measures"],
  };
}

/** Counts acknowledged changes without an event. Only an asynchronous standby may lack them, and only its latest ones. */
function countLost(
  { load, receiver, completed, failovers, isSynchronous }: DrillResult,
  eventIds: ReadonlySet<string>,
): readonly string[] {
  const recordedMarkers = new Set(receiver.received.filter((request) => eventIds.has(idOf(request))).map(markerOf));
  const lost = load.acknowledged.filter(({ marker }) => !recordedMarkers.has(marker));
  return lost.flatMap(({ marker, answeredMs }) => {
    const index = failovers.findIndex(({ movedMs }) => answeredMs <= movedMs + clockSlackMs);
    const round = completed[index];
    if (round) round.lost += 1;
    const isByDesign = !isSynchronous && answeredMs >= (failovers[index]?.replayedMs ?? Infinity) - clockSlackMs;
    const beforeMs = Math.round((failovers[index]?.replayedMs ?? 0) - answeredMs);
    return isByDesign ? [] : [`${marker} has no event, acknowledged ${beforeMs} ms before the standby's last one`];
  });
}

/** A repeat needs a failover that can have prevented the record of its first response. */
function countRepeated({ receiver, completed, failovers }: DrillResult): readonly string[] {
  const seen = new Map<string, number>();
  return receiver.received.flatMap((request) => {
    const key = `${idOf(request)} ${request.path}`;
    const firstMs = seen.get(key);
    seen.set(key, request.atMs);
    if (firstMs === undefined) return [];
    const index = failovers.findIndex((failover) =>
      isBetween(firstMs, failover.killedMs - lagMs - settleMs, failover.movedMs + readAheadMs),
    );
    const round = completed[index];
    if (round) round.repeated += 1;
    return round ? [] : [`${key} was repeated after ${Math.round(request.atMs - firstMs)} ms without a cause`];
  });
}

function findUndelivered(receiver: Receiver, events: readonly ListedEvent[]): readonly string[] {
  const received = new Set(receiver.received.map((request) => `${idOf(request)} ${request.path}`));
  const paths = new Set(receiver.received.map(({ path }) => path));
  const keys = events
    .filter(({ type }) => type === "account.created" || type === "account.updated")
    .flatMap(({ id }) => [...paths].map((path) => `${id} ${path}`));
  return keys.flatMap((key) => (received.has(key) ? [] : [`${key} was never received`]));
}

/** No two events of an account share a number, also if one of them is lost. */
function findReused({ received }: Receiver, events: readonly ListedEvent[]): readonly string[] {
  const numbered = new Map<string, string>();
  const all = [
    ...events.map(({ id, accountId, sequence }) => ({ id, number: `${accountId} ${sequence}` })),
    ...received.flatMap((request) => {
      const accountId = findAccountId(request.body);
      const number = `${accountId} ${String(request.headers["bellwire-sequence"])}`;
      return accountId === undefined ? [] : [{ id: idOf(request), number }];
    }),
  ];
  return all.flatMap(({ id, number }) => {
    const other = numbered.get(number) ?? id;
    numbered.set(number, other);
    return other === id ? [] : [`number ${number} was used for ${other} and ${id}`];
  });
}
