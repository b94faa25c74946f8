/**
 * What the Account Management API costs: reading an account, and changing one with its event and its delivery, against
 * bare routes that make one and two plain round trips to the same PostgreSQL. One process serves both, the API as the
 * product composes it; another asks, with the same client over connections that stay open, in turns.
 * Run: npm run bench -- api [seconds] [--json FILE]
 */
import { join } from "node:path";
import fastify, { type FastifyInstance } from "fastify";
import { Registry } from "prom-client";
import { composeHttp } from "../server/src/app/compose-http.ts";
import { composeSender } from "../server/src/app/compose-sender.ts";
import { providerUrls } from "../server/src/app/provider-urls.ts";
import type { Pool } from "../server/src/platform/database/database.ts";
import { createLogger } from "../server/src/platform/observability/create-logger.ts";
import { ownCpuSeconds, treeCpuSeconds } from "./cpu-seconds.ts";
import { openBenchDatabase, type BenchDatabase } from "./open-database.ts";
import { openReport } from "./open-report.ts";
import { median } from "./order-statistics.ts";
import { allowedHere, setUpPortal, signUpAccounts } from "./set-up-portal.ts";
import { measureLoad, type Load } from "./start-load.ts";

const pairs = Number(process.env.BENCH_PAIRS ?? 3);
const report = openReport("api");
const [seconds = 5] = report.numbers;
const accounts = 200;

/** Every door of the product, and a log line for each request. */
async function serveApi(pool: Pool, { encryption, folder }: BenchDatabase, running: AsyncDisposableStack) {
  const [urls, allowed] = [providerUrls("http://127.0.0.1", undefined), allowedHere()];
  const outside = { caPem: undefined, proxyUrl: undefined, inFlightMax: 1 };
  const http = await composeHttp({
    pool,
    encryption,
    sender: running.use(composeSender({ pool, urls, allowed, ...outside })),
    urls,
    log: createLogger("info", join(folder, "web.log")),
    metrics: new Registry(),
    baseDomain: undefined,
    trustedProxies: [],
    allowed,
    retryWaitsSeconds: [60],
    mailIsSent: false,
    cookieSecret: Buffer.alloc(32, 2),
    tryOutBinId: () => undefined,
  });
  return listen(http, running);
}

/** What reading and changing cost at least: routes with nothing but their statements. */
function serveBare(pool: Pool, running: AsyncDisposableStack): Promise<string> {
  const http = fastify();
  const read = "select id, org_name, state, fields from accounts where id = $1";
  const write = "update accounts set org_name = $2, updated_at = now() where id = $1";
  http.get<{ Params: { id: string } }>("/bare/:id", async ({ params }) => pool.query(read, [params.id]));
  http.put<{ Params: { id: string }; Body: { org_name: string } }>("/bare/:id", async ({ params, body }) => {
    const rows = await pool.query(read, [params.id]);
    await pool.query(write, [params.id, body.org_name]);
    return rows;
  });
  return listen(http, running);
}

async function listen(http: FastifyInstance, running: AsyncDisposableStack): Promise<string> {
  const origin = await http.listen({ host: "127.0.0.1", port: 0 });
  running.defer(() => http.close());
  return origin;
}

interface Rate {
  readonly perSecond: number;
  /** Of the serving process and PostgreSQL, for one request. What else runs on the machine moves it less than the rate. */
  readonly cpuMicroseconds: number;
}

async function measure(load: Load): Promise<Rate> {
  const cpuSeconds = (): number => ownCpuSeconds() + treeCpuSeconds(database.postgresPid);
  const before = cpuSeconds();
  const perSecond = await measureLoad(load);
  return { perSecond, cpuMicroseconds: ((cpuSeconds() - before) / (perSecond * load.seconds)) * 1e6 };
}

async function compare(method: Load["method"]): Promise<void> {
  const asked = { method, token, ids, seconds };
  const bareLoad: Load = { ...asked, origin: bareOrigin, path: "/bare", extension: "" };
  const apiLoad: Load = { ...asked, origin: apiOrigin, path: "/admin/api/accounts", extension: ".xml" };
  const [bare, api]: [Rate[], Rate[]] = [[], []];
  for (const load of [bareLoad, apiLoad]) await measure(load); // until the code is compiled and the statements are planned
  for (let pair = 0; pair < pairs; pair += 1) {
    bare.push(await measure(bareLoad));
    api.push(await measure(apiLoad));
  }
  const ratio = (of: (rate: Rate) => number): number => median(api.map((it, pair) => of(it) / of(bare[pair] ?? it)));
  const numbers = {
    "requests/s": Math.round(median(api.map((it) => it.perSecond))),
    "bare/s": Math.round(median(bare.map((it) => it.perSecond))),
    ratio: ratio((it) => it.perSecond),
    "cpu µs": Math.round(median(api.map((it) => it.cpuMicroseconds))),
    cpu: ratio((it) => it.cpuMicroseconds),
  };
  report.add(
    { title: `${method} account`, numbers },
    `api ${method} account: ${numbers["requests/s"]} requests/s, bare ${numbers["bare/s"]}/s, ` +
      `ratio ${numbers.ratio.toFixed(2)}, cpu ${numbers.cpu.toFixed(2)}`,
  );
}

await using database = await openBenchDatabase();
await using pool = await database.openAppPool();
await using running = new AsyncDisposableStack();
const token = await setUpPortal(pool, database.encryption, "http://127.0.0.1:9/hook");
const apiOrigin = await serveApi(pool, database, running);
const bareOrigin = await serveBare(pool, running);
const ids = await signUpAccounts(apiOrigin, token, accounts);
await database.owner.query("analyze"); // as autovacuum does within a minute: without statistics, plans are a guess
for (const method of ["GET", "PUT"] as const) await compare(method);
