import { fork } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { startNameServer } from "../server/test/support/name-server.ts";
import { hostileAnswers } from "../server/test/support/hostile-answers.ts";
import { systemClock } from "../server/src/platform/clock/clock.ts";
import { addEndpoints } from "./fill-backlog.ts";
import { machineMs } from "./machine-clock.ts";
import { openBenchDatabase } from "./open-database.ts";
import type { Report } from "./open-report.ts";
import { median, percentile } from "./order-statistics.ts";
import { secret } from "./same-for-all.ts";
import { setUpPortal } from "./set-up-portal.ts";
import { startPortal } from "./start-portal.ts";
import { startBenchReceiver } from "./start-receiver.ts";

const badEndpoints = 200;
const seconds = Number(process.env.BENCH_SECONDS ?? 30);
/** A sign-up makes two events and more, so this many make some 400 attempts per second at the bad endpoints. */
const signUpsPerSecond = 1;

interface Neighbour {
  readonly goodEndpoints: number;
  /** URLs of endpoints that are no good, which are there until it is disposed. */
  readonly startBad: () => Promise<{ readonly urls: readonly string[] } & AsyncDisposable>;
}

export const neighbours: Readonly<Record<string, Neighbour>> = {
  "silent-names": {
    goodEndpoints: 50,
    startBad: async () => ({
      urls: Array.from({ length: badEndpoints }, (_, number) => `http://silent${number}.example/hook`),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    }),
  },
  "hostile-answers": {
    goodEndpoints: 1,
    startBad: async () => {
      const program = fileURLToPath(new URL("hostile-process.ts", import.meta.url));
      const child = fork(program, [String(badEndpoints)]);
      const [ports] = await once(child, "message");
      return {
        urls: Array.from(ports, (port) => `http://127.0.0.1:${String(port)}/hook`),
        async [Symbol.asyncDispose]() {
          const ended = once(child, "exit");
          child.disconnect();
          await ended;
        },
      };
    },
  },
};

interface Measured {
  readonly goodP50Ms: number;
  readonly goodP99Ms: number;
  readonly signUpMs: number;
  readonly memoryMb: number;
  readonly missing: number;
}

/** Signs accounts up at a steady pace and measures when the good endpoints get their events. */
async function measure({ goodEndpoints, startBad }: Neighbour, withBad: boolean): Promise<Measured> {
  await using names = await startNameServer((name) =>
    name.startsWith("good") ? { addresses: ["127.0.0.1"], ttlSeconds: 5 } : "silence",
  );
  using receiver = await startBenchReceiver({ origins: 1, keepsArrivals: true });
  const { port } = new URL(receiver.origins[0] ?? "");
  const goodUrls = Array.from({ length: goodEndpoints }, (_, number) => `http://good${number}.example:${port}/hook`);
  await using database = await openBenchDatabase();
  const { owner, encryption } = database;
  await using appPool = await database.openAppPool();
  const token = await setUpPortal(appPool, encryption, `http://127.0.0.1:${port}/hook`);
  await addEndpoints(owner, { urls: goodUrls.slice(1), encryption, secret });
  await using bad = await startBad();
  if (withBad) await addEndpoints(owner, { urls: bad.urls, encryption, secret });
  await using portal = await startPortal(database, [names.address]);
  const signUpsMs: number[] = [];
  const startedMs = machineMs();
  for (let number = 0; number < seconds * signUpsPerSecond; number += 1) {
    await systemClock.sleep(Math.max(1, startedMs + (number * 1000) / signUpsPerSecond - machineMs()));
    signUpsMs.push(await signUp(portal.origin, token, number));
  }
  await systemClock.sleep(2000);
  const { delaysMs } = await receiver.arrivals();
  const [events] = await owner.query<{ made: number }>("select count(*)::int as made from events");
  return {
    goodP50Ms: percentile(delaysMs, 0.5),
    goodP99Ms: percentile(delaysMs, 0.99),
    signUpMs: median(signUpsMs),
    memoryMb: peakMemoryMb(portal.pid),
    missing: (events?.made ?? 0) * goodEndpoints - delaysMs.length,
  };
}

async function signUp(origin: string, token: string, number: number): Promise<number> {
  const startedMs = machineMs();
  const answer = await fetch(`${origin}/admin/api/signup.json?access_token=${token}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ org_name: `Harbour ${number}`, username: `user${number}` }),
  });
  await answer.arrayBuffer();
  if (answer.status !== 201) throw new Error(`The sign-up was answered with ${answer.status}.`);
  return machineMs() - startedMs;
}

/** The most memory that a process has had at once. Linux only. */
const peakMemoryMb = (pid: number): number =>
  Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1024;

interface Comparison {
  readonly name: string;
  readonly neighbour: Neighbour;
  readonly pairs: number;
}

export async function compareNeighbours(report: Report, { name, neighbour, pairs }: Comparison): Promise<void> {
  const without: Measured[] = [];
  const beside: Measured[] = [];
  for (let pair = 0; pair < pairs; pair += 1) {
    without.push(await measure(neighbour, false));
    beside.push(await measure(neighbour, true));
  }
  const of = (what: keyof Measured, runs: readonly Measured[]): number => median(runs.map((run) => run[what]));
  const numbers = {
    "p50 ms": of("goodP50Ms", beside),
    "p50 ms without": of("goodP50Ms", without),
    "p99 ms": of("goodP99Ms", beside),
    "p99 ms without": of("goodP99Ms", without),
    "sign-up ms": of("signUpMs", beside),
    "sign-up ms without": of("signUpMs", without),
    "memory MB": of("memoryMb", beside),
    "memory MB without": of("memoryMb", without),
    "not delivered": Math.max(...beside.map(({ missing }) => missing)),
  };
  const said = Object.entries(numbers).map(([what, number]) => `${what} ${number.toFixed(1)}`);
  const kinds = name === "hostile-answers" ? ` of ${hostileAnswers.length} kinds` : "";
  report.add({ title: name, numbers }, `isolation ${name} (${badEndpoints}${kinds}): ${said.join(", ")}`);
}
