import { setTimeout as wait } from "node:timers/promises";
import { Random } from "../simulation/random.ts";
import { checkChanges } from "./check-changes.ts";
import { type Evidence, checkEvidence } from "./check-deliveries.ts";
import { requestWithRetries, itemsAt, valueAt, type BellwireApi } from "./api-client.ts";
import type { Change } from "./change.ts";
import { Client } from "./client.ts";
import { countRepeats } from "./count-repeats.ts";
import { injectFaults, isFailover, isKill, kinds, type Fault, type FaultKind } from "./faults.ts";
import { type ChaosEndpoint, endpoints, witness } from "./endpoints.ts";
import { followEvents, type Follower } from "./follow-events.ts";
import { openSetup, type Setup, type SetupKind } from "./setup.ts";
import {
  describeDue,
  enableAll,
  readDeliveries,
  readEvents,
  readFailures,
  resolveOutcome,
  waitForQuiet,
} from "./read-outcome.ts";
import { startReceivers, type Receivers } from "./start-receivers.ts";
import { watchDatabase } from "./watch-database.ts";

export interface ChaosOptions {
  readonly on: SetupKind;
  readonly minutes: number;
  readonly seed: number;
  /** Faults to run where the setup allows them. */
  readonly kinds: readonly FaultKind[];
  /** Pause between two faults. */
  readonly pauseMs: { readonly least: number; readonly most: number };
  readonly printStatus: (line: string) => void;
  /** Ends the run early, with a report of the run until then. */
  readonly stop?: AbortSignal;
  /**
   * Ends the run early: no fault follows this number of faults, and then the load ends with this number of acknowledged changes.
   * Neither number depends on the machine's speed.
   */
  readonly enough?: { readonly faults: number; readonly acknowledged: number };
}

export interface ChaosReport {
  /** A summary of one line. */
  readonly line: string;
  readonly faults: readonly Fault[];
  readonly acknowledged: number;
  /** Violations. */
  readonly violations: readonly string[];
}

const clients = 6;
/** Longer than the slowest recovery: a lease, the retry waits, and transactions that the database must end itself. */
const quietMs = 240_000;

/** Disturbs Bellwire under load, lets it drain, and accounts for every change and every request. */
export async function runChaos({
  on,
  minutes,
  seed,
  kinds: chosen,
  pauseMs,
  printStatus,
  stop,
  enough = { faults: Infinity, acknowledged: Infinity },
}: ChaosOptions): Promise<ChaosReport> {
  const random = new Random(seed);
  using receivers = await startReceivers(seed);
  await using setup = await openSetup(on, { printStatus });
  const { api } = setup;
  if (on === "one server" && !setup.disk)
    printStatus("the disk is never full here: mounting a file system of our own is not permitted");
  const endpointIds = await subscribe(api, receivers.origin, endpoints);
  await using follower = followEvents(api);
  const planId = await findPlan(api);
  const workers = Array.from(
    { length: clients },
    (_, number) => new Client(api, { random: new Random(seed + 1 + number), number, planId }),
  );

  const [faultsEnd, loadEnds] = [new AbortController(), new AbortController()];
  const end = AbortSignal.any([loadEnds.signal, AbortSignal.timeout(minutes * 60_000), ...(stop ? [stop] : [])]);
  const acknowledged = (): number =>
    workers.flatMap((worker) => worker.changes).filter(({ outcome }) => outcome === "committed").length;
  const begunMs = performance.now();
  const done: Fault[] = [];
  await using watch = watchDatabase(setup.ownerUrl);
  await Promise.all([
    ...workers.map((worker) => worker.work(end)),
    injectFaults(setup, {
      random,
      signal: AbortSignal.any([end, faultsEnd.signal]),
      kinds: chosen,
      pauseMs,
      forgetSince: (ms) => workers.forEach((worker) => worker.forgetSince(ms)),
      done: (fault) => {
        done.push(fault);
        printStatus(`${fault.kind}, ${((fault.untilMs - fault.fromMs) / 1000).toFixed(1)} s`);
        if (done.length >= enough.faults) faultsEnd.abort();
      },
    }).then(async () => {
      while (!end.aborted && acknowledged() < enough.acknowledged) await wait(100);
      loadEnds.abort();
    }),
    keepEnabled(api, end),
  ]);

  const lastedMinutes = Number(((performance.now() - begunMs) / 60_000).toFixed(1));
  printStatus("draining");
  try {
    await waitForQuiet(api, setup.ownerUrl, quietMs);
    printStatus("checking");
    await watch[Symbol.asyncDispose]();
    const faults = done.map((fault) => ({ ...fault, untilMs: watch.answeredAfter(fault.untilMs) }));
    return await evaluate({ setup, receivers, follower, endpointIds, workers, faults, lastedMinutes, seed });
  } catch (error) {
    for (const each of [...setup.webs, ...setup.engines])
      printStatus(`Last output of ${each.name}:\n${each.output.slice(-3000)}`);
    const due = await describeDue(setup.ownerUrl()).catch((unknown: unknown) => [String(unknown)]);
    printStatus(`still due:\n${due.join("\n")}`);
    throw error;
  }
}

