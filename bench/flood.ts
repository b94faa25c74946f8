/**
 * Floods a bin, with streams of its view that are never read. Reports the latency of /healthz of the same process, its
 * memory, and the size of the data directory. Takes about a minute.
 * Run: npm run bench -- flood [posts of the last flood] [--json FILE]
 */
import { execFileSync, fork } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { get } from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { createBin } from "../server/src/request-bin/index.ts";
import { startServer } from "./bellwire.ts";
import { openBenchDatabase } from "./database.ts";
import type { Attack, Statuses } from "./flood-process.ts";
import { percentile } from "./measuring.ts";
import { setUpPortal } from "./portal.ts";
import { openReport } from "./report.ts";

const report = openReport("flood");
const [posts = 2100] = report.numbers;
const pollEveryMs = 25;

await using database = await openBenchDatabase();
await using pool = await database.openAppPool();
const token = await setUpPortal(pool, database.encryption, "http://127.0.0.1:9/");
const [provider] = await pool.query<{ providerId: number }>(`select id as "providerId" from providers`);
if (!provider) throw new Error("There is a provider.");
const bins = await pool.inTransaction(async (tx) => [await createBin(tx, provider), await createBin(tx, provider)]);
await using server = await startServer(database, "web");
const [bytesBin, jsonBin] = bins.map(({ id, viewKey }) => ({
  url: `${server.origin}/bins/${id}`,
  list: `${server.origin}/api/v1/bins/${id}/requests?limit=200`,
  stream: `${server.origin}/bins/${id}/view/stream?key=${viewKey}&after=0`,
}));
if (!bytesBin || !jsonBin) throw new Error("Both bins were made.");

const memoryMiB = (): number =>
  Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${server.pid}/status`, "utf8"))?.[1]) / 1024;
const dataMiB = (): number => Number(execFileSync("du", ["-sm", database.folder], { encoding: "utf8" }).split("\t")[0]);

/** Requests /healthz on a new connection, like a load balancer. */
async function askHealth(): Promise<number> {
  const startedMs = performance.now();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  get(`${server.origin}/healthz`, { agent: false }, (response) => response.resume().once("close", resolve)).once(
    "error",
    reject,
  );
  await promise;
  return performance.now() - startedMs;
}

async function run(attack: Attack): Promise<Statuses> {
  const program = fileURLToPath(new URL("flood-process.ts", import.meta.url));
  const child = fork(program, [JSON.stringify(attack)]);
  const ended = once(child, "exit");
  const [statuses]: Statuses[] = await once(child, "message");
  await ended;
  return statuses ?? {};
}

/** Measures while the step runs, and adds a row with the results. */
async function measure(title: string, step: () => Promise<Statuses>): Promise<void> {
  const health: number[] = [];
  let [peakMiB, isOver] = [0, false];
  const polling = (async () => {
    while (!isOver) {
      health.push(await askHealth());
      peakMiB = Math.max(peakMiB, memoryMiB());
      await wait(pollEveryMs);
    }
  })();
  const startedMs = performance.now();
  const statuses = await step();
  const seconds = (performance.now() - startedMs) / 1000;
  isOver = true;
  await polling;
  const numbers = {
    "healthz p50 ms": percentile(health, 0.5),
    "healthz p99 ms": percentile(health, 0.99),
    "healthz max ms": Math.max(...health),
    "memory MiB": Math.round(peakMiB),
    "data MiB": dataMiB(),
    seconds,
  };
  const told = Object.entries(numbers).map(([name, number]) => `${name} ${Math.round(number * 10) / 10}`);
  report.add({ title, numbers }, `${title}: ${told.join(", ")} ${JSON.stringify(statuses)}`);
}

async function list(url: string): Promise<Statuses> {
  const answer = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
  await answer.arrayBuffer();
  return { [answer.status]: 1 };
}

const nothing = (ms: number) => async (): Promise<Statuses> => {
  await wait(ms);
  return {};
};
/** Addresses of two networks, so that the limits of the senders are independent. */
const flood = (url: string, body: "bytes" | "json", count: number) => () =>
  run({ kind: "posts", url, body, count, from: body === "bytes" ? "127.0.0.1" : "127.0.0.2" });
const streams = (url: string) => () => run({ kind: "streams", url, count: 40, ms: 12_000 });

await measure("idle", nothing(3000));
await measure("200 posts of 1 MiB", flood(bytesBin.url, "bytes", 200));
await measure("one list of 200", () => list(bytesBin.list));
await measure("40 streams that never read", streams(bytesBin.stream));
await measure("200 posts of 64 KiB of JSON", flood(jsonBin.url, "json", 200));
await measure("40 streams of JSON that never read", streams(jsonBin.stream));
await measure(`${posts} posts of 1 MiB`, flood(bytesBin.url, "bytes", posts));
await measure("idle afterwards", nothing(5000));
