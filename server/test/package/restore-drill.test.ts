import type { ServerResponse } from "node:http";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import pg from "pg";
import { expect, test } from "vitest";
import { type BellwireApi, sendRequest, itemsAt, valueAt } from "../chaos/api-client.ts";
import { fastestFolder } from "../support/fastest-folder.ts";
import { findWholePostgres } from "../support/postgres-programs.ts";
import { type Receiver, startReceiver } from "../support/receiver.ts";
import { BellwireProcess } from "../support/start-bellwire.ts";
import {
  type ThrowAwayPostgres,
  startRestored,
  startThrowAwayPostgres,
  takeBaseBackup,
} from "../support/throw-away-postgres.ts";
import { until } from "../support/until.ts";
import { apiAt, settingsFor, signUp } from "./verify-delivery.ts";

const timeout = 300_000;
const point = "before the mistake";

/** Accounts by the time of their sign-up: before the point, at it with deliveries still due, after it, after the restore. */
const names = { before: ["b1", "b2", "b3"], due: ["d1", "d2", "d3"], lost: ["l1", "l2"], since: ["s1", "s2"] } as const;

const orgName = (name: string): string => `drill-${name}-drill`;
const receivedOf = (receiver: Receiver, name: string) =>
  receiver.received.filter(({ body }) => body.includes(orgName(name)));

/** Returns how often the receiver got the creation of each account of a group. */
const countsAt = (receiver: Receiver, group: keyof typeof names): readonly number[] =>
  names[group].map((name) => receivedOf(receiver, name).filter(({ body }) => body.includes("account.created")).length);

async function query<Row extends pg.QueryResultRow>(postgres: ThrowAwayPostgres, text: string): Promise<Row[]> {
  const client = new pg.Client(postgres.urlOf("postgres"));
  await client.connect();
  try {
    return (await client.query<Row>(text)).rows;
  } finally {
    await client.end();
  }
}

/** Creates the restore point, and waits until the archive contains it. */
async function markPoint(postgres: ThrowAwayPostgres): Promise<void> {
  await query(postgres, `select pg_create_restore_point('${point}')`);
  const [last] = await query<{ file: string }>(postgres, "select pg_walfile_name(pg_switch_wal()) as file");
  const archived = `select from pg_stat_archiver where last_archived_wal >= '${last?.file}'`;
  await until(async () => (await query(postgres, archived)).length === 1, { withinMs: 60_000 });
}

/** Holds all responses until `open` is called. */
function gate() {
  const waiting: ServerResponse[] = [];
  let isOpen = false;
  return {
    answer: (response: ServerResponse): void => void (isOpen ? response.end() : waiting.push(response)),
    open: (): void => {
      isOpen = true;
      for (const response of waiting) response.end();
    },
  };
}

async function addEndpoint(api: BellwireApi, name: string, receiver: Receiver): Promise<void> {
  const endpoint = {
    name,
    url: receiver.url,
    format: "json",
    event_types: ["account.created", "account.updated"],
    provider_actions: true,
    timeout_seconds: 60,
    retry_waits_seconds: Array.from({ length: 50 }, () => 1),
  };
  expect(await sendRequest(api, "POST", "/api/v1/endpoints", endpoint)).toMatchObject({ status: 201 });
}

/** Signs the group up and returns the ids of its accounts. */
async function signUpAll(api: BellwireApi, group: keyof typeof names): Promise<readonly number[]> {
  const ids: number[] = [];
  for (const name of names[group]) {
    const { status, body } = await signUp(api, orgName(name));
    expect(status).toBe(201);
    ids.push(Number(valueAt(body, "account", "id")));
  }
  return ids;
}

const rename = (api: BellwireApi, accountId: number | undefined, name: string) =>
  sendRequest(api, "PUT", `/admin/api/accounts/${accountId}.json`, { org_name: name });

/** Returns the ids of a feed's events behind a cursor, and the cursor behind them. */
async function follow(api: BellwireApi, after?: unknown) {
  const path = `/api/v1/events?order=oldest&limit=100${typeof after === "string" ? `&after=${after}` : ""}`;
  const { body } = await sendRequest(api, "GET", path);
  return { ids: itemsAt(body, "data").map((event) => valueAt(event, "id")), next: valueAt(body, "next") };
}

/** Returns the numbers of accounts that two different events had. */
function reusedNumbers(receivers: readonly Receiver[]): readonly string[] {
  const ids = new Map<string, Set<unknown>>();
  for (const { headers, body } of receivers.flatMap(({ received }) => received)) {
    const parsed: unknown = JSON.parse(body);
    const number = `${String(valueAt(parsed, "data", "account", "id") ?? valueAt(parsed, "data", "id"))} ${String(headers["bellwire-sequence"])}`;
    ids.set(number, (ids.get(number) ?? new Set()).add(headers["webhook-id"]));
  }
  return [...ids].flatMap(([number, { size }]) => (size > 1 ? [number] : []));
}

const run = async (environment: Readonly<Record<string, string>>, ...args: string[]): Promise<string> => {
  await using command = new BellwireProcess(args, environment);
  expect([await command.ended, command.stderr]).toEqual([0, expect.not.stringContaining("usage")]);
  return command.stdout;
};

