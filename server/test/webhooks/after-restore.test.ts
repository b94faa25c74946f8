import { expect } from "vitest";
import { systemClock } from "#platform/clock.ts";
import type { Pool } from "#platform/database/database.ts";
import { openPool } from "#platform/database/pool.ts";
import { holdAfterRestore, readDatabaseSwitches } from "#platform/database/failover.ts";
import { type SendMail, insertMail, listHeldMails, sendDueMail } from "#portal/mails/index.ts";
import { deleteOldJobs, listJobs, workOnJob } from "#webhooks/jobs/index.ts";
import { retryDelivery } from "#webhooks/deliveries/index.ts";
import { runCommandLine } from "../../src/cli/command.ts";
import { buildEndpoint, buildProvider, recordNow, selecting, startJob } from "../support/build-webhooks.ts";
import { countWaiting } from "../support/count-waiting.ts";
import { startReceiver } from "../support/receiver.ts";
import { startTestEngine } from "../support/start-test-engine.ts";
import { schema } from "../support/test-databases.ts";
import { test } from "../support/test.ts";
import { until } from "../support/until.ts";

/** A delivery is due, and an engine has written its last heartbeat this long ago. */
async function leaveDue(pool: Pool, beatSecondsAgo: number, url = "http://127.0.0.1:1/") {
  const providerId = await buildProvider(pool);
  const endpointId = await buildEndpoint(pool, { providerId, url });
  const [eventId = ""] = await recordNow(pool, { providerId });
  await pool.query(
    `insert into engines (id, beat_at) values (gen_random_uuid(), clock_timestamp() - make_interval(secs => $1))`,
    [beatSecondsAgo],
  );
  return { providerId, endpointId, eventId };
}

const follow = (pool: Pool, silentSeconds: number | null) =>
  pool.query("select is_first, is_held from follow_database(null, 0, $1)", [silentSeconds]);

const heldLanes = (pool: Pool) => pool.query("select from lanes where not_before = 'infinity'");

const newTimeline = "update transaction_numbers set timeline = timeline - 1";
const toPoint = "create or replace function has_recovery_target() returns boolean language sql return true";
const restoredDump = "update transaction_numbers set stored_as = 1";
const otherCluster = "update transaction_numbers set cluster = 1";

test.concurrent.for([
  ["a failover", newTimeline, 2, null, false],
  ["a failover after four minutes", newTimeline, 240, null, false],
  ["a failover after an hour, in a process that was running during the failover", newTimeline, 3600, 3598, false],
  ["a restore of yesterday's state", newTimeline, 86_400, null, true],
  ["a restore of yesterday's state, in a process that used the database since", newTimeline, 86_400, 60, true],
  ["a restore to a point of some seconds ago", `${newTimeline};${toPoint}`, 2, null, true],
  ["a restored dump", restoredDump, 2, null, true],
  ["pg_upgrade, which keeps all rows and ids", otherCluster, 3600, null, false],
] as const)(
  "%s: deliveries are held only if the database was restored",
  async ([, change, beat, silent, isHeld], { database, owner }) => {
    await leaveDue(database, beat);
    for (const statement of change.split(";")) await owner.query(statement);
    expect(await follow(database, silent)).toEqual([{ isFirst: true, isHeld }]);
    expect(await heldLanes(database)).toHaveLength(isHeld ? 1 : 0);
    expect(await follow(database, null)).toEqual([{ isFirst: false, isHeld: false }]);
    const switches = await readDatabaseSwitches(database);
    expect([switches.count, switches.heldAt !== null]).toEqual([1, isHeld]);
  },
);

test.concurrent("a restore without due deliveries holds nothing", async ({ database, owner }) => {
  await owner.query(restoredDump);
  expect(await follow(database, null)).toEqual([{ isFirst: true, isHeld: false }]);
});

