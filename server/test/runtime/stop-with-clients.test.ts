import { once } from "node:events";
import { connect } from "node:net";
import { Worker } from "node:worker_threads";
import fastify from "fastify";
import { expect, onTestFinished } from "vitest";
import { Client } from "undici";
import { RunningHandlers, connectionDrain } from "../../src/app/serve-http.ts";
import { countWaiting } from "../support/count-waiting.ts";
import { makeDataDir } from "../support/data-dir.ts";
import { kill } from "../support/processes.ts";
import { runBellwire } from "../support/run-bellwire.ts";
import { inOneProcess, serve } from "../support/start-bellwire.ts";
import { test } from "../support/test-of-starts.ts";
import { until } from "../support/until.ts";

const timeout = 120_000;
const token = "a-token-that-the-test-knows";

interface Answer {
  readonly status: number;
  readonly isLast: boolean;
}

function openClient(origin: string): Client {
  const client = new Client(origin);
  onTestFinished(() => client.destroy());
  return client;
}

/** Sends requests on one connection until a response announces its end. */
async function requestUntilClose(origin: string, path: string): Promise<readonly Answer[]> {
  const client = openClient(origin);
  let connections = 0;
  client.on("connect", () => (connections += 1));
  const answers: Answer[] = [];
  for (;;) {
    const headers = { authorization: `Bearer ${token}` };
    const { statusCode, headers: responseHeaders, body } = await client.request({ method: "GET", path, headers });
    await body.dump();
    const isLast = responseHeaders["connection"] === "close";
    answers.push({ status: statusCode, isLast });
    if (!isLast) continue;
    expect(connections).toBe(1);
    return answers;
  }
}

test("clients with keep-alive connections get every response during a stop", { timeout }, async () => {
  await using folder = await makeDataDir();
  await using serving = serve(folder.path, { ...inOneProcess, BELLWIRE_ACCESS_TOKEN: token });
  const url = await serving.ready();
  const paths = ["/api/v1/endpoints", "/admin/api/accounts.json", "/healthz", "/signup"];
  const responses = paths.map((path) => requestUntilClose(url, path));
  await until(async () => (await fetch(`${url}/healthz`)).ok);
  kill(serving.pid, "SIGTERM");
  for (const answers of await Promise.all(responses)) {
    expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
    expect(answers.at(-1)).toEqual({ status: 200, isLast: true });
  }
  expect(await serving.ended).toBe(0);
});

test(
  "an idle keep-alive client gets one more response during a stop, with Connection: close",
  { timeout },
  async () => {
    await using folder = await makeDataDir();
    await using serving = serve(folder.path, { ...inOneProcess, BELLWIRE_ACCESS_TOKEN: token });
    const client = openClient(await serving.ready());
    const request = async (path: string) => {
      const { statusCode, headers, body } = await client.request({ method: "GET", path });
      return { status: statusCode, connection: headers["connection"], text: await body.text() };
    };
    expect(await request("/readyz")).toMatchObject({ status: 200, connection: "keep-alive" });
    kill(serving.pid, "SIGTERM");
    await until(() => serving.stdout.includes("stopping"));
    expect(await request("/readyz")).toEqual({
      status: 503,
      connection: "close",
      text: '{"status":"not ready","because":"the process is stopping"}',
    });
    expect(await serving.ended).toBe(0);
  },
);

test(
  "during a stop delay only readiness fails and new clients are served, and another signal ends the delay",
  {
    timeout,
  },
  async () => {
    await using folder = await makeDataDir();
    await using serving = serve(folder.path, { ...inOneProcess, BELLWIRE_STOP_DELAY_SECONDS: "300" });
    const url = await serving.ready();
    kill(serving.pid, "SIGTERM");
    await until(async () => (await fetch(`${url}/readyz`)).status === 503);
    const answer = await fetch(`${url}/signup`, { headers: { connection: "close" } });
    expect([answer.status, serving.stdout.includes("stopping: no new requests")]).toEqual([200, false]);
    kill(serving.pid, "SIGTERM");
    expect(await serving.ended).toBe(0);
  },
);

/** A client that never sends the body of its request. Resolves once the server has begun with the request. */
async function openSlowClient(origin: string) {
  const { hostname, port } = new URL(origin);
  const socket = connect(Number(port), hostname).on("error", () => undefined);
  onTestFinished(() => void socket.destroy());
  const headers = ["host: localhost", "content-length: 9", "expect: 100-continue", `authorization: Bearer ${token}`];
  socket.write(["POST /admin/api/signup.json HTTP/1.1", ...headers, "", ""].join("\r\n"));
  const [begun]: readonly unknown[] = await once(socket, "data");
  expect(String(begun)).toContain("100 Continue");
  return socket;
}

