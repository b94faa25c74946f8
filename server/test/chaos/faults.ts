import { setTimeout as wait } from "node:timers/promises";
import type { Random } from "../simulation/random.ts";
import type { Setup } from "./setup.ts";
import { wallMs } from "./received-request.ts";

/** A fault, with its start and end. */
export interface Fault {
  readonly kind: FaultKind;
  readonly fromMs: number;
  /** When it had ended and the database answered. */
  readonly untilMs: number;
  /** Set if changes may be lost. */
  readonly window?: LossWindow;
}

/** The time before a failover whose commits the new primary may lack. All times are of the wall clock. */
export interface LossWindow {
  /** Commit time of the last transaction that the standby replayed: it has everything that was acknowledged before. */
  readonly replayedMs: number;
  /** After the old primary was gone: from then on clients do not change the accounts that they changed since `replayedMs`. */
  readonly forgottenMs: number;
  /** When connections reached the new primary. Later answers are the new primary's. */
  readonly movedMs: number;
}

export const kinds = [
  "web killed",
  "web frozen",
  "engine killed",
  "engine set to a wrong time and killed",
  "database killed",
  "all killed",
  "engine frozen",
  "connections cut",
  "connections silent",
  "disk full",
  "failover to a synchronous standby",
  "failover to an asynchronous standby",
] as const;
export type FaultKind = (typeof kinds)[number];

export const isKill = (kind: FaultKind): boolean => kind.endsWith("killed");
export const isFailover = (kind: FaultKind): boolean => kind.startsWith("failover");

/** Returns whether the setup has the part that is disturbed. */
function canBeDone(kind: FaultKind, { disk, pair, killPostgres }: Setup): boolean {
  if (kind === "disk full") return disk !== undefined;
  if (isFailover(kind)) return pair !== undefined;
  return killPostgres !== undefined || (kind !== "database killed" && kind !== "all killed");
}

const dayMs = 86_400_000;

/** Longer than an engine's lease of 10 s, so that the other engine owns its lanes when it wakes. */
const frozenSeconds = { least: 11, most: 15 };

/** Runs one fault after another until `signal` aborts, with a random pause for a full or partial recovery. */
export async function injectFaults(
  setup: Setup,
  { random, signal, kinds: chosen, pauseMs, forgetSince, done }: FaultOptions,
): Promise<void> {
  const possible = chosen.filter((kind) => canBeDone(kind, setup));
  let order: FaultKind[] = [];
  while (!signal.aborted) {
    await wait(random.between(pauseMs.least, pauseMs.most), undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    // Shuffles all kinds before repeating one, so that a short run covers as many as it has time for.
    if (order.length === 0) order = possible.toSorted(() => random.next() - 0.5);
    const kind = order.shift() ?? "engine killed";
    const fromMs = wallMs();
    const window = await injections[kind](setup, random, { signal, forgetSince });
    done({ kind, fromMs, untilMs: wallMs(), ...(window && { window }) });
  }
}

export interface FaultOptions {
  readonly random: Random;
  readonly signal: AbortSignal;
  readonly kinds: readonly FaultKind[];
  readonly pauseMs: { readonly least: number; readonly most: number };
  /** Makes clients stop changing the accounts that they changed since: those changes may be lost. */
  readonly forgetSince: (ms: number) => void;
  readonly done: (fault: Fault) => void;
}

type Injection = (
  setup: Setup,
  random: Random,
  run: Pick<FaultOptions, "signal" | "forgetSince">,
) => Promise<LossWindow | undefined>;

/** Cut short when the run is over. */
const waitUnlessStopped = async (seconds: number, signal: AbortSignal): Promise<void> => {
  await wait(seconds * 1000, undefined, { signal }).catch(() => undefined);
};

const injections: Readonly<Record<FaultKind, Injection>> = {
  async "web killed"({ webs }, random) {
    random.pick(webs).signal("SIGKILL");
    return undefined;
  },
  async "web frozen"({ webs }, random) {
    const web = random.pick(webs);
    web.signal("SIGSTOP");
    await wait(random.between(1, frozenSeconds.most) * 1000);
    web.signal("SIGCONT");
    return undefined;
  },
  async "engine killed"({ engines }, random) {
    random.pick(engines).signal("SIGKILL");
    return undefined;
  },
  async "engine set to a wrong time and killed"(setup, random) {
    const engine = random.pick(setup.engines);
    setup.setClock(engine, random.pick([-60, -1, 0, 1, 60]) * dayMs);
    engine.signal("SIGKILL");
    return undefined;
  },
  async "database killed"({ killPostgres }) {
    await killPostgres?.();
    return undefined;
  },
  async "all killed"({ killPostgres, webs, engines }) {
    const killed = killPostgres?.();
    for (const each of [...webs, ...engines]) each.signal("SIGKILL");
    await killed;
    return undefined;
  },
  async "engine frozen"({ engines }, random) {
    const engine = random.pick(engines);
    engine.signal("SIGSTOP");
    await wait(random.between(frozenSeconds.least, frozenSeconds.most) * 1000);
    engine.signal("SIGCONT");
    return undefined;
  },
  async "connections cut"({ line }) {
    line.cut();
    return undefined;
  },
  async "connections silent"({ line }, random, { signal }) {
    line.silence();
    await waitUnlessStopped(random.between(1, 15), signal);
    line.speak({ forgets: random.happens(0.5) });
    return undefined;
  },
  async "disk full"({ disk }, random, { signal }) {
    await disk?.fill();
    await waitUnlessStopped(random.between(2, 8), signal);
    await disk?.makeRoom();
    return undefined;
  },
  async "failover to a synchronous standby"({ pair, line }, random, { signal }) {
    if (!pair) return undefined;
    await pair.makeSynchronous();
    await waitUnlessStopped(random.between(0, 3), signal);
    if (random.happens(0.5)) line.silence(); // as if the host were gone; otherwise connections end
    await pair.primary.kill();
    await pair.promote();
    line.moveTo(pair.standby.socketPath);
    await pair.replaceStandby();
    return undefined;
  },
  async "failover to an asynchronous standby"({ pair, line }, random, { signal, forgetSince }) {
    if (!pair) return undefined;
    const caughtUpMs = wallMs();
    await pair.catchUp();
    const resume = await pair.freezeReceiver();
    await waitUnlessStopped(random.between(0, 3), signal);
    if (random.happens(0.5)) line.silence();
    await pair.primary.kill();
    forgetSince(caughtUpMs);
    const forgottenMs = wallMs();
    resume();
    await pair.promote();
    const replayedMs = Math.max(caughtUpMs, await pair.lastReplayedMs());
    const movedMs = wallMs();
    line.moveTo(pair.standby.socketPath);
    await pair.replaceStandby();
    return { replayedMs, forgottenMs, movedMs };
  },
};
