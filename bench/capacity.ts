/**
 * Measures the cost of changes and deliveries that a capacity plan needs: processor time of the roles and of PostgreSQL, bytes of
 * WAL, and bytes of history with its indexes.
 *
 * Changes through the API, first to one endpoint, then to ten. The difference is the cost of nine deliveries; what remains of the
 * first is the cost of a change with its event.
 *
 * Run: npm run bench -- capacity [changes] [--json FILE]
 */
import { Pool } from "undici";
import { systemClock } from "../server/src/platform/clock.ts";
import { startServer } from "./bellwire.ts";
import { openBenchDatabase } from "./database.ts";
import { treeCpuSeconds } from "./measuring.ts";
import { setUpPortal, signUpAccounts } from "./portal.ts";
import { startBenchReceiver } from "./receiver.ts";
import { openReport } from "./report.ts";

const report = openReport("capacity");
const [changes = 5000] = report.numbers;
const [endpoints, accounts, clients] = [10, 100, 8] as const;
const arriveWithinSeconds = 120;

const histories = ["events", "payloads", "deliveries", "attempts"] as const;

await using database = await openBenchDatabase();
using receiver = await startBenchReceiver({ origins: endpoints });
const [firstOrigin = ""] = receiver.origins;
await using setUpPool = await database.openAppPool();
const token = await setUpPortal(setUpPool, database.encryption, `${firstOrigin}/hook`);
await using web = await startServer(database, "web");
await using engine = await startServer(database, "engine");
const accountIds = await signUpAccounts(web.origin, token, accounts);
const api = new Pool(web.origin, { connections: clients });

/** Totals since the start. */
interface Totals {
  readonly webCpu: number;
  readonly engineCpu: number;
  readonly postgresCpu: number;
  readonly wal: number;
  readonly history: Readonly<Record<(typeof histories)[number], number>>;
}

async function readTotals(): Promise<Totals> {
  const sizes = await database.owner.query<{ name: (typeof histories)[number]; bytes: number }>(
    `select parent.relname as name, sum(pg_total_relation_size(inhrelid))::float8 as bytes
     from pg_inherits join pg_class parent on parent.oid = inhparent
     where parent.relname = any($1) group by 1`,
    [histories],
  );
  const [wal] = await database.owner.query<{ bytes: number }>(
    "select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::float8 as bytes",
  );
  const sizeOf = (name: string): number => sizes.find((row) => row.name === name)?.bytes ?? 0;
  return {
    webCpu: treeCpuSeconds(web.pid),
    engineCpu: treeCpuSeconds(engine.pid),
    postgresCpu: treeCpuSeconds(database.postgresPid),
    wal: wal?.bytes ?? 0,
    history: {
      events: sizeOf("events"),
      payloads: sizeOf("payloads"),
      deliveries: sizeOf("deliveries"),
      attempts: sizeOf("attempts"),
    },
  };
}

let changed = 0;

/** Sends changes, and waits until every endpoint has received each. */
async function change(count: number, receivers: number): Promise<void> {
  const goal = (await receiver.received()) + count * receivers;
  const last = changed + count;
  const client = async (): Promise<void> => {
    while (changed < last) {
      changed += 1;
      const { statusCode, body } = await api.request({
        method: "PUT",
        path: `/admin/api/accounts/${accountIds[changed % accounts]}.json`,
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
        body: JSON.stringify({ org_name: `Quay ${changed}` }),
      });
      await body.dump();
      if (statusCode !== 200) throw new Error(`A change was answered ${statusCode}.`);
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  const untilMs = performance.now() + arriveWithinSeconds * 1000;
  while ((await receiver.received()) < goal) {
    if (performance.now() > untilMs) throw new Error("Deliveries did not arrive.");
    await systemClock.sleep(50);
  }
  await systemClock.sleep(1000); // settled
}

interface Costs {
  readonly "web µs": number;
  readonly "engine µs": number;
  readonly "postgres µs": number;
  readonly "wal bytes": number;
  readonly "history bytes": number;
}

async function measure(receivers: number): Promise<Costs> {
  await database.owner.query("checkpoint");
  await change(Math.ceil(changes / 5), receivers); // whole pages follow a checkpoint
  const before = await readTotals();
  await change(changes, receivers);
  const after = await readTotals();
  const sum = (totals: Totals): number => histories.reduce((bytes, name) => bytes + totals.history[name], 0);
  const perChange = (of: (totals: Totals) => number): number => (of(after) - of(before)) / changes;
  return {
    "web µs": perChange(({ webCpu }) => webCpu * 1e6),
    "engine µs": perChange(({ engineCpu }) => engineCpu * 1e6),
    "postgres µs": perChange(({ postgresCpu }) => postgresCpu * 1e6),
    "wal bytes": perChange(({ wal }) => wal),
    "history bytes": perChange(sum),
  };
}

const single = await measure(1);
for (const [index, origin] of receiver.origins.entries()) {
  if (index === 0) continue;
  const { statusCode, body } = await api.request({
    method: "POST",
    path: "/api/v1/endpoints",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify({
      name: `capacity-${index}`,
      url: `${origin}/hook`,
      event_types: ["*"],
      provider_actions: true,
      all_actors: true,
    }),
  });
  await body.dump();
  if (statusCode !== 201) throw new Error(`An endpoint was answered ${statusCode}.`);
}
const ten = await measure(endpoints);

const units: readonly (keyof Costs)[] = ["web µs", "engine µs", "postgres µs", "wal bytes", "history bytes"];
const costs = (of: (unit: keyof Costs) => number): Record<string, number> =>
  Object.fromEntries(units.map((unit) => [unit, Math.round(of(unit))]));
const perDelivery = (unit: keyof Costs): number => (ten[unit] - single[unit]) / (endpoints - 1);
const rows = [
  { title: "a change with its event", numbers: costs((unit) => single[unit] - perDelivery(unit)) },
  { title: "a delivery", numbers: costs(perDelivery) },
];
for (const row of rows) {
  const text = Object.entries(row.numbers).map(([name, number]) => `${name} ${number}`);
  report.add(row, `${row.title}: ${text.join(", ")}`);
}
await api.close();
