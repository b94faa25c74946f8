/**
 * Measures the delay of deliveries of `bellwire serve` with an embedded database and changes through the API. Receiver and
 * clients share this process and its clock.
 *
 * - idle: one change at a time to one endpoint, from the request, and from its response, to the receiver's first byte. In turns,
 *   the floor: a bare route that commits one row and posts it (floor-process.ts). `new` is a process right after its start, whose
 *   code is not compiled yet; `idle` is the same one after 5,000 changes
 * - busy: changes to ten endpoints each at the given rates, one rate after another, 500 a second if none is given. Each rate is
 *   fixed, independent of responses. On a machine that makes fewer, requests wait, and delays from the request grow with the run.
 *   `made/s` is its rate; delays from the response exclude that wait. With several rates, `prompt/s` is the highest at which
 *   the median delay from the request was at most 200 ms
 * - crash: all processes killed during an attempt, then a restart: until ready, and until the delivery is repeated
 *
 * `own` and `shared` are the values of BELLWIRE_ENGINE_PROCESS, measured in turns. Either name measures that one only.
 * Run: npm run bench -- busy [seconds] [changes per second …] [own|shared] [--json FILE]
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { type Socket, createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { Pool } from "undici";
import { systemClock } from "../server/src/platform/clock.ts";
import { requestSize } from "./arrivals.ts";
import { Bellwire, type EngineProcess } from "./bellwire.ts";
import { type BenchDatabase, openBenchDatabase } from "./database.ts";
import { median, percentile } from "./measuring.ts";
import { signUpAccounts } from "./portal.ts";
import { openReport } from "./report.ts";

const report = openReport("busy");
const [seconds = 15, ...givenRates] = report.numbers;
const rates = givenRates.length > 0 ? givenRates : [500];
/** The median delay from request to receiver that `prompt/s` allows. */
const promptMs = 200;
const pairs = Number(process.env.BENCH_PAIRS ?? 1);
const [idleChanges, warmUpChanges, endpoints, accounts, crashes] = [200, 5000, 10, 100, 3] as const;
const arrivesWithinMs = 30_000;
/** Has the length of an issued token; shorter ones cost a check of the attempt counters. */
const token = "bench".padEnd(64, "0");
const modes = report.choose<EngineProcess>(["own", "shared"]);
const answer = Buffer.from("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");

interface Arrival {
  readonly change: number;
  readonly endpoint: number;
  readonly atMs: number;
}

/** Parses only change and endpoint of each request, to use little processor time. */
class Receiver implements Disposable {
  onArrival: (arrival: Arrival) => void = () => undefined;
  answers = true;
  readonly #sockets = new Set<Socket>();
  readonly #server = createServer((socket) => this.#serve(socket));

  async listen(): Promise<string> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    const address = this.#server.address();
    return `http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}`;
  }

  /** Resolves with the time at which this change arrives. */
  arrivalOf(change: number): Promise<number> {
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`Change ${change} has not arrived.`)), arrivesWithinMs);
      this.onArrival = (arrival) => {
        if (arrival.change !== change) return;
        clearTimeout(late);
        resolve(arrival.atMs);
      };
    });
  }

  [Symbol.dispose](): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #serve(socket: Socket): void {
    let pending: Buffer = Buffer.alloc(0);
    let atMs = 0;
    this.#sockets.add(socket);
    socket.setNoDelay(true);
    socket.on("error", () => undefined); // a killed Bellwire resets its connections
    socket.on("close", () => this.#sockets.delete(socket));
    socket.on("data", (chunk: Buffer) => {
      if (pending.length === 0) atMs = performance.now();
      pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
      for (let size = requestSize(pending); size !== undefined && size <= pending.length; size = requestSize(pending)) {
        const request = pending.subarray(0, size);
        pending = pending.subarray(size);
        if (this.answers) socket.write(answer);
        const numberAt = request.indexOf("Busy ") + "Busy ".length;
        const change = Number.parseInt(request.toString("latin1", numberAt, numberAt + 10), 10);
        const endpoint = Number.parseInt(request.toString("latin1", "POST /".length, "POST /".length + 2), 10);
        this.onArrival({ change, endpoint, atMs });
      }
    });
  }
}

interface Bench {
  readonly api: Pool;
  readonly receiver: Receiver;
  readonly accountIds: readonly number[];
}

async function send(api: Pool, method: "POST" | "PUT", path: string, body: object): Promise<void> {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const response = await api.request({ method, path, headers, body: JSON.stringify(body) });
  const text = await response.body.text();
  if (response.statusCode >= 300) throw new Error(`${method} ${path} was answered ${response.statusCode}: ${text}`);
}

/** Without `all_actors` an endpoint does not receive changes by API tokens. */
const addEndpoint = (api: Pool, receiverOrigin: string, number: number): Promise<void> =>
  send(api, "POST", "/api/v1/endpoints", {
    name: `busy-${number}`,
    url: `${receiverOrigin}/${number}`,
    event_types: ["*"],
    provider_actions: true,
    all_actors: true,
  });