test.for([
  { choice: "--send", sentBefore: 2, notSentBefore: 1, effect: "no due delivery is lost" },
  { choice: "--skip", sentBefore: 1, notSentBefore: 0, effect: "no delivery is repeated" },
])(
  "a point-in-time restore holds all deliveries; after resume $choice $effect, and no number is reused",
  { timeout },
  async ({ choice, sentBefore, notSentBefore }, context) => {
    const programs = await findWholePostgres(18);
    if ("missing" in programs) return context.skip(programs.missing);
    await using cleaned = new AsyncDisposableStack();
    const archive = await mkdtemp(join(await fastestFolder(), "bellwire-archive-"));
    await chmod(archive, 0o777);
    cleaned.defer(() => rm(archive, { recursive: true, force: true }));
    const quick = cleaned.use(await startReceiver());
    const lateGate = gate();
    const late = cleaned.use(await startReceiver(lateGate.answer));
    const broken = cleaned.use(await startReceiver(500));
    const primary = await startThrowAwayPostgres({
      ...programs,
      settings: { archive_mode: "on", archive_command: `cp %p ${archive}/%f`, synchronous_commit: "on" },
    });
    cleaned.defer(() => primary[Symbol.asyncDispose]());
    const bellwire = cleaned.use(new BellwireProcess(["serve"], settingsFor(primary.urlOf("postgres"))));
    const api = apiAt(await bellwire.ready());
    for (const [name, receiver] of Object.entries({ quick, late, broken })) await addEndpoint(api, name, receiver);
    const place = await takeBaseBackup(primary);

    const [renamed] = await signUpAll(api, "before");
    await signUpAll(api, "due");
    await until(() => quick.received.length === 6 && late.received.length > 0);
    await until(
      async () =>
        itemsAt((await sendRequest(api, "GET", "/api/v1/deliveries?state=delivered")).body, "data").length === 6,
    );
    await markPoint(primary);

    lateGate.open(); // the restored database lacks everything from here on
    const lost = await signUpAll(api, "lost");
    expect(await rename(api, renamed, orgName("lost-name"))).toMatchObject({ status: 200 });
    await until(() => [quick, late].every((receiver) => receivedOf(receiver, "lost-name").length === 1));
    await until(() => countsAt(late, "due").every((count) => count === 1) && countsAt(late, "lost").every(Boolean));
    const followed = await follow(api);
    await bellwire.kill();
    await primary.kill();
    expect(countsAt(broken, "due").every((count) => count > 0)).toBe(true);

    const restored = cleaned.use(await startRestored(place, { ...programs, archive, target: point }));
    const environment = settingsFor(restored.urlOf("postgres"));
    const again = cleaned.use(new BellwireProcess(["serve"], environment));
    const apiAgain = apiAt(await again.ready());
    expect(again.stdout + again.stderr).toContain(
      "the database was restored: deliveries, mails and jobs from before are held",
    );
    expect(String(valueAt((await sendRequest(apiAgain, "GET", "/readyz")).body, "warnings", 1))).toContain(
      "deliveries, mails and jobs are held",
    );
    const before = [quick, late, broken].map(({ received }) => received.length);
    broken.answer(200);
    const fresh = cleaned.use(await startReceiver());
    await addEndpoint(apiAgain, "fresh", fresh);
    const since = await signUpAll(apiAgain, "since");
    expect(await rename(apiAgain, renamed, orgName("new-name"))).toMatchObject({ status: 200 });
    await until(() => fresh.received.length === 3); // engines send to endpoints that are not held
    expect([quick, late, broken].map(({ received }) => received.length)).toEqual(before);
    expect(Math.min(...since)).toBeGreaterThan(Math.max(...lost));

    const failedBefore = new Set(broken.received);
    expect(await run(environment, "resume", "--after-restore", "--plan")).toMatch(/late +6 +0 .* 3 +0$/m);
    await run(environment, "resume", "--after-restore", choice);
    await until(async () => (await query(restored, "select from bellwire.due")).length === 0, { withinMs: 60_000 });

    const once = [1, 1, 1];
    const groups = ["before", "due", "lost", "since"] as const;
    expect(groups.map((group) => countsAt(quick, group))).toEqual([once, once, [1, 1], [1, 1]]);
    const sentCounts = once.map(() => sentBefore);
    expect(groups.map((group) => countsAt(late, group))).toEqual([sentCounts, sentCounts, [1, 1], [1, 1]]);
    const succeeded: Receiver = {
      ...broken,
      received: broken.received.filter((request) => !failedBefore.has(request)),
    };
    const notSentCounts = once.map(() => notSentBefore);
    expect(groups.map((group) => countsAt(succeeded, group))).toEqual([notSentCounts, notSentCounts, [0, 0], [1, 1]]);

    expect(reusedNumbers([quick, late, broken, fresh])).toEqual([]);
    const [lostId] = receivedOf(quick, "l1").map(({ headers }) => String(headers["webhook-id"]));
    expect(await sendRequest(apiAgain, "GET", `/api/v1/events/${lostId}`)).toMatchObject({ status: 404 });
    const { ids } = await follow(apiAgain, followed.next);
    expect(ids).toEqual(expect.arrayContaining(fresh.received.map(({ headers }) => headers["webhook-id"])));
    expect(await run(environment, "resume", "--after-restore", choice)).toBe("Nothing is held after a restore.\n");
    expect(await again.stop()).toBe(0);
  },
);
