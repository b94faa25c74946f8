import { Random } from "../simulation/random.ts";
import { accountForChanges } from "./account-for-changes.ts";
import {
  accountForDeliveries,
  accountForFollower,
  findChangedBytes,
  findEarly,
  findOvertaking,
  findReusedNumbers,
  type Evidence,
} from "./account-for-deliveries.ts";
import { askPatiently, itemsAt, valueAt, type BellwireApi } from "./ask-bellwire.ts";
import type { Change } from "./change.ts";
import { Client } from "./client.ts";
import { countRepeats } from "./count-repeats.ts";
import { disturb, isFailover, isKill, kinds, type Disturbance, type Kind } from "./disturbances.ts";
import { endpoints, witness } from "./endpoints.ts";
import { followEvents, type Follower } from "./follow-events.ts";
import { prepareGround, type Ground, type GroundKind } from "./ground.ts";
import {
  describeDue,
  enableAll,
  readDeliveries,
  readEvents,
  readFailures,
  settleFate,
  waitForQuiet,
} from "./read-outcome.ts";
import { startReceivers, type Receivers } from "./start-receivers.ts";
import { watchDatabase } from "./watch-database.ts";

export interface ChaosOptions {
  readonly on: GroundKind;
  readonly minutes: number;
  readonly seed: number;
  /** Disturbances to run where the setup allows them. */
  readonly kinds: readonly Kind[];
  /** Pause between two disturbances. */
  readonly pauseMs: { readonly least: number; readonly most: number };
  readonly printStatus: (line: string) => void;
  /** Ends the run early, with an account of what happened until then. */
  readonly stop?: AbortSignal;
}

export interface ChaosReport {
  /** A summary of one line. */
  readonly line: string;
  readonly disturbances: readonly Disturbance[];
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
}: ChaosOptions): Promise<ChaosReport> {
  const random = new Random(seed);
  using receivers = await startReceivers(seed);
  await using ground = await prepareGround(on);
  const { api } = ground;
  if (on === "one server" && !ground.disk)
    printStatus("the disk is never full here: mounting a file system of our own is not permitted");
  const endpointIds = await subscribe(api, receivers.origin);
  await using follower = followEvents(api);
  const planId = await findPlan(api);
  const workers = Array.from(
    { length: clients },
    (_, number) => new Client(api, { random: new Random(seed + 1 + number), number, planId }),
  );

  const end = AbortSignal.any([AbortSignal.timeout(minutes * 60_000), ...(stop ? [stop] : [])]);
  const done: Disturbance[] = [];
  await using watch = watchDatabase(ground.ownerUrl);
  await Promise.all([
    ...workers.map((worker) => worker.work(end)),
    disturb(ground, {
      random,
      signal: end,
      kinds: chosen,
      pauseMs,
      forgetSince: (ms) => workers.forEach((worker) => worker.forgetSince(ms)),
      done: (it) => {
        done.push(it);
        printStatus(`${it.kind}, ${((it.untilMs - it.fromMs) / 1000).toFixed(1)} s`);
      },
    }),
    keepEnabled(api, end),
  ]);

  printStatus("coming to rest");
  try {
    await waitForQuiet(api, ground.ownerUrl, quietMs);
    printStatus("accounting");
    await watch[Symbol.asyncDispose]();
    const disturbances = done.map((it) => ({ ...it, untilMs: watch.answeredAfter(it.untilMs) }));
    return await account({ ground, receivers, follower, endpointIds, workers, disturbances, minutes, seed });
  } catch (error) {
    for (const it of [ground.web, ...ground.engines]) printStatus(`${it.name} said at last:\n${it.said.slice(-3000)}`);
    printStatus(`still due:\n${(await describeDue(ground.ownerUrl())).join("\n")}`);
    throw error;
  }
}

/** Subscribes each receiver to everything. */
async function subscribe(api: BellwireApi, origin: string): Promise<ReadonlyMap<string, number>> {
  const ids = new Map<string, number>();
  for (const { name, settings } of endpoints) {
    const { status, body } = await askPatiently(api, "POST", "/api/v1/endpoints", {
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
  const { body } = await askPatiently(api, "GET", "/admin/api/application_plans.json");
  return Number(valueAt(itemsAt(body, "plans")[0], "application_plan", "id"));
}

/** Enables disabled endpoints every few seconds, like an admin: a receiver's 410 does not end its subscription. */
async function keepEnabled(api: BellwireApi, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await enableAll(api).catch(() => undefined); // tried again in the next round
    await new Promise((resolve) => setTimeout(resolve, 3000));
  }
}

interface Remains {
  readonly ground: Ground;
  readonly receivers: Receivers;
  readonly follower: Follower;
  readonly endpointIds: ReadonlyMap<string, number>;
  readonly workers: readonly Client[];
  readonly disturbances: readonly Disturbance[];
  readonly minutes: number;
  readonly seed: number;
}

async function account(remains: Remains): Promise<ChaosReport> {
  const { ground, receivers, follower, endpointIds, workers, disturbances, minutes, seed } = remains;
  const { api } = ground;
  const changes: (Change & { isAcknowledged: boolean })[] = [];
  for (const change of workers.flatMap((worker) => worker.changes)) {
    changes.push({ ...(await settleFate(api, change)), isAcknowledged: change.fate === "made" });
  }
  const windows = disturbances.flatMap(({ window }) => window ?? []);
  const failovers = { count: disturbances.filter(({ kind }) => isFailover(kind)).length, windows };
  const evidence: Evidence = {
    endpoints,
    events: await readEvents(api),
    deliveries: await readDeliveries(api, endpointIds),
    failures: await readFailures(api),
    received: await receivers.received(),
    followed: await follower.finish(),
    windows,
  };
  const heard = evidence.received.filter(({ endpoint }) => endpoint === witness);
  const markers = new Map(heard.map(({ eventId, marker }) => [eventId, marker]));
  const { acknowledged, lost, lostByDesign, wrong } = accountForChanges(changes, evidence.events, markers, failovers);
  const repeats = countRepeats(evidence.received, disturbances);
  const violations = [
    ...lost,
    ...wrong,
    ...accountForDeliveries(evidence),
    ...accountForFollower(evidence),
    ...findReusedNumbers(evidence),
    ...findChangedBytes(evidence),
    ...findEarly(evidence),
    ...findOvertaking(evidence),
    ...repeats.wrong,
    ...workers.flatMap(({ unexpected }) => unexpected),
  ];
  const kills = disturbances.filter(({ kind }) => isKill(kind)).length;
  const line =
    `chaos: ${minutes} minutes, ${kills} kills, ${failovers.count} failovers, ${acknowledged} acknowledged, ${lost.length} lost, ` +
    `${lostByDesign} that an asynchronous standby did not have, ` +
    `${repeats.repeated} repeated (bound ${repeats.bound}), seed ${seed}`;
  return { line, disturbances, acknowledged, violations };
}

/** Counts the runs of each disturbance. */
export const summary = (disturbances: readonly Disturbance[]): string =>
  kinds.map((kind) => `${disturbances.filter((it) => it.kind === kind).length} × ${kind}`).join(", ");
