/**
 * Measures the Account Management API: reading an account, and changing one with its event and delivery, against bare routes
 * with one and two round trips to the same PostgreSQL, on Bellwire's pool and on the driver's. One process serves all of
 * them; another one sends requests over persistent connections, in turns.
 * Run: npm run bench -- api [seconds] [--json FILE]
 */
import { join } from "node:path";
import fastify, { type FastifyInstance } from "fastify";
import pg from "pg";
import { Registry } from "prom-client";
import { createPasswordHasher, standardCost } from "../server/src/access/index.ts";
import { providerUrls } from "../server/src/app/listening.ts";
import { composeSender } from "../server/src/app/cell-contexts.ts";
import { composeHttp } from "../server/src/app/serve-http.ts";
import { systemClock } from "../server/src/platform/clock.ts";
import type { Pool } from "../server/src/platform/database/database.ts";
import { createLogger } from "../server/src/platform/logger.ts";
import { type BenchDatabase, openBenchDatabase, schema } from "./database.ts";
import { type Load, measureLoad } from "./load.ts";
import { median, ownCpuSeconds, treeCpuSeconds } from "./measuring.ts";
import { allowedHere, lookupHere, setUpPortal, signUpAccounts } from "./portal.ts";
import { openReport } from "./report.ts";

const pairs = Number(process.env.BENCH_PAIRS ?? 3);
const report = openReport("api");
const [seconds = 5] = report.numbers;
const accounts = 200;

/** Serves all interfaces of the product, with a log line per request. */
async function serveApi(pool: Pool, { encryption, folder }: BenchDatabase, running: AsyncDisposableStack) {
  const [urls, allowed, lookup] = [providerUrls("http://127.0.0.1", undefined), allowedHere(), lookupHere()];
  const outside = { caPem: undefined, proxyUrl: undefined, inFlightMax: 1 };
  const http = await composeHttp({
    pool,
    passwords: createPasswordHasher(standardCost),
    clock: systemClock,
    encryption,
    sender: running.use(composeSender({ pool, clock: systemClock, urls, allowed, lookup, ...outside })),
    urls,
    log: createLogger("info", join(folder, "web.log")),
    metrics: new Registry(),
    baseDomain: undefined,
    trustProxy: false,
    allowed,
    lookup,
    retryWaitsSeconds: [60],
    mailIsSent: false,
    cookieSecret: Buffer.alloc(32, 2),
    isTryOut: () => false,
    isStopping: () => false,
  });
  return listen(http, running);
}

type Query = (text: string, values: readonly unknown[]) => Promise<readonly unknown[]>;

/** Serves routes with only the statements of reading and changing, the lower bound of their cost. */
function serveBare(query: Query, running: AsyncDisposableStack): Promise<string> {
  const http = fastify();
  const read = "select id, org_name, state, fields from accounts where id = $1";
  const write = "update accounts set org_name = $2, updated_at = now() where id = $1";
  http.get<{ Params: { id: string } }>("/bare/:id", async ({ params }) => query(read, [params.id]));
  http.put<{ Params: { id: string }; Body: { org_name: string } }>("/bare/:id", async ({ params, body }) => {
    const rows = await query(read, [params.id]);
    await query(write, [params.id, body.org_name]);
    return rows;
  });
  return listen(http, running);
}

/** The driver's own pool with default settings. */
function queryDriver({ appUrl }: BenchDatabase, running: AsyncDisposableStack): Query {
  const driver = new pg.Pool({ connectionString: appUrl, options: `-c search_path=${schema}`, max: 10 });
  running.defer(() => driver.end());
  return async (text, values) => (await driver.query(text, [...values])).rows;
}

async function listen(http: FastifyInstance, running: AsyncDisposableStack): Promise<string> {
  const origin = await http.listen({ host: "127.0.0.1", port: 0 });
  running.defer(() => http.close());
  return origin;
}

interface Rate {
  readonly perSecond: number;
  /** Processor time of the serving process and PostgreSQL per request. Other load affects it less than the rate. */
  readonly cpuMicroseconds: number;
}

async function measure(load: Load): Promise<Rate> {
  const cpuSeconds = (): number => ownCpuSeconds() + treeCpuSeconds(database.postgresPid);
  const before = cpuSeconds();
  const perSecond = await measureLoad(load);
  return { perSecond, cpuMicroseconds: ((cpuSeconds() - before) / (perSecond * load.seconds)) * 1e6 };
}

async function compare(method: Load["method"]): Promise<void> {
  const common = { method, token, ids, seconds };
  const bareAt = (origin: string): Load => ({ ...common, origin, path: "/bare", extension: "" });
  const loads = {
    bare: bareAt(bareOrigin),
    driver: bareAt(driverOrigin),
    api: { ...common, origin: apiOrigin, path: "/admin/api/accounts", extension: ".xml" },
  };
  for (const load of Object.values(loads)) await measure(load); // warm-up: compiles code and plans statements
  const rounds: Record<keyof typeof loads, Rate>[] = [];
  for (let pair = 0; pair < pairs; pair += 1) {
    rounds.push({
      bare: await measure(loads.bare),
      api: await measure(loads.api),
      driver: await measure(loads.driver),
    });
  }
  const middle = (of: (round: (typeof rounds)[number]) => number): number => median(rounds.map(of));
  const numbers = {
    "requests/s": Math.round(middle(({ api }) => api.perSecond)),
    "bare/s": Math.round(middle(({ bare }) => bare.perSecond)),
    ratio: middle(({ api, bare }) => api.perSecond / bare.perSecond),
    "cpu µs": Math.round(middle(({ api }) => api.cpuMicroseconds)),
    cpu: middle(({ api, bare }) => api.cpuMicroseconds / bare.cpuMicroseconds),
    "driver/s": Math.round(middle(({ driver }) => driver.perSecond)),
    "ratio to driver": middle(({ api, driver }) => api.perSecond / driver.perSecond),
  };
  report.add(
    { title: `${method} account`, numbers },
    `api ${method} account: ${numbers["requests/s"]} requests/s, bare ${numbers["bare/s"]}/s, ` +
      `ratio ${numbers.ratio.toFixed(2)}, cpu ${numbers.cpu.toFixed(2)}, ratio to the driver ${numbers["ratio to driver"].toFixed(2)}`,
  );
}

await using database = await openBenchDatabase();
await using pool = await database.openAppPool();
await using running = new AsyncDisposableStack();
const token = await setUpPortal(pool, database.encryption, "http://127.0.0.1:9/hook");
const apiOrigin = await serveApi(pool, database, running);
const bareOrigin = await serveBare((text, values) => pool.query(text, values), running);
const driverOrigin = await serveBare(queryDriver(database, running), running);
const ids = await signUpAccounts(apiOrigin, token, accounts);
// No engine sends the deliveries. If their endpoint were not paused, they would be late, and each change would wait for that.
await pool.query("update endpoints set state = 'paused'");
await database.owner.query("analyze"); // without statistics the plans are guesses; autovacuum would analyze within a minute
for (const method of ["GET", "PUT"] as const) await compare(method);
