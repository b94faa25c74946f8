import { join } from "node:path";
import { Registry } from "prom-client";
import { composeEngine } from "../server/src/app/compose-engine.ts";
import { systemClock } from "../server/src/platform/clock/clock.ts";
import { createLogger } from "../server/src/platform/observability/create-logger.ts";
import type { Lookup } from "../server/src/platform/network/resolve-target.ts";
import { createSender } from "../server/src/webhooks/attempts/index.ts";
import type { BenchDatabase } from "./open-database.ts";
import { allowedHere, lookupHere } from "./set-up-portal.ts";

/** In this process, with everything that the product's has: guard, windows, metrics, and a log line for each attempt. */
export async function startEngineHere(
  database: BenchDatabase,
  inFlightMax: number,
  lookup: Lookup = lookupHere(),
): Promise<AsyncDisposable> {
  await using opened = new AsyncDisposableStack();
  const pool = opened.use(await database.openAppPool());
  const connectionsMax = inFlightMax;
  const sender = opened.use(
    createSender({
      clock: systemClock,
      userAgent: "Bellwire/bench",
      allowed: allowedHere(),
      lookup,
      connectionsMax,
    }),
  );
  const log = createLogger("info", join(database.folder, "engine.log"));
  const { encryption } = database;
  opened.use(
    await composeEngine({
      pool,
      clock: systemClock,
      encryption,
      sender,
      log,
      metrics: new Registry(),
      inFlightMax,
      disableAfterDays: 0,
      drainMs: () => 12_000,
    }),
  );
  return opened.move();
}