test.concurrent("the first connection to a restored database logs the restore as an error", async ({
  database,
  databaseUrl,
  owner,
}) => {
  await leaveDue(database, 86_400);
  await owner.query(newTimeline);
  const errors: string[] = [];
  const log = { warn: () => undefined, error: (_fields: object, message: string) => void errors.push(message) };
  await using _first = await openPool({ connectionString: databaseUrl, schema, log });
  expect(errors).toEqual([expect.stringContaining("bellwire resume --after-restore")]);
});

async function command(databaseUrl: string, ...args: string[]) {
  const output: string[] = [];
  const code = await runCommandLine(args, {
    env: { DATABASE_URL: databaseUrl, BELLWIRE_SECRET_KEY: Buffer.alloc(32, 3).toString("base64") },
    roles: [],
    serve: async () => 1,
    print: (line) => output.push(line),
    printStatus: (line) => output.push(line),
  });
  return { code, output: output.join("\n") };
}

const resume = (databaseUrl: string, ...options: string[]) =>
  command(databaseUrl, "resume", "--after-restore", ...options);

test.concurrent("held deliveries are not sent, even after a retry or new events, until --send releases them", async ({
  database,
  databaseUrl,
}) => {
  await using receiver = await startReceiver();
  await using other = await startReceiver();
  const due = await leaveDue(database, 1, receiver.url);
  await leaveDue(database, 1, other.url);
  expect(await holdAfterRestore(database)).toBe(true);
  await using _engine = await startTestEngine(database);
  await database.inTransaction((tx) => retryDelivery(tx, due));
  const [since] = await recordNow(database, { providerId: due.providerId });
  const later = await buildEndpoint(database, { providerId: due.providerId, url: other.url, name: "later" });
  await recordNow(database, { providerId: due.providerId });
  await until(() => other.received.length === 1); // the endpoint that was created since
  expect(receiver.received).toEqual([]);

  const plan = await resume(databaseUrl, "--plan", "--endpoint", String(due.endpointId));
  expect(plan.output).toMatch(new RegExp(`${due.endpointId} +default +1 +0 .* 2 +0$`, "m"));
  const sent = await resume(databaseUrl, "--send", "--endpoint", String(due.endpointId));
  expect(sent.output).toContain("1 delivery of 1 endpoint is sent now");
  expect(sent.output).toContain("Others are still held");
  await until(() => receiver.received.length === 3);
  const ids = receiver.received.map(({ headers }) => headers["webhook-id"]);
  expect(ids).toEqual(expect.arrayContaining([due.eventId, since]));
  expect(other.received).toHaveLength(1);
  expect(later).toBeGreaterThan(0);

  expect((await resume(databaseUrl, "--send")).output).toContain("Nothing is held any more.");
  await until(() => other.received.length === 2);
  expect(await resume(databaseUrl, "--send")).toEqual({ code: 0, output: "Nothing is held after a restore." });
  expect((await readDatabaseSwitches(database)).heldAt).toBeNull();
});

test.concurrent("--skip cancels deliveries due at the restore, sends later ones whatever the clocks say, and writes an audit record", async ({
  database,
  databaseUrl,
}) => {
  await using receiver = await startReceiver();
  const due = await leaveDue(database, 1, receiver.url);
  await holdAfterRestore(database);
  const anHourBehind = new Date(Date.now() - 3_600_000);
  const [since] = await recordNow(database, { providerId: due.providerId, now: anHourBehind });
  await using _engine = await startTestEngine(database);
  const skipped = await resume(databaseUrl, "--skip");
  expect(skipped).toMatchObject({
    code: 0,
    output: expect.stringContaining("1 delivery of 1 endpoint is cancelled"),
  });
  await until(() => receiver.received.length === 1);
  expect(receiver.received[0]?.headers["webhook-id"]).toBe(since);
  expect(await database.query("select state from deliveries where event_id = $1", [due.eventId])).toEqual([
    { state: "cancelled" },
  ]);
  const audited = "select action, detail ->> 'count' as count, detail -> 'endpoints' as endpoints from audit_records";
  expect(await database.query(audited)).toEqual([
    { action: "deliveries.skipped_after_restore", count: "1", endpoints: [due.endpointId] },
  ]);
});

