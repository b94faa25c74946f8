import { expect } from "vitest";
import type { Pool } from "#platform/database/database.ts";
import { record, value } from "#platform/document.ts";
import { anEvent, buildEndpoint, buildProvider, recordNow } from "../support/build-webhooks.ts";
import { startReceiver, type Receiver } from "../support/receiver.ts";
import { startTestEngine } from "../support/start-test-engine.ts";
import { test } from "../support/test.ts";
import { until } from "../support/until.ts";

const events = (count: number) => Array.from({ length: count }, (_, index) => anEvent({ accountId: index }));

/** Starts hosts, each a separate server. */
async function startHosts(count: number, hosts: AsyncDisposableStack): Promise<readonly Receiver[]> {
  const started = await Promise.all(Array.from({ length: count }, () => startReceiver()));
  return started.map((host) => hosts.use(host));
}

/** Builds endpoints with a timeout of a minute, so deliveries within seconds have not waited for a hanging one. */
async function buildEndpoints(
  database: Pool,
  providerId: number,
  count: number,
  urlOf: (index: number) => string,
): Promise<void> {
  for (let index = 0; index < count; index += 1) {
    const url = urlOf(index);
    await buildEndpoint(database, { providerId, url, name: `${url} ${index}`, timeoutSeconds: 60 });
  }
}

const total = (hosts: readonly Receiver[]): number => hosts.reduce((sum, host) => sum + host.received.length, 0);

test("a hanging host has at most three attempts in flight, whatever its number of endpoints", async ({ database }) => {
  await using hanging = await startReceiver("hang");
  await using good = await startReceiver();
  const providerId = await buildProvider(database);
  await buildEndpoints(database, providerId, 60, () => hanging.url);
  await buildEndpoint(database, { providerId, url: good.url, name: "good" });
  await using _engine = await startTestEngine(database, { inFlightMax: 20, drainMs: 0 });

  await recordNow(database, { providerId }, events(100));

  await until(() => good.received.length === 100);
  expect(hanging.received.length).toBeLessThanOrEqual(3);
});

// Two slots have room for 320 kB of such receivers.
test("a hanging host with large bodies does not keep others from theirs", async ({ database }) => {
  await using hanging = await startReceiver("hang");
  await using good = await startReceiver();
  const providerId = await buildProvider(database);
  await buildEndpoints(database, providerId, 1, () => hanging.url);
  const large = anEvent({ document: record("account", [value("note", "x".repeat(200_000))]) });
  await recordNow(database, { providerId }, [large, large, large]);
  await using _engine = await startTestEngine(database, { inFlightMax: 2, drainMs: 0 });
  await until(() => hanging.received.length === 1);

  const other = await buildProvider(database);
  await buildEndpoint(database, { providerId: other, url: good.url });
  await recordNow(database, { providerId: other });
  await until(() => good.received.length === 1);
  expect(hanging.received).toHaveLength(1);
});

test("each hanging host gets one attempt, and all slots stay available to a known quick receiver", async ({
  database,
}) => {
  await using hosts = new AsyncDisposableStack();
  const hanging = await startHosts(30, hosts);
  for (const host of hanging) host.answer("hang");
  await using good = await startReceiver();
  const known = await buildProvider(database);
  await buildEndpoint(database, { providerId: known, url: good.url });
  await using _engine = await startTestEngine(database, { inFlightMax: 16, drainMs: 0 });
  await recordNow(database, { providerId: known });
  await until(() => good.received.length === 1);

  const providerId = await buildProvider(database);
  await buildEndpoints(database, providerId, 30, (index) => hanging[index]?.url ?? "");
  await recordNow(database, { providerId }, events(5));
  await until(() => total(hanging) === 30);
  await recordNow(database, { providerId: known }, events(200));

  await until(() => good.received.length === 201);
  expect(total(hanging)).toBe(30);
});

