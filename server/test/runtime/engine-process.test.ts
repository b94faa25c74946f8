import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import pg from "pg";
import pino from "pino";
import { Registry } from "prom-client";
import { expect, test as base, vi } from "vitest";
import { EngineSupervisor } from "#app/engine-supervisor.ts";
import { openEmbeddedPostgres } from "#platform/embedded-postgres/open-embedded-postgres.ts";
import { sendRequest, itemsAt, valueAt, type BellwireApi } from "../chaos/api-client.ts";
import { makeDataDir } from "../support/data-dir.ts";
import { openEventStream } from "../support/event-stream.ts";
import { familyOf, isAlive, kill, postmasterOf } from "../support/processes.ts";
import { startReceiver, type Receiver } from "../support/receiver.ts";
import { serve, type BellwireProcess } from "../support/start-bellwire.ts";
import { until } from "../support/until.ts";

const timeout = 120_000;
const token = "a-token-that-the-test-knows";
const own = {
  BELLWIRE_ENGINE_PROCESS: "own",
  BELLWIRE_ACCESS_TOKEN: token,
  BELLWIRE_TRY_OUT: "off",
  BELLWIRE_RETRY_WAITS_SECONDS: "1,1,1,1,1",
};

/** A process that tests share. Each test uses its own accounts and receivers, and may restart the engine. */
const test = base
  .extend("folder", { scope: "file" }, async ({}, { onCleanup }) => {
    const folder = await makeDataDir();
    onCleanup(() => folder[Symbol.asyncDispose]());
    return folder.path;
  })
  .extend("serving", { scope: "file" }, async ({ folder }, { onCleanup }) => {
    const serving = serve(folder, own);
    onCleanup(() => serving[Symbol.asyncDispose]());
    await serving.ready();
    return serving;
  });

async function enginesOf({ pid }: BellwireProcess): Promise<readonly number[]> {
  const { stdout } = await promisify(execFile)("ps", ["-e", "-o", "pid=,ppid=,args="]);
  const children = stdout.split("\n").map((line) => line.trim().split(/\s+/));
  return children.flatMap(([child, parent, ...args]) =>
    Number(parent) === pid && args.includes("engine-process") ? [Number(child)] : [],
  );
}

async function engineOf(serving: BellwireProcess): Promise<number> {
  const [engine] = await enginesOf(serving);
  if (engine === undefined) throw new Error("There is no engine process.");
  return engine;
}

async function signUp(api: BellwireApi, name: string): Promise<void> {
  const form = { org_name: name, username: name, email: `${name}@example.com` };
  expect(await sendRequest(api, "POST", "/admin/api/signup.json", form)).toMatchObject({ status: 201 });
}

/** Subscribes the receiver to new accounts. */
async function follow(serving: BellwireProcess, receiver: Pick<Receiver, "url">): Promise<BellwireApi> {
  const api = { url: await serving.ready(), token };
  const webhook = { url: receiver.url, active: true, provider_actions: true, account_created_on: true };
  expect(await sendRequest(api, "PUT", "/admin/api/webhooks.json", webhook)).toMatchObject({ status: 200 });
  return api;
}

const deliveryStates = async (api: BellwireApi): Promise<readonly unknown[]> =>
  itemsAt((await sendRequest(api, "GET", "/api/v1/deliveries")).body, "data").map((delivery) =>
    valueAt(delivery, "state"),
  );

test("an engine process whose database is lost before its first connection ends the start in words", async ({
  onTestFinished,
}) => {
  onTestFinished(() => void vi.unstubAllEnvs());
  vi.stubEnv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/lost");
  vi.stubEnv("BELLWIRE_SECRET_KEY", Buffer.alloc(32, 1).toString("base64"));
  const access = { connectionString: process.env["DATABASE_URL"] ?? "", max: 4 };
  const hints = { on: () => () => undefined, hasListeners: () => false, publish: () => undefined };
  await using carrier = { ...hints, [Symbol.asyncDispose]: async () => undefined };
  await using supervisor = new EngineSupervisor();
  const started = supervisor.start({
    localUrl: "http://localhost:1",
    database: { access, pool: { hints: carrier } },
    log: pino({ enabled: false }),
    metrics: new Registry(),
    drainMs: () => 0,
  });
  await expect(started).rejects.toThrow(/^The start failed, and may be repeated: .*ECONNREFUSED/);
});

