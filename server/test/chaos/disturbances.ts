import { setTimeout as wait } from "node:timers/promises";
import type { Random } from "../simulation/random.ts";
import type { Ground } from "./ground.ts";
import { wallMs } from "./received-request.ts";

/** Something bad that was done, and when it began and was over. */
export interface Disturbance {
  readonly kind: Kind;
  readonly fromMs: number;
  /** When it was over, and the database answered. */
  readonly untilMs: number;
}

export const kinds = [
  "web killed",
  "engine killed",
  "engine set to a wrong time and killed",
  "database killed",
  "all killed",
  "engine frozen",
  "connections cut",
  "connections silent",
  "disk full",
] as const;
export type Kind = (typeof kinds)[number];

export const isKill = (kind: Kind): boolean => kind.endsWith("killed");

const dayMs = 86_400_000;

/** Beyond the ten seconds of an engine's lease, so that the other one has taken its lanes when it wakes. */
const frozenSeconds = { least: 11, most: 15 };

/** Does one after another until `signal` aborts, with a pause between them in which much or little may have recovered. */
export async function disturb(
  ground: Ground,
  { random, signal, kinds: chosen, pauseMs, done }: DisturbOptions,
): Promise<void> {
  const possible = chosen.filter((kind) => kind !== "disk full" || ground.disk);
  let order: Kind[] = [];
  while (!signal.aborted) {
    await wait(random.between(pauseMs.least, pauseMs.most), undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    // Each kind once, in any order, before the first comes again: a short run sees all that it has time for.
    if (order.length === 0) order = possible.toSorted(() => random.next() - 0.5);
    const kind = order.shift() ?? "engine killed";
    const fromMs = wallMs();
    await acts[kind](ground, random, signal);
    done({ kind, fromMs, untilMs: wallMs() });
  }
}

export interface DisturbOptions {
  readonly random: Random;
  readonly signal: AbortSignal;
  readonly kinds: readonly Kind[];
  readonly pauseMs: { readonly least: number; readonly most: number };
  readonly done: (disturbance: Disturbance) => void;
}

type Act = (ground: Ground, random: Random, signal: AbortSignal) => Promise<void>;

/** Cut short when the run is over. */
const last = async (seconds: number, signal: AbortSignal): Promise<void> => {
  await wait(seconds * 1000, undefined, { signal }).catch(() => undefined);
};

const acts: Readonly<Record<Kind, Act>> = {
  "web killed": async ({ web }) => web.signal("SIGKILL"),
  "engine killed": async ({ engines }, random) => random.pick(engines).signal("SIGKILL"),
  async "engine set to a wrong time and killed"(ground, random) {
    const engine = random.pick(ground.engines);
    ground.setClock(engine, random.pick([-60, -1, 0, 1, 60]) * dayMs);
    engine.signal("SIGKILL");
  },
  "database killed": (ground) => ground.killPostgres(),
  async "all killed"(ground) {
    const killed = ground.killPostgres();
    for (const it of [ground.web, ...ground.engines]) it.signal("SIGKILL");
    await killed;
  },
  async "engine frozen"({ engines }, random) {
    const engine = random.pick(engines);
    engine.signal("SIGSTOP");
    await wait(random.between(frozenSeconds.least, frozenSeconds.most) * 1000);
    engine.signal("SIGCONT");
  },
  "connections cut": async ({ line }) => line.cut(),
  async "connections silent"({ line }, random, signal) {
    line.silence();
    await last(random.between(1, 15), signal);
    line.speak({ forgets: random.happens(0.5) });
  },
  async "disk full"({ disk }, random, signal) {
    await disk?.fill();
    await last(random.between(2, 8), signal);
    await disk?.makeRoom();
  },
};