/** Subscribes each receiver to all events. */
export async function subscribe(
  api: BellwireApi,
  origin: string,
  subscribed: readonly ChaosEndpoint[],
): Promise<ReadonlyMap<string, number>> {
  const ids = new Map<string, number>();
  for (const { name, settings } of subscribed) {
    const { status, body } = await requestWithRetries(api, "POST", "/api/v1/endpoints", {
      ...settings,
      name,
      url: `${origin}/${name}`,
      event_types: ["*"],
      provider_actions: true,
      success: "2xx",
    });
    if (status !== 201) throw new Error(`The endpoint ${name} was refused: ${JSON.stringify(body)}`);
    ids.set(name, Number(valueAt(body, "id")));
  }
  return ids;
}

async function findPlan(api: BellwireApi): Promise<number> {
  const { body } = await requestWithRetries(api, "GET", "/admin/api/application_plans.json");
  return Number(valueAt(itemsAt(body, "plans")[0], "application_plan", "id"));
}

/** Enables disabled endpoints every few seconds, like an admin: a receiver's 410 does not end its subscription. */
async function keepEnabled(api: BellwireApi, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await enableAll(api).catch(() => undefined); // tried again in the next round
    await new Promise((resolve) => setTimeout(resolve, 3000));
  }
}

interface RunResult {
  readonly setup: Setup;
  readonly receivers: Receivers;
  readonly follower: Follower;
  readonly endpointIds: ReadonlyMap<string, number>;
  readonly workers: readonly Client[];
  readonly faults: readonly Fault[];
  readonly lastedMinutes: number;
  readonly seed: number;
}

async function evaluate(result: RunResult): Promise<ChaosReport> {
  const { setup, receivers, follower, endpointIds, workers, faults, lastedMinutes, seed } = result;
  const { api } = setup;
  const changes: (Change & { isAcknowledged: boolean })[] = [];
  for (const change of workers.flatMap((worker) => worker.changes)) {
    changes.push({ ...(await resolveOutcome(api, change)), isAcknowledged: change.outcome === "committed" });
  }
  const windows = faults.flatMap(({ window }) => window ?? []);
  const failovers = { count: faults.filter(({ kind }) => isFailover(kind)).length, windows };
  const evidence: Evidence = {
    endpoints,
    events: await readEvents(api),
    deliveries: await readDeliveries(api, endpointIds),
    failures: await readFailures(api),
    received: await receivers.received(),
    followed: await follower.finish(),
    windows,
  };
  const witnessed = evidence.received.filter(({ endpoint }) => endpoint === witness);
  const markers = new Map(witnessed.map(({ eventId, marker }) => [eventId, marker]));
  const { acknowledged, lost, lostByDesign, wrong } = checkChanges(changes, evidence.events, markers, failovers);
  const repeats = countRepeats(evidence.received, faults);
  const violations = [
    ...lost,
    ...wrong,
    ...checkEvidence(evidence),
    ...repeats.wrong,
    ...workers.flatMap(({ unexpected }) => unexpected),
  ];
  const kills = faults.filter(({ kind }) => isKill(kind)).length;
  const line =
    `chaos: ${lastedMinutes} minutes, ${kills} kills, ${failovers.count} failovers, ${acknowledged} acknowledged, ${lost.length} lost, ` +
    `${lostByDesign} that an asynchronous standby did not have, ` +
    `${repeats.repeated} repeated (bound ${repeats.bound}), seed ${seed}`;
  return { line, faults, acknowledged, violations };
}

/** Counts the runs of each fault. */
export const summary = (faults: readonly Fault[]): string =>
  kinds.map((kind) => `${faults.filter((fault) => fault.kind === kind).length} × ${kind}`).join(", ");