test("deliveries continue while the serving process is frozen", { timeout }, async ({ serving }) => {
  await using receiver = await startReceiver(500);
  const api = await follow(serving, receiver);
  const name = `still-${new URL(receiver.url).port}`; // a repetition of the test finds the account of the former one
  // Other tests sign up, too, and may end before the delivery does.
  const ofAccount = () => receiver.received.filter(({ body }) => body.includes(name));
  await signUp(api, name);
  await until(() => ofAccount().length === 1);
  kill(serving.pid, "SIGSTOP");
  try {
    receiver.answer(200);
    await until(() => ofAccount().length === 2);
  } finally {
    kill(serving.pid, "SIGCONT");
  }
  await until(async () => (await deliveryStates(api)).every((state) => state === "delivered"));
  expect(ofAccount().map(({ headers }) => headers["bellwire-attempt"])).toEqual(["1", "2"]);
});

test("one scrape returns the metrics of both processes without duplicates", { timeout }, async ({ serving }) => {
  await using receiver = await startReceiver();
  const api = await follow(serving, receiver);
  await signUp(api, "scrape");
  await until(() => receiver.received.length === 1);
  const scraped = await until(async () => {
    const text = await (await fetch(`${api.url}/metrics`)).text();
    return text.includes('bellwire_attempts_total{outcome="answered",next="done"}') && text;
  });
  const series = scraped.split("\n").filter((line) => /^\w/.test(line));
  const names = series.map((line) => line.slice(0, line.lastIndexOf(" ")));
  expect(names.length).toBe(new Set(names).size);
  for (const name of ["process_resident_memory_bytes", 'process_resident_memory_bytes{process="engine"}']) {
    expect(names).toContain(name);
  }
  const reference = await readFile(new URL("../../../docs/reference/metrics.md", import.meta.url), "utf8");
  // Both ways: a metric that scripts/metrics-reference.ts does not declare is neither documented nor on the dashboard.
  const metricsIn = (text: string, pattern: RegExp) => new Set([...text.matchAll(pattern)].map(([, name]) => name));
  expect(metricsIn(scraped, /^# TYPE (bellwire_\w+) /gm)).toEqual(metricsIn(reference, /^\| `(bellwire_\w+)` \|/gm));
});

/** Without hints, a viewer polls every 2 s, and a change that follows the one shown before waits nearly as long. */
test(
  "the live view of a bin shows deliveries of the engine process before it would poll",
  { timeout },
  async ({ serving }) => {
    const api = { url: serving.url, token };
    const { body: bin } = await sendRequest(api, "POST", "/api/v1/bins", {});
    await follow(serving, { url: String(valueAt(bin, "url")) });
    const view = new URL(String(valueAt(bin, "view_url")));
    using stream = await openEventStream(`${api.url}${view.pathname}/stream${view.search}&after=0`);
    const shown = () => stream.text().match(/^event: request$/gm)?.length ?? 0;
    await signUp(api, "live-0");
    await until(() => shown() === 1);
    const tookMs: number[] = [];
    for (let change = 1; change <= 8; change += 1) {
      const startedAtMs = performance.now();
      await signUp(api, `live-${change}`);
      await until(() => shown() === change + 1);
      tookMs.push(performance.now() - startedAtMs);
    }
    expect(Math.min(...tookMs)).toBeLessThan(1500); // the fastest, as a busy machine may take a second for each
  },
);

const restartsOf = async ({ url }: BellwireApi): Promise<number> =>
  Number(/^bellwire_engine_restarts_total (\d+)$/m.exec(await (await fetch(`${url}/metrics`)).text())?.[1]);

test(
  "a killed engine process is restarted at once and sends the waiting deliveries; it ends with a killed serving process",
  { timeout },
  async () => {
    await using folder = await makeDataDir();
    await using receiver = await startReceiver("hang");
    await using serving = serve(folder.path, own); // its first restart: further ones wait
    const api = await follow(serving, receiver);
    const first = await engineOf(serving);
    await signUp(api, "waits");
    await until(() => receiver.received.length === 1); // its lane is owned, and its attempt in flight
    receiver.answer(200);
    kill(first, "SIGKILL");
    await until(async () => (await deliveryStates(api)).every((state) => state === "delivered"));
    const second = await engineOf(serving);
    expect(second).not.toBe(first);
    const line = serving.stderr.split("\n").find((text) => text.includes("starting it again"));
    expect(JSON.parse(line ?? "{}")).toMatchObject({
      againInMs: 0,
      msg: "the engine process ended; starting it again",
    });
    expect(await restartsOf(api)).toBe(1);

    const before = receiver.received.length;
    receiver.answer("hang");
    await signUp(api, "quay");
    await until(() => receiver.received.length > before); // an attempt in flight does not keep the engine alive
    receiver.answer(200);
    kill(serving.pid, "SIGKILL");
    await until(() => !isAlive(second));
    expect(await serving.ended).toBe("SIGKILL");
  },
);

test(
  "a scrape has the engine's metrics also while the database is frozen",
  { timeout },
  async ({ folder, serving }) => {
    const scrape = async (): Promise<string> => (await fetch(`${serving.url}/metrics`)).text();
    await until(async () => (await scrape()).includes("bellwire_lanes_owned"));
    const database = await familyOf((await postmasterOf(folder)) ?? 0);
    for (const pid of database) kill(pid, "SIGSTOP");
    try {
      const scraped = await scrape();
      expect(scraped).toContain("bellwire_due_deliveries Nan");
      expect(scraped).toContain("bellwire_lanes_owned");
    } finally {
      for (const pid of database) kill(pid, "SIGCONT");
    }
  },
);

/** Reads the states after Bellwire and its database have stopped. */
async function storedStates(dataDir: string): Promise<readonly unknown[]> {
  await using postgres = await openEmbeddedPostgres(dataDir, () => undefined);
  const client = new pg.Client(postgres.ownerUrl);
  await client.connect();
  const { rows } = await client.query<{ state: string }>("select state from bellwire.deliveries");
  await client.end();
  return rows.map(({ state }) => state);
}

test.each([
  ["to the process alone", (pid: number) => kill(pid, "SIGTERM")],
  ["to the whole group, twice", (pid: number) => [kill(-pid, "SIGINT"), kill(-pid, "SIGTERM")]],
])("a signal %s lets the attempt in flight finish and ends both processes", { timeout }, async (_whom, signal) => {
  await using folder = await makeDataDir();
  const release = Promise.withResolvers<void>();
  await using receiver = await startReceiver(
    (response) => void release.promise.then(() => response.writeHead(200).end()),
  );
  await using serving = serve(folder.path, own);
  const api = await follow(serving, receiver);
  await signUp(api, "quay");
  await until(() => receiver.received.length === 1);
  const engine = await engineOf(serving);
  signal(serving.pid);
  await until(() => serving.stdout.includes("stopping"));
  await until(async () => !(await fetch(`${api.url}/healthz`).catch(() => undefined)));
  expect(isAlive(engine)).toBe(true);
  release.resolve();
  expect(await serving.ended).toBe(0);
  expect(isAlive(engine)).toBe(false);
  expect(await storedStates(folder.path)).toEqual(["delivered"]);
  expect(receiver.received).toHaveLength(1);
});

test("BELLWIRE_ENGINE_PROCESS=shared starts no engine process", { timeout }, async () => {
  await using folder = await makeDataDir();
  await using receiver = await startReceiver();
  await using serving = serve(folder.path, { ...own, BELLWIRE_ENGINE_PROCESS: "shared" });
  const api = await follow(serving, receiver);
  await signUp(api, "quay");
  await until(() => receiver.received.length === 1);
  expect(await enginesOf(serving)).toEqual([]);
  expect(await serving.stop()).toBe(0);
});

test(
  "SIGUSR2 toggles debug logging in both processes, even after a restart of the engine",
  { timeout },
  async ({ serving }) => {
    const levelsOf = (pid: number): readonly unknown[] =>
      serving.stderr
        .split("\n")
        .filter((line) => line.includes("the log level was changed"))
        .map((line): { pid: number; logLevel: string } => JSON.parse(line))
        .flatMap((line) => (line.pid === pid ? [line.logLevel] : []));
    const first = await engineOf(serving);
    process.kill(serving.pid, "SIGUSR2");
    await until(() => levelsOf(serving.pid).length === 1 && levelsOf(first).length === 1);
    kill(first, "SIGKILL");
    await until(async () => (await enginesOf(serving)).some((pid) => levelsOf(pid).length === 1 && pid !== first));
    process.kill(serving.pid, "SIGUSR2");
    const second = await engineOf(serving);
    await until(() => levelsOf(serving.pid).length === 2 && levelsOf(second).length === 2);
    expect([levelsOf(serving.pid), levelsOf(first), levelsOf(second)]).toEqual([
      ["debug", "info"],
      ["debug"],
      ["debug", "info"],
    ]);
  },
);
