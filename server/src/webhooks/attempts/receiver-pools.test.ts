import { connect } from "node:net";
import { expect, test, vi } from "vitest";
import { type Answer, startReceiver } from "../../../test/support/receiver.ts";
import { until } from "../../../test/support/until.ts";
import { ReceiverPools } from "./sender.ts";

/** Responds and closes the connection. */
const closing: Answer = (response) => void response.writeHead(204, { connection: "close" }).end();

const ignore = (): void => undefined;

/** Pools without the target guard, and the number of their open connections. */
function buildPools({ connectionsMax = 10, originsMax = 10 } = {}) {
  const counts = { open: 0 };
  const pools = new ReceiverPools({
    connector: ({ port }, callback) => {
      const socket = connect(Number(port), "127.0.0.1")
        .once("connect", () => {
          counts.open += 1;
          callback(
            null,
            socket.once("close", () => (counts.open -= 1)),
          );
        })
        .once("error", (error) => callback(error, null));
    },
    connectionsMax,
    originsMax,
  });
  const send = (url: string): Promise<string> =>
    new Promise((resolve) => {
      const { origin, pathname } = new URL(url);
      pools.poolOf(origin).dispatch(
        { method: "POST", path: pathname, body: "<account/>" },
        {
          onRequestStart: ignore,
          onResponseStart: (_controller, status) => resolve(String(status)),
          onResponseData: ignore,
          onResponseEnd: ignore,
          onResponseError: (_controller, error) => resolve("code" in error ? String(error.code) : error.message),
        },
      );
    });
  return { pools, counts, send, [Symbol.asyncDispose]: () => pools[Symbol.asyncDispose]() };
}

test("an origin is forgotten once its last connection is closed or refused", async () => {
  const receiver = await startReceiver(closing);
  await using built = buildPools();
  expect(await built.send(receiver.url)).toBe("204");
  await until(() => built.pools.size === 0);
  await receiver[Symbol.asyncDispose]();
  expect(await built.send(receiver.url)).toBe("ECONNREFUSED");
  await until(() => built.pools.size === 0);
});

test("an origin whose connection is closed keeps its pool while requests wait for another", async () => {
  await using receiver = await startReceiver(closing);
  await using built = buildPools({ connectionsMax: 1 });
  const pool = built.pools.poolOf(new URL(receiver.url).origin);
  const sent = [1, 2, 3].map(() => built.send(receiver.url));
  await sent[1];
  expect(built.pools.poolOf(new URL(receiver.url).origin)).toBe(pool);
  expect(await Promise.all(sent)).toEqual(["204", "204", "204"]);
});

test("beyond the limit of origins, the least recently used one is closed once its request has ended", async () => {
  await using slow = await startReceiver("hang");
  await using quick = await startReceiver();
  await using built = buildPools({ originsMax: 1 });
  const first = built.send(slow.url);
  await until(() => slow.received.length === 1);
  expect(await built.send(quick.url)).toBe("200");
  expect([built.pools.size, built.counts.open]).toEqual([1, 2]);
  await slow[Symbol.asyncDispose]();
  expect(await first).toBe("UND_ERR_SOCKET");
  await until(() => built.counts.open === 1);
});

test("an origin keeps its new pool when its former one loses its connection", async () => {
  await using slow = await startReceiver("hang");
  await using quick = await startReceiver();
  await using built = buildPools({ originsMax: 1 });
  const first = built.send(slow.url);
  await until(() => slow.received.length === 1);
  await built.send(quick.url);
  const { origin } = new URL(slow.url);
  const renewed = built.pools.poolOf(origin);
  await slow[Symbol.asyncDispose]();
  expect(await first).toBe("UND_ERR_SOCKET");
  await until(() => built.counts.open === 0);
  expect(built.pools.poolOf(origin)).toBe(renewed);
});

test("a stop ends the requests of all pools, also of closing ones", async () => {
  await using one = await startReceiver("hang");
  await using other = await startReceiver("hang");
  const built = buildPools({ originsMax: 1 });
  const sent = [one, other].map(({ url }) => built.send(url));
  await until(() => one.received.length + other.received.length === 2);
  await built.pools[Symbol.asyncDispose]();
  expect(await Promise.all(sent)).toEqual(["UND_ERR_DESTROYED", "UND_ERR_DESTROYED"]);
});

test("connections live five minutes, then the name is resolved again", async () => {
  await using built = buildPools();
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  try {
    const origin = "http://receiver.example";
    const pool = built.pools.poolOf(origin);
    vi.advanceTimersByTime(5 * 60_000 - 1);
    expect(built.pools.poolOf(origin)).toBe(pool);
    vi.advanceTimersByTime(1);
    expect(built.pools.poolOf(origin)).not.toBe(pool);
  } finally {
    vi.useRealTimers();
  }
});
