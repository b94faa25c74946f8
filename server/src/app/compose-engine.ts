import type { Logger } from "pino";
import type { Registry } from "prom-client";
import type { Clock } from "#platform/clock.ts";
import type { Pool } from "#platform/database/database.ts";
import { poolWithTimeout } from "#platform/database/pool.ts";
import type { Encryption } from "#platform/encryption.ts";
import { newUuidV7, randomFraction } from "#platform/ids.ts";
import { readOwnProcessMark } from "#platform/process-mark.ts";
import type { Sender } from "#webhooks/attempts/index.ts";
import { postgresLaneStore, startEngine } from "#webhooks/engine/index.ts";
import { measureAttempts } from "./metrics/measure-attempts.ts";
import { measureEngine } from "./metrics/measure-engine.ts";
import { measureLaneStore } from "./metrics/measure-lane-store.ts";

export interface EngineParts {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly encryption: Encryption;
  readonly sender: Sender;
  readonly log: Logger;
  readonly metrics: Registry;
  readonly inFlightMax: number;
  /** 0: never. */
  readonly disableAfterDays: number;
  /** How long a stop waits for receivers, asked when it begins. */
  readonly drainMs: () => number;
}

/** How long a crashed engine's lanes wait for another: long enough for a stop of the world, short enough for nobody to notice. */
const leaseMs = 10_000;
const dayMs = 86_400_000;

/** The engine of this process, woken by hints from all of them. Closing it drains it. */
export async function composeEngine(parts: EngineParts): Promise<AsyncDisposable> {
  const { pool, clock, encryption, sender, log, metrics, inFlightMax, disableAfterDays, drainMs } = parts;
  const measure = measureAttempts(metrics);
  const engine = await startEngine({
    // What takes longer than a lease comes too late: the lanes are others' by then.
    store: measureLaneStore(
      metrics,
      postgresLaneStore(poolWithTimeout(pool, clock, leaseMs), encryption, leaseMs, await readOwnProcessMark()),
      clock,
    ),
    sender,
    clock,
    log: {
      attempt: (line) => {
        measure(line);
        log.info(line, "delivery attempted");
      },
      warn: (fields, sentence) => log.warn(fields, sentence),
    },
    chance: randomFraction,
    newId: () => newUuidV7(clock.now().getTime()),
    inFlightMax,
    leaseMs,
    disableAfterMs: disableAfterDays === 0 ? Number.POSITIVE_INFINITY : disableAfterDays * dayMs,
  });
  measureEngine(metrics, engine);
  const stopDue = pool.onHint("due", (values) => engine.hintDue(values.map(Number)));
  const stopChanged = pool.onHint("endpoints", (values) => engine.hintChanged(values.map(Number)));
  return {
    async [Symbol.asyncDispose]() {
      stopDue();
      stopChanged();
      await engine.stop(drainMs());
    },
  };
}
