import type { NotMade } from "#webhooks/attempts/index.ts";
import type { AttemptOutcome } from "#webhooks/deliveries/index.ts";
import type { EngineNeeds } from "#webhooks/engine/index.ts";
import type { Random } from "./random.ts";
import type { AttemptMonitor } from "./attempt-monitor.ts";
import type { SimulatedProcess } from "./simulated-process.ts";
import type { SimulatedTime } from "./simulated-time.ts";

/** Behaviour of a receiver during a period. */
export const behaviours = [
  "healthy",
  "healthy",
  "slow",
  "failing",
  "refusing",
  "hanging",
  "busy",
  "gone",
  "mixed",
  "exhausted",
] as const;
export type ReceiverBehaviour = (typeof behaviours)[number];

/** Endpoints share two hosts. */
export const hostOf = (endpointId: number): string => `receiver-${endpointId % 2}.test`;
export const urlOf = (endpointId: number): string => `http://${hostOf(endpointId)}/${endpointId}`;
const endpointIdOf = (url: string): number => Number(url.slice(url.lastIndexOf("/") + 1));

export interface Network {
  readonly time: SimulatedTime;
  readonly random: Random;
  readonly behaviours: ReadonlyMap<number, ReceiverBehaviour>;
  readonly monitor: AttemptMonitor;
}

const answered = (
  status: number,
  latencyMs: number,
  headers: Readonly<Record<string, string>> = {},
): AttemptOutcome => ({
  kind: "answered",
  status,
  headers,
  body: Buffer.alloc(0),
  latencyMs,
});

/** Attempts that the sending process cannot make, because it lacks descriptors or ports. No receiver sees them. */
const notMade: readonly [NotMade, NotMade] = [
  { kind: "not-made", code: "EMFILE", resource: "descriptors" },
  { kind: "not-made", code: "EADDRNOTAVAIL", resource: "ports" },
];

function outcomeOf(
  behaviour: Exclude<ReceiverBehaviour, "exhausted">,
  random: Random,
  timeoutSeconds: number,
): AttemptOutcome {
  const quickMs = random.between(1, 60);
  switch (behaviour) {
    case "healthy":
      return answered(200, quickMs);
    case "slow":
      return answered(200, Math.min(random.between(500, 3000), timeoutSeconds * 1000 - 1));
    case "failing":
      return answered(500, quickMs);
    case "refusing":
      return { kind: "unreachable", code: "ECONNREFUSED", reason: "Nobody listens there", latencyMs: quickMs };
    case "hanging":
      return { kind: "timed-out", afterSeconds: timeoutSeconds, phase: "answer", latencyMs: timeoutSeconds * 1000 };
    case "busy":
      return answered(random.pick([429, 503]), quickMs, { "retry-after": String(random.between(1, 4)) });
    case "gone":
      return answered(410, quickMs);
    case "mixed":
      return outcomeOf(
        random.pick(["healthy", "slow", "failing", "refusing", "hanging", "busy"]),
        random,
        timeoutSeconds,
      );
  }
}

/** The network of one process, which observes each attempt from its start to its answer. */
export function simulatedNetwork(
  { time, random, behaviours: current, monitor }: Network,
  process: SimulatedProcess,
): EngineNeeds["sender"] {
  return {
    // Half of the hosts are addresses. Look-ups of the others are quick, slow, or, while receivers misbehave, time out.
    resolve: (url) =>
      endpointIdOf(url) % 2 === 0
        ? undefined
        : new Promise((resolve) => {
            time.after(random.pick([0, 0, 0, random.between(0, 50), current.size > 0 ? 3000 : 0]), () =>
              process.deliver(resolve),
            );
          }),
    send: (request) =>
      new Promise((resolve) => {
        const endpointId = endpointIdOf(request.url);
        const behaviour = current.get(endpointId) ?? "healthy";
        if (behaviour === "exhausted") {
          time.after(random.between(0, 3), () => process.deliver(() => resolve(random.pick(notMade))));
          return;
        }
        const outcome = outcomeOf(behaviour, random, request.timeoutSeconds);
        const observed = monitor.start(process, endpointId, request);
        time.after(outcome.latencyMs, () =>
          process.deliver(() => {
            monitor.end(observed, outcome);
            resolve(outcome);
          }),
        );
      }),
  };
}
