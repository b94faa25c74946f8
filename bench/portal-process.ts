/**
 * Both roles in one process, as in `bellwire serve`. Records the times of commits, before their hints. Sends its origin, and
 * on request the times since the last request.
 */
import { Registry } from "prom-client";
import { createPasswordHasher, standardCost } from "../server/src/access/index.ts";
import { providerUrls } from "../server/src/app/addresses.ts";
import { composeEngine } from "../server/src/app/engine-role.ts";
import { composeSender } from "../server/src/app/cell-parts.ts";
import { composeHttp } from "../server/src/app/serve-http.ts";
import { systemClock } from "../server/src/platform/clock.ts";
import type { Pool } from "../server/src/platform/database/database.ts";
import { openPool } from "../server/src/platform/database/pool.ts";
import { createEncryption } from "../server/src/platform/encryption.ts";
import { createLogger } from "../server/src/platform/logger.ts";
import { secretKey } from "./database.ts";
import { machineMs } from "./measuring.ts";
import { allowedHere, lookupHere } from "./portal.ts";

const [databaseUrl = "", logFile = "", ...nameServers] = process.argv.slice(2);
const inFlightMax = 200;
const pool = await openPool({ connectionString: databaseUrl, schema: "bellwire" });
const committedMs: number[] = [];
const watched: Pool = {
  ...pool,
  async inTransaction(work) {
    const result = await pool.inTransaction(work);
    committedMs.push(machineMs());
    return result;
  },
};
const log = createLogger("info", logFile);
const encryption = createEncryption([secretKey]);
const urls = providerUrls("http://127.0.0.1", undefined);
const allowed = allowedHere();
const lookup = lookupHere(nameServers);
const sender = composeSender({
  pool,
  clock: systemClock,
  urls,
  allowed,
  lookup,
  caPem: undefined,
  proxyUrl: undefined,
  inFlightMax,
});
const parts = {
  pool: watched,
  clock: systemClock,
  encryption,
  sender,
  log,
  metrics: new Registry(),
  inFlightMax,
  disableAfterDays: 0,
  drainMs: () => 12_000,
};
const engine = await composeEngine(parts);
const http = await composeHttp({
  ...parts,
  passwords: createPasswordHasher(standardCost),
  urls,
  allowed,
  lookup,
  baseDomain: undefined,
  trustedProxies: [],
  retryWaitsSeconds: [60],
  mailIsSent: false,
  cookieSecret: Buffer.alloc(32, 2),
  isTryOut: () => false,
  isStopping: () => false,
});
const origin = await http.listen({ host: "127.0.0.1", port: 0 });

process.on("message", () => process.send?.(committedMs.splice(0)));
process.once("disconnect", () => {
  void http
    .close()
    .then(() => engine[Symbol.asyncDispose]())
    .then(() => sender[Symbol.asyncDispose]())
    .then(() => pool[Symbol.asyncDispose]())
    .finally(() => process.exit());
});
process.send?.({ origin });
