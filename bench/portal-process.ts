/**
 * One or both roles of `bellwire serve`. Records the times of commits, before their hints. Sends its origin, and on request
 * the times since the last request.
 */
import { Registry } from "prom-client";
import { createPasswordHasher, standardCost } from "../server/src/access/index.ts";
import { providerUrls } from "../server/src/app/listening.ts";
import { composeEngine } from "../server/src/app/engine-role.ts";
import { composeSender } from "../server/src/app/cell-contexts.ts";
import { composeHttp } from "../server/src/app/serve-http.ts";
import { systemClock } from "../server/src/platform/clock.ts";
import type { Pool } from "../server/src/platform/database/database.ts";
import { openPool } from "../server/src/platform/database/pool.ts";
import { createEncryption } from "../server/src/platform/encryption.ts";
import { createLogger } from "../server/src/platform/logger.ts";
import { secretKey } from "./database.ts";
import { machineMs } from "./measuring.ts";
import { type PortalProcess, allowedHere, lookupHere } from "./portal.ts";

const { databaseUrl, logFile, nameServers, roles, baseDomain }: PortalProcess = JSON.parse(process.argv[2] ?? "");
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
const urls = providerUrls("http://127.0.0.1", baseDomain);
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

async function listen(): Promise<string> {
  const http = await composeHttp({
    ...parts,
    passwords: createPasswordHasher(standardCost),
    urls,
    allowed,
    lookup,
    baseDomain,
    trustProxy: false,
    retryWaitsSeconds: [60],
    mailIsSent: false,
    cookieSecret: Buffer.alloc(32, 2),
    isTryOut: () => false,
    isStopping: () => false,
  });
  running.defer(() => http.close());
  return http.listen({ host: "127.0.0.1", port: 0 });
}

const running = new AsyncDisposableStack();
running.use(pool);
running.use(sender);
if (roles.includes("engine")) running.use(await composeEngine(parts));
const origin = roles.includes("web") ? await listen() : "";

process.on("message", () => process.send?.(committedMs.splice(0)));
process.once("disconnect", () => void running.disposeAsync().finally(() => process.exit()));
process.send?.({ origin });