test(
  "during a stop, a change that waits for a lock outlasts slow clients and gets its response",
  { timeout },
  async ({ databaseUrl, owner }) => {
    await using bellwire = await runBellwire(databaseUrl, { BELLWIRE_ACCESS_TOKEN: token });
    const slowClient = await openSlowClient(bellwire.url);
    const [change, stopped] = await owner.inTransaction(async (tx) => {
      await tx.query("lock table accounts in exclusive mode");
      const waiting = fetch(`${bellwire.url}/admin/api/signup.json`, {
        method: "POST",
        headers: { authorization: `Bearer ${token}` },
        body: new URLSearchParams({ org_name: "Pier", username: "joan", email: "joan@example.com" }),
      });
      await until(async () => (await countWaiting(owner)) === 1);
      const stop = bellwire[Symbol.asyncDispose]();
      await once(slowClient.resume(), "close");
      return [waiting, stop] as const;
    });
    expect((await change).status).toBe(201);
    await stopped;
  },
);

test(
  "a stop waits for changes whose clients have gone, also for those that wait for a database connection",
  { timeout },
  async ({ databaseUrl, owner }) => {
    await using folder = await makeDataDir();
    await using serving = serve(folder.path, {
      ...inOneProcess,
      DATABASE_URL: databaseUrl,
      BELLWIRE_SECRET_KEY: Buffer.alloc(32, 7).toString("base64"),
      BELLWIRE_ACCESS_TOKEN: token,
    });
    const url = await serving.ready();
    await owner.inTransaction(async (tx) => {
      await tx.query("lock table accounts in exclusive mode");
      const gone = new AbortController();
      const changes = Array.from({ length: 30 }, (_, nth) =>
        fetch(`${url}/admin/api/signup.json`, {
          method: "POST",
          headers: { authorization: `Bearer ${token}` },
          body: new URLSearchParams({ org_name: "Pier", username: `joan${nth}`, email: `joan${nth}@example.com` }),
          signal: gone.signal,
        }),
      );
      await until(async () => (await countWaiting(owner)) >= 8);
      gone.abort();
      await Promise.allSettled(changes);
      kill(serving.pid, "SIGTERM");
      await until(async () => !(await fetch(`${url}/healthz`).catch(() => undefined)));
    });
    expect(await serving.ended).toBe(0);
    expect(serving.stderr.match(/^.*"level":[456]0.*$/gm) ?? []).toEqual([]);
  },
);

/**
 * A client with one connection, on a thread of its own: the server's event loop may be blocked. Sends at the start and when the first
 * number grows; then the second one does.
 */
const clientThread = `
  const { workerData: { port, steps }, parentPort } = require("node:worker_threads");
  const socket = require("node:net").connect(port, "127.0.0.1");
  const send = (then) => socket.write("GET / HTTP/1.1\\r\\nhost: localhost\\r\\n\\r\\n", then);
  socket.on("data", (data) => parentPort.postMessage(data.toString()));
  socket.on("error", (error) => parentPort.postMessage(error.code));
  Atomics.waitAsync(steps, 0, 0).value.then(() => send(() => { Atomics.store(steps, 1, 1); Atomics.notify(steps, 1); }));
  send();
`;

test("a request that arrived while the event loop was busy is answered before idle connections are closed", async () => {
  const idleMs = 20;
  const http = fastify({ return503OnClosing: false });
  const drain = connectionDrain({ idleMs, slowClientMs: 60_000, answerMs: 60_000 }, new RunningHandlers(60_000));
  drain.addHooks(http);
  http.get("/", async () => "served");
  const steps = new Int32Array(new SharedArrayBuffer(8));
  http.addHook("preClose", async () => {
    setImmediate(() => {
      Atomics.store(steps, 0, 1);
      Atomics.notify(steps, 0);
      Atomics.wait(steps, 1, 0);
      Atomics.wait(steps, 1, 1, 2 * idleMs); // the time of idle connections ends before the loop goes on
    });
  });
  drain.waitLast(http);
  const port = Number(new URL(await http.listen({ port: 0, host: "127.0.0.1" })).port);
  const client = new Worker(clientThread, { eval: true, workerData: { port, steps } });
  onTestFinished(async () => void (await client.terminate()));
  expect(String(await once(client, "message"))).toContain("200 OK");
  const closed = http.close();
  expect(String(await once(client, "message"))).toMatch(/200 OK.*connection: close.*served/is);
  await closed;
});

test("a stop waits no longer than its limit for handlers that never end", { timeout: 20_000 }, async () => {
  const http = fastify({ return503OnClosing: false });
  const drain = connectionDrain({ idleMs: 0, slowClientMs: 10, answerMs: 20 }, new RunningHandlers(600_000));
  drain.addHooks(http);
  let requests = 0;
  http.get("/", () => {
    requests += 1;
    return new Promise(() => undefined);
  });
  drain.waitLast(http);
  const url = await http.listen({ port: 0, host: "127.0.0.1" });
  const gone = new AbortController();
  const left = fetch(url, { signal: gone.signal });
  const cut = fetch(url);
  await until(() => requests === 2);
  gone.abort();
  const closed = http.close();
  expect((await Promise.allSettled([left, cut])).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  await closed;
});
