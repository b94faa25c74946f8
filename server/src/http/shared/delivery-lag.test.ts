import fastify from "fastify";
import { expect, test } from "vitest";
import { Caches } from "#platform/database/database.ts";
import { aProvider } from "../../../test/support/build-portal.ts";
import { addDeliveryLag, delayMsOf } from "./delivery-lag.ts";

test.each([
  [0, 0],
  [5, 0],
  [6, 50],
  [15, 500],
  [25, 1000],
  [3600, 1000],
])("a backlog of %i s delays a change by %i ms", (backlogSeconds, delayMs) => {
  expect(delayMsOf(backlogSeconds)).toBe(delayMs);
});

/** Serves a change and a page of two providers, of which the first has deliveries that are 15 s late. */
async function openServer(backlogSeconds: number) {
  const [delays, recorded]: [number[], (number | undefined)[]] = [[], []];
  let nowMs = 0;
  const http = fastify();
  http.decorateRequest("provider", {
    getter() {
      return aProvider({ id: Number(this.headers["x-provider"] ?? 1) });
    },
  });
  addDeliveryLag(http, {
    pool: {
      caches: new Caches(),
      query: async (_text: string, values: readonly unknown[] = []) =>
        JSON.parse(JSON.stringify(values[0] === 1 ? [{ lagSeconds: 15, backlogSeconds }] : [])),
    },
    clock: { monotonicMs: () => nowMs, sleep: async (ms) => void delays.push(ms) },
  });
  http.addHook("onResponse", async ({ delayedMs }) => void recorded.push(delayedMs));
  for (const url of ["/api/v1/bins", "/bins"]) {
    http.get(url, async () => ({}));
    http.post(url, async () => ({}));
  }
  const lagOf = async (method: "GET" | "POST", url: string, headers: Readonly<Record<string, string>> = {}) =>
    (await http.inject({ method, url, headers })).headers["bellwire-delivery-lag"];
  await lagOf("POST", "/api/v1/bins"); // measures
  return { delays, recorded, lagOf, advance: (ms: number) => (nowMs += ms) };
}

test("only API changes of the late provider are delayed, not reads, pages and other providers; metrics know by how much", async () => {
  const { delays, recorded, lagOf } = await openServer(15);
  expect(await lagOf("POST", "/api/v1/bins")).toBe("15");
  expect(delays).toEqual([500]);
  await lagOf("GET", "/api/v1/bins");
  await lagOf("POST", "/bins");
  await lagOf("POST", "/api/v1/bins", { cookie: "bellwire_admin=session" });
  await lagOf("POST", "/api/v1/bins", { "x-provider": "2" });
  expect(delays).toEqual([500]);
  expect(recorded.filter((delayedMs) => delayedMs !== undefined)).toEqual([500]);
});

test("deliveries held up by their receivers are reported as lag and delay no change", async () => {
  const { delays, lagOf } = await openServer(0);
  expect(await lagOf("POST", "/api/v1/bins")).toBe("15");
  expect(delays).toEqual([]);
});

test("a measurement older than 10 s neither delays changes nor is reported", async () => {
  const { delays, lagOf, advance } = await openServer(15);
  advance(10_001);
  expect(await lagOf("POST", "/api/v1/bins")).toBeUndefined();
  expect(delays).toEqual([]);
});