const change = ({ api, accountIds }: Omit<Bench, "receiver">, number: number): Promise<void> =>
  send(api, "PUT", `/admin/api/accounts/${accountIds[number % accountIds.length]}.json`, {
    org_name: `Busy ${number}`,
  });

/** Starts the bare route. Returns its origin, and ends with the benchmark. */
async function startFloor({ ownerUrl }: BenchDatabase, receiverOrigin: string, running: AsyncDisposableStack) {
  const child = fork(fileURLToPath(new URL("floor-process.ts", import.meta.url)), [ownerUrl, receiverOrigin]);
  const [origin]: readonly unknown[] = await once(child, "message");
  running.defer(async () => {
    const ended = once(child, "exit");
    child.disconnect();
    await ended;
  });
  return running.adopt(new Pool(String(origin), { connections: 1 }), (pool) => pool.destroy());
}

/** @param label begins the names of the numbers */
async function measureIdle(label: string, bench: Bench, floor: Pool): Promise<Readonly<Record<string, number>>> {
  const floors: number[] = [];
  const fromRequest: number[] = [];
  const fromResponse: number[] = [];
  const responses: number[] = [];
  for (let number = 0; number < idleChanges; number += 1) {
    await systemClock.sleep(10 + Math.random() * 20);
    const arrival = bench.receiver.arrivalOf(number);
    const sentAtMs = performance.now();
    await change(bench, number);
    const answeredAtMs = performance.now();
    const arrivedAtMs = await arrival;
    responses.push(answeredAtMs - sentAtMs);
    fromRequest.push(arrivedAtMs - sentAtMs);
    fromResponse.push(arrivedAtMs - answeredAtMs);

    await systemClock.sleep(10 + Math.random() * 20);
    const bare = bench.receiver.arrivalOf(number);
    const askedAtMs = performance.now();
    await send(floor, "PUT", "/floor", { org_name: `Busy ${number}` });
    floors.push((await bare) - askedAtMs);
  }
  return {
    [`${label} floor p50 ms`]: percentile(floors, 0.5),
    [`${label} p50 ms`]: percentile(fromRequest, 0.5),
    [`${label} p99 ms`]: percentile(fromRequest, 0.99),
    [`${label} response p50 ms`]: percentile(responses, 0.5),
    [`${label} after response p50 ms`]: percentile(fromResponse, 0.5),
    [`${label} after response p99 ms`]: percentile(fromResponse, 0.99),
  };
}

/** Makes changes eight at a time until the process has compiled the code for them, and their last delivery has arrived. */
async function warmUp({ api, receiver, accountIds }: Bench): Promise<void> {
  for (let number = idleChanges; number < warmUpChanges; number += 8)
    await Promise.all(Array.from({ length: 8 }, (_, index) => change({ api, accountIds }, number + index)));
  await Promise.all([receiver.arrivalOf(warmUpChanges), change({ api, accountIds }, warmUpChanges)]);
}

/** @param first the number of the first change; later changes count up from it */
async function measureBusy(bellwire: Bellwire, bench: Bench, changesPerSecond: number, first: number) {
  const count = changesPerSecond * seconds;
  const sentAtMs: number[] = [];
  const answeredAtMs = new Float64Array(count);
  const arrivedAtMs = new Float64Array(count * endpoints);
  let arrivals = 0;
  const all = Promise.withResolvers<boolean>();
  bench.receiver.onArrival = ({ change: number, endpoint, atMs }) => {
    const index = (number - first) * endpoints + endpoint;
    if (sentAtMs[number - first] === undefined || arrivedAtMs[index] !== 0) return;
    arrivedAtMs[index] = atMs;
    arrivals += 1;
    if (arrivals === count * endpoints) all.resolve(true);
  };
  const changes: Promise<unknown>[] = [];
  const cpuBefore = await bellwire.cpuSeconds();
  const startedAtMs = performance.now();
  while (changes.length < count) {
    const dueCount = Math.min(count, Math.floor(((performance.now() - startedAtMs) / 1000) * changesPerSecond) + 1);
    for (let index = changes.length; index < dueCount; index += 1) {
      sentAtMs.push(performance.now());
      changes.push(change(bench, first + index).then(() => (answeredAtMs[index] = performance.now())));
    }
    await systemClock.sleep(1);
  }
  await Promise.all(changes);
  const answeredInSeconds = (performance.now() - startedAtMs) / 1000;
  const late = setTimeout(() => all.resolve(false), arrivesWithinMs);
  await all.promise;
  clearTimeout(late);
  const cpuAfter = await bellwire.cpuSeconds();
  const delaysFrom = (begin: ArrayLike<number>): number[] =>
    Array.from(arrivedAtMs, (atMs, index) => atMs - (begin[Math.floor(index / endpoints)] ?? 0)).filter(
      (_, index) => arrivedAtMs[index] !== 0,
    );
  const [fromRequest, fromResponse] = [delaysFrom(sentAtMs), delaysFrom(answeredAtMs)];
  const responses = sentAtMs.map((sentMs, index) => (answeredAtMs[index] ?? 0) - sentMs);
  return {
    "p50 ms": percentile(fromRequest, 0.5),
    "p99 ms": percentile(fromRequest, 0.99),
    "made/s": count / answeredInSeconds,
    "response p50 ms": percentile(responses, 0.5),
    "after response p50 ms": percentile(fromResponse, 0.5),
    "after response p99 ms": percentile(fromResponse, 0.99),
    "Bellwire µs a change": ((cpuAfter.bellwire - cpuBefore.bellwire) / count) * 1e6,
    "PostgreSQL µs a change": ((cpuAfter.postgres - cpuBefore.postgres) / count) * 1e6,
    lost: count * endpoints - arrivals,
  };
}