test("thirty hanging endpoints do not stop deliveries to seventy others on the same hosts", async ({ database }) => {
  await using hosts = new AsyncDisposableStack();
  const fourHosts = await startHosts(4, hosts);
  const isHanging = (path: string): boolean => path.endsWith("?hangs");
  for (const host of fourHosts) {
    host.answer((response, { path }) => void (isHanging(path) || response.writeHead(200).end()));
  }
  const providerId = await buildProvider(database);
  await buildEndpoints(database, providerId, 100, (index) => {
    const { url = "" } = fourHosts[index % 4] ?? {};
    return index % 10 < 3 ? `${url}?hangs` : url;
  });
  // Ten endpoints of a host hang, one less than may.
  await using _engine = await startTestEngine(database, { inFlightMax: 88, drainMs: 0 });

  await recordNow(database, { providerId }, events(50));

  const good = (): number => fourHosts.flatMap((host) => host.received.filter(({ path }) => !isHanging(path))).length;
  await until(() => good() === 70 * 50, { withinMs: 50_000 }); // sooner than a hanging attempt ends
  expect(total(fourHosts) - good()).toBeLessThanOrEqual(30); // at most one attempt each, since the first still hangs
});

test("retries due in the same second ramp up with the receiver's responses, and each is sent once", async ({
  database,
}) => {
  let inFlight = 0;
  let answers = 0;
  const widths: { readonly inFlight: number; readonly answers: number }[] = [];
  await using receiver = await startReceiver((response) => {
    inFlight += 1;
    widths.push({ inFlight, answers });
    setTimeout(() => {
      inFlight -= 1;
      answers += 1;
      response.writeHead(200).end();
    }, 2);
  });
  const providerId = await buildProvider(database);
  await buildEndpoint(database, { providerId, url: receiver.url, retryWaitsSeconds: [60] });
  await recordNow(database, { providerId }, events(1500));
  await database.query(`update due set attempts_made = 1, due_at = date_trunc('second', clock_timestamp())`);
  await using _engine = await startTestEngine(database, { inFlightMax: 200 });

  await until(async () => (await database.query(`select from due`)).length === 0);

  expect(new Set(receiver.received.map(({ headers }) => headers["webhook-id"])).size).toBe(1500);
  expect(receiver.received).toHaveLength(1500);
  // One attempt at first, and one more per response, up to the half of the slots that quick hosts may use.
  expect(widths.filter((width) => width.inFlight > Math.min(100, 1 + width.answers))).toEqual([]);
  expect(Math.max(...widths.map((width) => width.inFlight))).toBeGreaterThan(20);
});

test("forty hanging DNS look-ups hold no slot and do not delay a receiver whose name resolves", async ({
  database,
}) => {
  await using good = await startReceiver();
  const providerId = await buildProvider(database);
  await buildEndpoints(database, providerId, 40, (index) => `http://silent${index}.example/hook`);
  const { port } = new URL(good.url);
  await buildEndpoint(database, { providerId, url: `http://good.example:${port}/`, name: "good" });
  const { promise: silence } = Promise.withResolvers<never>();
  await using running = await startTestEngine(database, {
    inFlightMax: 8,
    drainMs: 0,
    lookup: async (name) => (name === "good.example" ? [{ address: "127.0.0.1", family: 4 }] : silence),
  });

  await recordNow(database, { providerId });
  await until(() => good.received.length === 1);

  // A hanging look-up that held a slot would keep this number above 0.
  await until(() => running.engine.inFlight === 0);
});

test("deliveries to a quick receiver do not wait for the claim of another endpoint", async ({ database }) => {
  await using quick = await startReceiver();
  await using other = await startReceiver();
  const providerId = await buildProvider(database);
  await buildEndpoint(database, { providerId, url: quick.url });
  const claimed = Promise.withResolvers<void>();
  let areHeld = false;
  await using _engine = await startTestEngine(database, {
    onReadSettings: () => (areHeld ? claimed.promise : undefined),
  });
  await recordNow(database, { providerId });
  await until(() => quick.received.length === 1);

  areHeld = true;
  await buildEndpoint(database, { providerId, url: other.url, name: "other" });
  for (let sent = 2; sent <= 4; sent += 1) {
    await recordNow(database, { providerId });
    await until(() => quick.received.length === sent);
  }
  expect(other.received).toEqual([]);
  claimed.resolve();
  await until(() => other.received.length === 3);
});
