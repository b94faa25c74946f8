/**
 * Runs a mixed load for an hour and prints every few minutes values that must not grow: memory and descriptors of both roles, sizes and
 * dead rows of all tables except history, and waiting deliveries. History grows with its deliveries until its retention ends,
 * so it is reported as bytes per delivery.
 *
 * The load: changes of accounts at a fixed rate; every fiftieth is a sign-up, with the deletion of the oldest account. One endpoint is
 * healthy, one is ordered by account, one responds to every seventh request with 500 and gets the retry after a second, and one, for
 * deletions only, hangs until the time limit. Each second, one page of an admin is read.
 *
 * Run: npm run bench -- soak [minutes] [changes per second] [--json FILE]
 */
import { readdirSync, readFileSync } from "node:fs";
import { once } from "node:events";
import { createServer } from "node:http";
import { Pool } from "undici";
import { systemClock } from "../server/src/platform/clock.ts";
import { familyOf } from "../server/test/support/processes.ts";
import { type BenchServer, startServer } from "./bellwire.ts";
import { openBenchDatabase } from "./database.ts";
import { machineMs } from "./measuring.ts";
import { setUpPortal, signUpAccounts } from "./portal.ts";
import { startBenchReceiver } from "./receiver.ts";
import { openReport } from "./report.ts";

const report = openReport("soak");
const [minutes = 60, perSecond = 20] = report.numbers;
const figures = 12;
const accounts = 200;
const histories = ["events", "payloads", "deliveries", "attempts", "failures"];
const pages = [
  "/api/v1/deliveries?limit=50",
  "/api/v1/deliveries?state=failed&limit=50",
  "/api/v1/stats?metrics=attempts,success_rate,latency_p95",
  "/api/v1/endpoints/health",
  "/api/v1/failures/groups",
  "/api/v1/events?limit=50",
];

await using opened = new AsyncDisposableStack();
const database = opened.use(await openBenchDatabase());
const receiver = opened.use(await startBenchReceiver({ origins: 2 }));
const unreliable = await startUnreliable();
opened.defer(() => unreliable.close());
const [firstOrigin = "", secondOrigin = ""] = receiver.origins;
const setUpPool = opened.use(await database.openAppPool());
const token = await setUpPortal(setUpPool, database.encryption, `${firstOrigin}/hook`);
const web = opened.use(await startServer(database, "web"));
const engine = opened.use(await startServer(database, "engine"));
const api = new Pool(web.origin, { connections: 8 });
opened.defer(() => api.destroy());

await createEndpoint({ name: "ordered", url: `${secondOrigin}/hook`, ordering: "account" });
await createEndpoint({ name: "unreliable", url: unreliable.url("/seventh"), retry_waits_seconds: [1, 1, 1, 1, 1] });
await createEndpoint({
  name: "hanging",
  url: unreliable.url("/hang"),
  timeout_seconds: 1,
  event_types: ["account.deleted"],
});
const ids = [...(await signUpAccounts(web.origin, token, accounts))];

/** Receiver of the two endpoints that do not always succeed. */
async function startUnreliable() {
  let requests = 0;
  const server = createServer((request, response) => {
    request.resume();
    if (request.url === "/hang") return;
    requests += 1;
    response.writeHead(requests % 7 === 0 ? 500 : 200).end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: (path: string) => `http://127.0.0.1:${port}${path}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

async function call(method: "GET" | "POST" | "PUT" | "DELETE", path: string, body?: object): Promise<string> {
  const answer = await api.request({
    method,
    path,
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.body.text();
  if (answer.statusCode >= 300) throw new Error(`${method} ${path} was answered with ${answer.statusCode}: ${text}`);
  return text;
}

async function createEndpoint(settings: object): Promise<void> {
  await call("POST", "/api/v1/endpoints", { format: "json", event_types: ["*"], provider_actions: true, ...settings });
}

async function change(number: number): Promise<void> {
  if (number % 50 !== 0) {
    const id = ids[number % ids.length];
    await call("PUT", `/admin/api/accounts/${id}.json`, { org_name: `Harbour ${number}` });
    return;
  }
  const signUp = { org_name: `Pier ${number}`, username: `pier${number}` };
  ids.push(Number(/"id":(\d+)/.exec(await call("POST", "/admin/api/signup.json", signUp))?.[1]));
  const oldest = ids.shift();
  await call("DELETE", `/admin/api/accounts/${oldest}.json`);
}

/** Changes one account after another at the rate. Changes of one account never overlap, because a deleted one cannot be changed. */
async function changeUntil(endMs: number): Promise<number> {
  const startedMs = machineMs();
  let number = 0;
  for (; machineMs() < endMs; number += 1) {
    const dueMs = startedMs + (number * 1000) / perSecond;
    if (dueMs > machineMs()) await systemClock.sleep(dueMs - machineMs());
    await change(number);
  }
  return number;
}

async function readPagesUntil(endMs: number): Promise<void> {
  for (let number = 0; machineMs() < endMs; number += 1) {
    await call("GET", pages[number % pages.length] ?? "/api/v1/me");
    await systemClock.sleep(1000);
  }
}

/** Returns the memory of a process and of its children, in bytes. */
async function memoryOf(pid: number): Promise<number> {
  const sizes = (await familyOf(pid)).map((member) => {
    try {
      return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${member}/status`, "utf8"))?.[1] ?? 0) * 1024;
    } catch {
      return 0; // the process has ended
    }
  });
  return sizes.reduce((sum, size) => sum + size, 0);
}

