/**
 * Floods one provider: a bin, streams of its view that are never read, its sign-in with wrong passwords, and its sign-up.
 * Reports the latency of /healthz of the same process and of requests to another provider, an API read and an admin's
 * sign-in, and the memory and the size of the data directory. Takes about two minutes.
 * Run: npm run bench -- flood [posts of the last flood] [--json FILE]
 */
import { execFileSync, fork } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { type OutgoingHttpHeaders, get } from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { createBin } from "../server/src/request-bin/index.ts";
import { startServer } from "./bellwire.ts";
import { openBenchDatabase } from "./database.ts";
import type { Attack, Statuses } from "./flood-process.ts";
import { type FormRequest, submitForm } from "./forms.ts";
import { percentile } from "./measuring.ts";
import { adminLogin, setUpPortal } from "./portal.ts";
import { openReport } from "./report.ts";

const report = openReport("flood");
const [posts = 2100] = report.numbers;
const pollEveryMs = 25;

await using database = await openBenchDatabase();
await using pool = await database.openAppPool();
const nowhere = "http://127.0.0.1:9/";
const token = await setUpPortal(pool, database.encryption, nowhere);
const [provider] = await pool.query<{ providerId: number }>(`select id as "providerId" from providers`);
if (!provider) throw new Error("There is a provider.");
const neighbourToken = await setUpPortal(pool, database.encryption, nowhere, "neighbour");
const bins = await pool.inTransaction(async (tx) => [await createBin(tx, provider), await createBin(tx, provider)]);
const baseDomain = "flood.test";
await using server = await startServer(database, "web", {
  BELLWIRE_BASE_DOMAIN: baseDomain,
  BELLWIRE_TRUSTED_PROXIES: "127.0.0.1",
});
const developerHost = `bench.${baseDomain}`;
const adminHost = `bench-admin.${baseDomain}`;
const neighbourHost = `neighbour-admin.${baseDomain}`;
const [bytesBin, jsonBin] = bins.map(({ id, viewKey }) => ({
  url: `${server.origin}/bins/${id}`,
  list: `${server.origin}/api/v1/bins/${id}/requests?limit=200`,
  stream: `${server.origin}/bins/${id}/view/stream?key=${viewKey}&after=0`,
}));
if (!bytesBin || !jsonBin) throw new Error("A bin is missing.");

