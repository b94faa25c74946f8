import { expect } from "vitest";
import { test } from "../api/api-test.ts";
import { Random } from "../simulation/random.ts";
import { RandomPortal, type Send } from "../simulation/random-portal.ts";
import { findMirrorErrors, readFeed } from "../support/find-contradictions.ts";

/** MIRROR_SEED=17 repeats the choices of that seed; concurrent requests still finish in an order of their own. */
const seed = Number(process.env["MIRROR_SEED"] ?? 1);
/** MIRROR_STEPS=5000 makes that many requests. */
const steps = Number(process.env["MIRROR_STEPS"] ?? 300);
const clients = 8;

test("a mirror that a program builds from the feed alone equals the portal after concurrent changes", async ({
  api,
  clock,
}) => {
  const failures: string[] = [];
  const send: Send = async (method, path, payload) => {
    const { statusCode, body } = await api.send(method, path.replace("/admin/api", ""), { payload: payload ?? {} });
    if (statusCode >= 500) failures.push(`${method} ${path}: ${statusCode} ${body}`);
    return { status: statusCode, body: body.startsWith("{") ? JSON.parse(body) : body };
  };
  const portal = new RandomPortal(send, new Random(seed));
  await portal.prepare();
  let left = steps;
  const run = async (): Promise<void> => {
    for (; left > 0; left -= 1) {
      await clock.advance(1000);
      await portal.step();
    }
  };
  await Promise.all(Array.from({ length: clients }, run));

  const { pool, provider } = api;
  const feed = await readFeed(pool, provider.id);
  const readXml = async (path: string): Promise<string> => {
    const { statusCode, body } = await api.send("GET", path.replace("/admin/api", ""));
    return statusCode === 200 ? body : "";
  };
  expect(await findMirrorErrors({ pool, providerId: provider.id }, feed, readXml)).toEqual([]);
  expect(failures).toEqual([]);
  expect(feed.length).toBeGreaterThan(steps / 4);
});