const descriptorsOf = ({ pid }: BenchServer): number => readdirSync(`/proc/${pid}/fd`).length;

const mebibytes = (bytes: number): number => Math.round((bytes / 2 ** 20) * 10) / 10;

interface Sizes {
  readonly history: number;
  readonly others: number;
  readonly dead: number;
  readonly deliveries: number;
  readonly waiting: number;
  readonly oldestSeconds: number;
}

// Statistics and job results are histories too, and small. Sizes include indexes.
async function readSizes(): Promise<Sizes> {
  const [row] = await database.owner.query<Sizes>(
    `with tables as (
       select relation.oid, coalesce(parent.relname, relation.relname) as name, pg_total_relation_size(relation.oid) as bytes,
         coalesce(stat.n_dead_tup, 0) as dead
       from pg_class relation
       left join pg_class parent on parent.oid = pg_partition_root(relation.oid)
       left join pg_stat_user_tables stat on stat.relid = relation.oid
       where relation.relkind = 'r' and relation.relnamespace = current_schema()::regnamespace
     )
     select
       sum(bytes) filter (where name = any($1))::float8 as history,
       sum(bytes) filter (where not name = any($1))::float8 as others,
       sum(dead)::float8 as dead,
       (select count(*) from deliveries) as deliveries,
       (select count(*) from due) as waiting,
       (select coalesce(extract(epoch from clock_timestamp() - min(due_at)), 0) from due)::float8 as "oldestSeconds"
     from tables`,
    [histories],
  );
  if (!row) throw new Error("The statement returned no row.");
  return row;
}

async function readFigures(): Promise<Readonly<Record<string, number>>> {
  const sizes = await readSizes();
  return {
    "web MiB": mebibytes(await memoryOf(web.pid)),
    "engine MiB": mebibytes(await memoryOf(engine.pid)),
    "web descriptors": descriptorsOf(web),
    "engine descriptors": descriptorsOf(engine),
    "other tables MiB": mebibytes(sizes.others),
    "history bytes per delivery": Math.round(sizes.history / Math.max(1, sizes.deliveries)),
    "dead rows": sizes.dead,
    waiting: sizes.waiting,
    "oldest s": Math.round(sizes.oldestSeconds),
    deliveries: sizes.deliveries,
  };
}

const endMs = machineMs() + minutes * 60_000;
const load = Promise.all([changeUntil(endMs), readPagesUntil(endMs)]);
for (let figure = 1; figure <= figures; figure += 1) {
  const atMs = endMs - (minutes * 60_000 * (figures - figure)) / figures;
  await Promise.race([systemClock.sleep(Math.max(0, atMs - machineMs())), load]);
  const numbers = await readFigures();
  const minute = Math.round((minutes * figure * 10) / figures) / 10;
  const line = Object.entries(numbers).map(([name, number]) => `${name} ${number}`);
  report.add({ title: `minute ${minute}`, numbers }, `soak minute ${minute}: ${line.join(", ")}`);
}
const [changes] = await load;
console.log(`soak: ${changes} changes in ${minutes} minutes`);