const memoryMiB = (): number =>
  Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${server.pid}/status`, "utf8"))?.[1]) / 1024;
const dataMiB = (): number => Number(execFileSync("du", ["-sm", database.folder], { encoding: "utf8" }).split("\t")[0]);

interface Answer {
  readonly status: number;
  readonly ms: number;
}

/** Sends a request on a new connection, like a load balancer. */
async function sendRequest(url: string, headers: OutgoingHttpHeaders): Promise<Answer> {
  const startedMs = performance.now();
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  get(url, { agent: false, headers }, (response) =>
    response.resume().once("close", () => resolve(response.statusCode ?? 0)),
  ).once("error", reject);
  const status = await promise;
  return { status, ms: performance.now() - startedMs };
}

const requestHealth = (): Promise<Answer> => sendRequest(`${server.origin}/healthz`, { host: neighbourHost });

const readAsNeighbour = (): Promise<Answer> =>
  sendRequest(`${server.origin}/admin/api/accounts.json`, {
    host: neighbourHost,
    authorization: `Bearer ${neighbourToken}`,
    "x-forwarded-for": "192.0.2.1",
  });

let signIns = 0;

/** Signs in from another network each time, because the limits count sign-ins per network. */
async function signInAsNeighbour(): Promise<Answer> {
  signIns += 1;
  const startedMs = performance.now();
  const form = { origin: server.origin, host: neighbourHost, path: "/p/login", fields: adminLogin };
  const status = Number(await submitForm({ ...form, from: `198.19.${signIns >> 8}.${signIns & 255}` }));
  return { status, ms: performance.now() - startedMs };
}

async function run(attack: Attack): Promise<Statuses> {
  const program = fileURLToPath(new URL("flood-process.ts", import.meta.url));
  const child = fork(program, [JSON.stringify(attack)]);
  const ended = once(child, "exit");
  const [statuses]: Statuses[] = await once(child, "message");
  await ended;
  return statuses ?? {};
}

/** Repeats a request every `everyMs` until `isOver`. Returns the times in ms, and throws if a status is unexpected. */
async function poll(
  request: () => Promise<Answer>,
  { status, everyMs, isOver }: { readonly status: number; readonly everyMs: number; readonly isOver: () => boolean },
): Promise<readonly number[]> {
  const times: number[] = [];
  do {
    const answer = await request();
    if (answer.status !== status) throw new Error(`The status is ${answer.status} instead of ${status}.`);
    times.push(answer.ms);
    await wait(everyMs);
  } while (!isOver());
  return times;
}

/** Measures while the step runs, and adds a row with the results. */
async function measure(title: string, step: () => Promise<Statuses>): Promise<void> {
  let isStepOver = false;
  let peakMiB = 0;
  const isOver = (): boolean => {
    peakMiB = Math.max(peakMiB, memoryMiB());
    return isStepOver;
  };
  const polls = Promise.all([
    poll(requestHealth, { status: 200, everyMs: pollEveryMs, isOver }),
    poll(readAsNeighbour, { status: 200, everyMs: pollEveryMs, isOver }),
    poll(signInAsNeighbour, { status: 303, everyMs: 10 * pollEveryMs, isOver }),
  ]);
  const startedMs = performance.now();
  const statuses = await step();
  const seconds = (performance.now() - startedMs) / 1000;
  isStepOver = true;
  const [health, reads, signInTimes] = await polls;
  const numbers = {
    "healthz p50 ms": percentile(health, 0.5),
    "healthz p99 ms": percentile(health, 0.99),
    "healthz max ms": Math.max(...health),
    "neighbour's read p99 ms": percentile(reads, 0.99),
    "neighbour's sign-in p99 ms": percentile(signInTimes, 0.99),
    "memory MiB": Math.round(peakMiB),
    "data MiB": dataMiB(),
    seconds,
  };
  const columns = Object.entries(numbers).map(([name, number]) => `${name} ${Math.round(number * 10) / 10}`);
  report.add({ title, numbers }, `${title}: ${columns.join(", ")} ${JSON.stringify(statuses)}`);
}

async function list(url: string): Promise<Statuses> {
  const { status } = await sendRequest(url, { host: adminHost, authorization: `Bearer ${token}` });
  return { [status]: 1 };
}

const nothing = (ms: number) => async (): Promise<Statuses> => {
  await wait(ms);
  return {};
};
/** Addresses of two networks, so that the limits of the senders are independent. */
const flood = (url: string, body: "bytes" | "json", count: number) => () =>
  run({ kind: "posts", url, host: developerHost, body, count, from: body === "bytes" ? "192.0.2.2" : "198.51.100.2" });
const streams = (url: string) => () => run({ kind: "streams", url, host: developerHost, count: 40, ms: 12_000 });

/** Forms from as many networks as forms, which is worse than any limit per network. */
const forms = (form: Pick<FormRequest, "host" | "path" | "fields">, perSecond?: number) => () =>
  run({ kind: "forms", form: { origin: server.origin, ...form }, ms: 10_000, ...(perSecond && { perSecond }) });
const wrongSignIn = { host: adminHost, path: "/p/login", fields: { username: "user#", password: "a wrong password" } };
const signUp = (name: string) => ({
  host: developerHost,
  path: "/signup",
  fields: {
    org_name: name,
    username: name,
    email: `${name}@example.com`,
    password: "a long password",
    password_confirmation: "a long password",
  },
});

await measure("idle", nothing(3000));
await measure("200 posts of 1 MiB", flood(bytesBin.url, "bytes", 200));
await measure("one list of 200", () => list(bytesBin.list));
await measure("40 streams that never read", streams(bytesBin.stream));
await measure("200 posts of 64 KiB of JSON", flood(jsonBin.url, "json", 200));
await measure("40 streams of JSON that never read", streams(jsonBin.stream));
await measure(`${posts} posts of 1 MiB`, flood(bytesBin.url, "bytes", posts));
await measure("20 wrong sign-ins a second, 10 s", forms(wrongSignIn, 20));
await measure("wrong sign-ins on 20 connections, 10 s", forms(wrongSignIn));
await measure("20 sign-ups a second, 10 s", forms(signUp("harbour#"), 20));
await measure("sign-ups on 20 connections, 10 s", forms(signUp("quay#")));
await measure("idle afterwards", nothing(5000));