test.concurrent("a second command is refused in words while the first one decides, and changes nothing", async ({
  database,
  databaseUrl,
}) => {
  const due = await leaveDue(database, 1);
  await holdAfterRestore(database);
  const locked = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  const blocking = database.inTransaction(async (tx) => {
    await tx.query("select from due for update");
    locked.resolve();
    await released.promise;
  });
  await locked.promise;
  const skipping = resume(databaseUrl, "--skip");
  await until(async () => (await countWaiting(database)) > 0);
  const second = await resume(databaseUrl, "--send");
  expect((await resume(databaseUrl, "--plan")).code).toBe(0);
  released.resolve();
  await blocking;
  expect(second).toMatchObject({ code: 1, output: expect.stringContaining("Another `bellwire resume") });
  expect(await skipping).toMatchObject({
    code: 0,
    output: expect.stringContaining("1 delivery of 1 endpoint is cancelled"),
  });
  expect(await database.query("select event_id, state from deliveries")).toEqual([
    { eventId: due.eventId, state: "cancelled" },
  ]);
});

/** Creates an unsent mail and a job that retries all failures of a provider. */
async function leaveMailAndJob(pool: Pool, recipient = "ann@example.com"): Promise<number> {
  const providerId = await buildProvider(pool);
  const mail = { recipient, subject: "Welcome", text: "Hello" };
  await pool.inTransaction((tx) => insertMail(tx, providerId, mail, new Date()));
  const rows = selecting([{ eventId: "018f0000-0000-7000-8000-000000000000", endpointId: 1 }]);
  await startJob(pool, { providerId, kind: "retry", subject: "failures", rows });
  return providerId;
}

test.concurrent("a mail whose attempt fails after the restore stays held", async ({ database }) => {
  await leaveMailAndJob(database);
  const send: SendMail = async () => {
    await holdAfterRestore(database);
    throw new Error("no route to the mail server");
  };
  expect(await sendDueMail({ pool: database, send, clock: systemClock })).toBe(true);
  expect(await listHeldMails(database)).toMatchObject([{ count: 1 }]);
});

test.concurrent.for([
  { choice: "--send", expectedOutput: ["1 mails of", "are sent now", "1 jobs of", "continue"], sent: 1, state: "done" },
  {
    choice: "--skip",
    expectedOutput: ["1 mails of", "are deleted", "1 jobs of", "are cancelled"],
    sent: 0,
    state: "cancelled",
  },
])(
  "mails and jobs from before the restore are held until $choice, and later mails are sent",
  async ({ choice, expectedOutput, sent, state }, { database, databaseUrl }) => {
    const providerId = await leaveMailAndJob(database);
    const neighbourId = await leaveMailAndJob(database, "bea@example.com");
    expect(await holdAfterRestore(database)).toBe(true);
    const recipients: string[] = [];
    const send: SendMail = async ({ recipient }) => void recipients.push(recipient);
    const work = async () => {
      while (await sendDueMail({ pool: database, send, clock: systemClock }));
      while (await workOnJob(database));
    };
    const since = { recipient: "since@example.com", subject: "Welcome", text: "Hello" };
    await database.inTransaction((tx) => insertMail(tx, providerId, since, new Date()));
    await work();
    expect(recipients).toEqual(["since@example.com"]);
    expect(await listJobs(database, { providerId, limit: 9 })).toMatchObject([{ state: "running", skipped: 0 }]);
    await deleteOldJobs(database, new Date(Date.now() + 86_400_000), 30);

    const plan = await resume(databaseUrl, "--plan");
    expect(plan.output).toMatch(/^(\S+ +mails +1 +20.*\n){2}(\S+ +jobs +1 +20.*\n?){2}/m);
    const resumed = await resume(databaseUrl, choice, "--provider", `provider-${providerId}`);
    for (const words of expectedOutput) expect(resumed.output).toContain(words);
    await work();
    expect(
      await database.query("select from mails where provider_id = $1 and sent_at is null", [neighbourId]),
    ).toHaveLength(1);
    expect(await listJobs(database, { providerId: neighbourId, limit: 9 })).toMatchObject([{ state: "running" }]);
    expect((await resume(databaseUrl, choice)).output).toContain("Nothing is held any more.");
    expect(recipients.filter((recipient) => recipient === "ann@example.com")).toHaveLength(sent);
    const kept = await database.query("select from mails where provider_id = $1", [providerId]);
    expect(kept).toHaveLength(1 + sent); // the later mail stays
    expect(await listJobs(database, { providerId, limit: 9 })).toMatchObject([{ state }]);
    const audited = "select action from audit_records where provider_id = $1 order by id";
    const word = choice === "--send" ? "sent" : "skipped";
    expect(await database.query(audited, [providerId])).toEqual([
      { action: `mails.${word}_after_restore` },
      { action: `jobs.${word}_after_restore` },
    ]);
  },
);