async function measureRates(bellwire: Bellwire, bench: Bench): Promise<Readonly<Record<string, number>>> {
  const numbers: Record<string, number> = {};
  let prompt = 0;
  for (const [index, rate] of rates.entries()) {
    const measured = await measureBusy(bellwire, bench, rate, (index + 1) * 1_000_000);
    const label = rates.length > 1 ? `busy ${rate}/s` : "busy";
    for (const [name, value] of Object.entries(measured)) numbers[`${label} ${name}`] = value;
    const isPrompt = measured["p50 ms"] <= promptMs && measured.lost === 0;
    if (isPrompt) prompt = Math.max(prompt, rate);
  }
  return rates.length > 1 ? { ...numbers, "busy prompt/s": prompt } : numbers;
}

/** Interrupts an attempt and waits for its repetition. */
async function measureCrash(bellwire: Bellwire, bench: Omit<Bench, "api">, number: number, origin: string) {
  const api = new Pool(origin);
  bench.receiver.answers = false;
  await Promise.all([bench.receiver.arrivalOf(number), change({ ...bench, api }, number)]);
  await api.destroy();
  const killedAtMs = performance.now();
  await bellwire.kill();
  bench.receiver.answers = true;
  const arrival = bench.receiver.arrivalOf(number);
  const restarted = await bellwire.start();
  const readyMs = performance.now() - killedAtMs;
  return { origin: restarted, readyMs, deliveredMs: (await arrival) - killedAtMs };
}

async function measure(mode: EngineProcess): Promise<Readonly<Record<string, number>>> {
  using receiver = new Receiver();
  const receiverOrigin = await receiver.listen();
  await using running = new AsyncDisposableStack();
  const floor = await startFloor(running.use(await openBenchDatabase()), receiverOrigin, running);
  await using bellwire = new Bellwire(mode, token);
  let origin = await bellwire.start();
  const accountIds = await signUpAccounts(origin, token, accounts);
  const api = new Pool(origin, { connections: 32 });
  const bench = { api, receiver, accountIds };
  await addEndpoint(api, receiverOrigin, 0);
  const fresh = await measureIdle("new", bench, floor);
  await warmUp(bench);
  const idle = await measureIdle("idle", bench, floor);
  for (let number = 1; number < endpoints; number += 1) await addEndpoint(api, receiverOrigin, number);
  const busy = await measureRates(bellwire, bench);
  await api.destroy();
  const restarts = [];
  for (let number = 0; number < crashes; number += 1) {
    const restart = await measureCrash(bellwire, bench, 900_000_000 + number, origin);
    ({ origin } = restart);
    restarts.push(restart);
  }
  return {
    ...fresh,
    ...idle,
    ...busy,
    "crash to ready ms": median(restarts.map(({ readyMs }) => readyMs)),
    "crash to delivery ms": median(restarts.map(({ deliveredMs }) => deliveredMs)),
  };
}

const runs: Record<EngineProcess, Readonly<Record<string, number>>[]> = { own: [], shared: [] };
for (let pair = 0; pair < pairs; pair += 1) for (const mode of modes) runs[mode].push(await measure(mode));
const medianOf = (mode: EngineProcess, name: string): number =>
  median(runs[mode].map((numbers) => numbers[name] ?? Number.NaN));
const names = Object.keys(modes.flatMap((mode) => runs[mode])[0] ?? {});
for (const mode of modes) {
  const numbers = Object.fromEntries(names.map((name) => [name, medianOf(mode, name)]));
  const columns = Object.entries(numbers).map(([name, value]) => `${name} ${value.toFixed(1)}`);
  report.add({ title: mode, numbers }, `busy ${mode}: ${columns.join(", ")}`);
}
if (modes.length > 1) {
  const ratios = Object.fromEntries(
    names
      .filter((name) => /^(new|idle|busy.*) p\d+ ms$/.test(name))
      .map((name) => [name.replace("ms", "ratio"), medianOf("own", name) / medianOf("shared", name)]),
  );
  const columns = Object.entries(ratios).map(([name, value]) => `${name} ${value.toFixed(2)}`);
  report.add({ title: "own / shared", numbers: ratios }, `busy own / shared: ${columns.join(", ")}`);
}
