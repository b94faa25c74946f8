import { connect, type Socket } from "node:net";
import { createServer, type ServerResponse } from "node:http";
import { expect } from "vitest";
import { requestWithRetries } from "../chaos/api-client.ts";
import { BellwireProcess } from "../support/start-bellwire.ts";
import { test } from "../support/test-of-starts.ts";
import { until } from "../support/until.ts";

/** Enough for a start, its database connections and a few dozen more. */
const descriptors = 160;
/** One for each receiver host that does not answer: more than there are descriptors. */
const endpoints = 150;
/** Attempts that hang in a process with these descriptors and the web role: a few less than its maximum, which is 16. */
const attemptsBeside = { min: 10, max: 16 };
const token = "a-token-that-the-test-knows";

/** Holds all responses until `release`. One server listens on many addresses, each a separate receiver host. */
async function startSlowReceivers() {
  const waiting: ServerResponse[] = [];
  const received: string[] = [];
  let isReleased = false;
  const server = createServer((request, response) => {
    received.push(`${request.headers.host} ${String(request.headers["webhook-id"])}`);
    request.resume();
    if (isReleased) response.end();
    else waiting.push(response);
  });
  await new Promise<void>((resolve) => server.listen(0, "0.0.0.0", resolve));
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  return {
    received,
    urlOf: (number: number) => `http://127.0.1.${number + 1}:${port}/`,
    release() {
      isReleased = true;
      for (const response of waiting) response.end();
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Opens connections that send nothing, as clients and port scanners do. Some may be refused. */
function openIdleConnections(url: string, count: number): { readonly sockets: readonly Socket[] } & Disposable {
  const { hostname, port } = new URL(url);
  const sockets = Array.from({ length: count }, () =>
    connect({ host: hostname, port: Number(port) }).on("error", () => undefined),
  );
  return {
    sockets,
    [Symbol.dispose]() {
      for (const socket of sockets) socket.destroy();
    },
  };
}

async function metric(url: string, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const values = text.split("\n").flatMap((line) => (line.startsWith(name) ? [Number(line.split(" ").at(-1))] : []));
  return values.reduce((sum, value) => sum + value, 0);
}

/** An engine in its own process uses all of its descriptors. Beside the web role it leaves the half of the clients. */
test.for(["own", "shared"] as const)(
  "too few file descriptors use up no attempt and lose no delivery, and the web role keeps responding: engine process %s",
  { timeout: 120_000 },
  async (engineProcess, { databaseUrl, database }) => {
    await using receivers = await startSlowReceivers();
    await using bellwire = new BellwireProcess(
      ["serve"],
      {
        DATABASE_URL: databaseUrl,
        BELLWIRE_SECRET_KEY: Buffer.alloc(32).toString("base64"),
        BELLWIRE_ACCESS_TOKEN: token,
        BELLWIRE_ALLOWED_TARGETS: "127.0.0.0/8",
        BELLWIRE_TRY_OUT: "off",
        BELLWIRE_ENGINE_PROCESS: engineProcess,
      },
      { descriptors },
    );
    const api = { url: await bellwire.ready(), token };
    const addEndpoint = async (number: number): Promise<void> => {
      const endpoint = {
        name: `receiver-${number}`,
        url: receivers.urlOf(number),
        event_types: ["account.created"],
        format: "json",
        retry_waits_seconds: [],
        timeout_seconds: 60, // no attempt fails before the receivers answer
        provider_actions: true,
      };
      // A kept connection may end while it is used again: then the request is repeated, and may have been processed.
      expect([201, 422]).toContain((await requestWithRetries(api, "POST", "/api/v1/endpoints", endpoint)).status);
    };
    for (let first = 0; first < endpoints; first += 10)
      await Promise.all(Array.from({ length: 10 }, (_, index) => addEndpoint(first + index)));
    using _idle = openIdleConnections(api.url, 2 * descriptors);
    const form = { org_name: "quay", username: "quay", email: "quay@example.com" };
    expect(await requestWithRetries(api, "POST", "/admin/api/signup.json", form)).toMatchObject({ status: 201 });

    const warning = "no connection could be opened for want of file descriptors";
    const isFull = (): boolean =>
      engineProcess === "own" ? bellwire.stderr.includes(warning) : receivers.received.length >= attemptsBeside.min;
    await until(isFull, { withinMs: 45_000 });
    for (let requests = 0; requests < 10; requests += 1)
      expect((await requestWithRetries(api, "GET", "/api/v1/endpoints")).status).toBe(200);
    expect(receivers.received.length).toBeLessThanOrEqual(engineProcess === "own" ? endpoints - 1 : attemptsBeside.max);

    receivers.release();
    await until(() => receivers.received.length >= endpoints, { withinMs: 60_000 });
    const ended = "select state, attempts_made as attempts, count(*)::integer from deliveries group by 1, 2";
    await until(async () => (await database.query("select from due")).length === 0);
    expect(await database.query(ended)).toEqual([{ state: "delivered", attempts: 1, count: endpoints }]);
    expect(new Set(receivers.received).size).toBe(receivers.received.length);
    // Connections beyond the limit are reset, also this one as long as the idle ones are open.
    const readNotMade = (): Promise<number> => metric(api.url, "bellwire_attempts_not_made_total").catch(() => 0);
    if (engineProcess === "own") await until(async () => (await readNotMade()) > 0);
    expect(await bellwire.stop()).toBe(0);
    expect(bellwire.stdout + bellwire.stderr).not.toMatch(/uncaught|unhandled/i);
  },
);