test.concurrent("hold skips numbers and holds due deliveries, and both commands require explicit options", async ({
  database,
  databaseUrl,
}) => {
  await leaveDue(database, 1);
  expect(await command(databaseUrl, "hold")).toMatchObject({ code: 2 });
  expect(await resume(databaseUrl)).toMatchObject({ code: 2 });
  expect(await resume(databaseUrl, "--send", "--skip")).toMatchObject({ code: 2 });
  const numbers = "select transaction_numbers_skipped() as skipped";
  const [before] = await database.query<{ skipped: number }>(numbers);
  expect(await command(databaseUrl, "hold", "--after-restore")).toMatchObject({ code: 0 });
  const [after] = await database.query<{ skipped: number }>(numbers);
  expect(after?.skipped).toBeGreaterThan((before?.skipped ?? 0) + 999_999_999);
  expect(await heldLanes(database)).toHaveLength(1);
  const unknown = await resume(databaseUrl, "--send", "--endpoint", "77");
  expect(unknown.output).toBe("Nothing of endpoint 77 is held after a restore.");
  expect(await heldLanes(database)).toHaveLength(1);
});

test.concurrent("a backup that is restored twice gives no number of the first restore again", async ({
  database,
  owner,
}) => {
  const restore = async () => {
    await owner.query(
      "create or replace function transaction_numbers_skipped() returns bigint language sql stable return 0",
    );
    await owner.query("create or replace function account_numbers_floor() returns bigint language sql stable return 0");
    await holdAfterRestore(database);
    const next = "select transaction_number() as transaction, account_numbers_floor() + 1 as sequence";
    const [numbers] = await database.query<{ transaction: number; sequence: number }>(next);
    return numbers ?? { transaction: NaN, sequence: NaN };
  };
  const first = await restore();
  const second = await restore();
  expect(second.sequence - first.sequence).toBeGreaterThan(10); // events of an account between the restores
  expect(second.transaction - first.transaction).toBeGreaterThan(100);
});

test.concurrent("--provider decides for that provider only", async ({ database, databaseUrl }) => {
  const [one, other] = [await leaveDue(database, 1), await leaveDue(database, 1)];
  await holdAfterRestore(database);
  const [provider] = await database.query<{ subdomain: string }>("select subdomain from providers where id = $1", [
    one.providerId,
  ]);
  expect(await resume(databaseUrl, "--skip", "--provider", provider?.subdomain ?? "")).toMatchObject({
    code: 0,
    output: expect.stringContaining("1 delivery of 1 endpoint is cancelled"),
  });
  expect(await database.query("select endpoint_id, state from deliveries")).toEqual([
    { endpointId: one.endpointId, state: "cancelled" },
  ]);
  const selectHeld = "select endpoint_id from lanes where not_before = 'infinity'";
  expect(await database.query(selectHeld)).toEqual([{ endpointId: other.endpointId }]);
});
