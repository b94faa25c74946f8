import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { systemClock } from "#platform/clock.ts";
import type { Pool } from "#platform/database/database.ts";
import {
  changeAccountPlan,
  changeAccountState,
  declineAccountPlanRequest,
  requestAccountPlan,
  withdrawAccountPlanRequest,
} from "#portal/accounts/index.ts";
import {
  changeApplicationPlan,
  declineApplicationPlanRequest,
  requestApplicationPlan,
} from "#portal/applications/index.ts";
import {
  AddressRefused,
  activationMail,
  countWaitingMails,
  deleteOldMails,
  insertMail,
  invitationMail,
  listMails,
  lostPasswordMail,
  sendDueMail,
} from "#portal/mails/index.ts";
import { createLogger } from "#platform/logger.ts";
import { makeEmptyDataDir } from "../support/empty-data-dir.ts";
import { startRawReceiver } from "../support/raw-receiver.ts";
import { runRoles } from "../support/run-bellwire.ts";
import { test } from "../support/test.ts";
import { until } from "../support/until.ts";
import { byApi, byForm, byToken, form, now, setUp, signUp, signedUp } from "./portal-fixture.ts";

const mail = { recipient: "nora@fjord.example", subject: "Hello", text: "It is fine.\n" };

const after = (seconds: number): Date => new Date(now.getTime() + seconds * 1000);

const at = (time: Date) => ({ now: () => time, sleep: async () => undefined });

const write = (pool: Pool, providerId: number): Promise<void> =>
  pool.inTransaction((tx) => insertMail(tx, providerId, mail, now));

/** A mail server that accepts every mail, or that is down. */
const mailServer = ({ isDown = false } = {}) => {
  const accepted: string[] = [];
  const send = async ({
    recipient,
    from,
    replyTo,
  }: {
    recipient: string;
    from: { name: string; address: string | null };
    replyTo: string | null;
  }): Promise<void> => {
    if (isDown) throw new Error("connect ECONNREFUSED");
    accepted.push(`${from.name} <${from.address}> to ${recipient}${replyTo === null ? "" : `, replies to ${replyTo}`}`);
  };
  return { accepted, send };
};

test("a mail is sent once, from the provider's address, and replies go to its support", async ({ database: pool }) => {
  const { provider } = await setUp(pool);
  const addresses = `from_email = 'hello@acme.example', support_email = 'help@acme.example'`;
  await pool.query(`update providers set ${addresses} where id = $1`, [provider.id]);
  await write(pool, provider.id);
  const { send, accepted } = mailServer();
  expect(await sendDueMail({ pool, send, clock: at(after(1)) })).toBe(true);
  expect(await sendDueMail({ pool, send, clock: at(after(3600)) })).toBe(false);
  expect(accepted).toEqual(["Acme <hello@acme.example> to nora@fjord.example, replies to help@acme.example"]);
  expect((await listMails(pool, provider.id, { limit: 10 })).rows).toMatchObject([
    { ...mail, sentAt: after(1), attemptsMade: 1 },
  ]);
});

test("retries of a mail back off exponentially while the mail server is down", async ({ database: pool }) => {
  const { provider } = await setUp(pool);
  await write(pool, provider.id);
  const { send } = mailServer({ isDown: true });
  const attempts = (seconds: number): Promise<boolean> => sendDueMail({ pool, send, clock: at(after(seconds)) });
  expect([await attempts(0), await attempts(29), await attempts(30), await attempts(89), await attempts(90)]).toEqual([
    true,
    false,
    true,
    false,
    true,
  ]);
  const [waiting] = (await listMails(pool, provider.id, { limit: 10 })).rows;
  expect(waiting).toMatchObject({ sentAt: null, attemptsMade: 3, lastError: "connect ECONNREFUSED" });

  const repaired = mailServer();
  await sendDueMail({ pool, send: repaired.send, clock: at(after(3600)) });
  expect(repaired.accepted).toHaveLength(1);
});

test("processes that poll the outbox concurrently send each mail once, and none later", async ({
  database: pool,
  owner,
}) => {
  const { provider } = await setUp(pool);
  await write(pool, provider.id);
  for (const table of ["mails", "providers"]) await owner.query(`analyze ${table}`); // as it may know an outbox before it fills
  for (let created = 1; created < 20; created += 1) await write(pool, provider.id);
  const { send, accepted } = mailServer();
  const empty = async (): Promise<void> => {
    while (await sendDueMail({ pool, send, clock: at(after(1)) }));
  };
  await Promise.all([empty(), empty(), empty()]);
  expect(accepted).toHaveLength(20);
});

test("another process sends the mail of a process that died", async ({ database: pool }) => {
  const { provider } = await setUp(pool);
  await write(pool, provider.id);
  let reached = (): void => undefined;
  const isSending = new Promise<void>((resolve) => (reached = resolve));
  void sendDueMail({
    pool,
    clock: at(after(0)),
    send: () => {
      reached();
      return new Promise<never>(() => undefined);
    },
  });
  await isSending;
  const { send, accepted } = mailServer();
  await sendDueMail({ pool, send, clock: at(after(599)) });
  expect(accepted).toHaveLength(0);
  await sendDueMail({ pool, send, clock: at(after(600)) });
  expect(accepted).toHaveLength(1);
});

test("a process that waits for a slow mail server leaves the other mails to other processes, and none is sent twice", async ({
  database: pool,
}) => {
  const { provider } = await setUp(pool);
  for (let created = 0; created < 3; created += 1) await write(pool, provider.id);
  const [reached, answer] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  let answered = 0;
  const slow = sendDueMail({
    pool,
    clock: at(after(0)),
    send: async () => {
      reached.resolve();
      await answer.promise;
      answered += 1;
    },
  });
  await reached.promise;
  const { send, accepted } = mailServer();
  while (await sendDueMail({ pool, send, clock: at(after(1)) }));
  expect(accepted).toHaveLength(2);
  answer.resolve();
  await slow;
  expect([answered, accepted.length]).toEqual([1, 2]);
});

test("an address that the mail server refuses is tried once, and the mail counts as failed", async ({
  database: pool,
}) => {
  const { provider } = await setUp(pool);
  await pool.inTransaction((tx) => insertMail(tx, provider.id, mail, new Date()));
  expect((await listMails(pool, provider.id, { limit: 10 })).rows).toMatchObject([{ state: "waiting" }]);
  const refuse = (): Promise<void> => Promise.reject(new AddressRefused("550 5.1.1 no such person here\0"));
  expect(await sendDueMail({ pool, send: refuse, clock: systemClock })).toBe(true);
  expect((await listMails(pool, provider.id, { limit: 10 })).rows).toMatchObject([
    { state: "failed", attemptsMade: 1, lastError: "550 5.1.1 no such person here " },
  ]);
  expect(await countWaitingMails(pool)).toBe(0);
  const { send, accepted } = mailServer();
  for (const days of [1, 2, 3, 4])
    await sendDueMail({ pool, send, clock: at(new Date(Date.now() + days * 24 * 3_600_000)) });
  expect(accepted).toEqual([]);
});

test("a mail whose record the database lost is recorded later, and not sent again", async ({
  database: pool,
  owner,
}) => {
  const { provider } = await setUp(pool);
  await write(pool, provider.id);
  const { send, accepted } = mailServer();
  const sendAndLoseRecords = async (sent: Parameters<typeof send>[0]): Promise<void> => {
    await send(sent);
    await owner.query("alter table mails rename to mails_away");
  };
  let waits = 0;
  const sleep = async (): Promise<void> => {
    waits += 1;
    if (waits === 3) await owner.query("alter table mails_away rename to mails");
  };
  await sendDueMail({ pool, send: sendAndLoseRecords, clock: { now: () => after(1), sleep } });
  expect(waits).toBe(3);
  expect((await listMails(pool, provider.id, { limit: 10 })).rows).toMatchObject([
    { sentAt: after(1), lastError: null },
  ]);
  await sendDueMail({ pool, send, clock: at(after(3600)) });
  expect(accepted).toHaveLength(1);
});

test("a mail older than three days is not sent, and stays in the outbox", async ({ database: pool }) => {
  const { provider } = await setUp(pool);
  await write(pool, provider.id);
  const { send, accepted } = mailServer();
  await sendDueMail({ pool, send, clock: at(after(3 * 24 * 3600)) });
  expect(accepted).toEqual([]);
  expect((await listMails(pool, provider.id, { limit: 10 })).rows).toMatchObject([{ sentAt: null }]);
});

test("mails are deleted after the retention, except those still to be sent", async ({ database: pool }) => {
  const { provider } = await setUp(pool);
  const deleted = (days: number, retentionDays: number): Promise<number> =>
    deleteOldMails(pool, after(days * 24 * 3600), retentionDays);
  await write(pool, provider.id);
  expect(await deleted(2, 1)).toBe(0); // not sent yet, and not three days old
  await sendDueMail({ pool, send: mailServer().send, clock: at(after(1)) });
  await pool.inTransaction((tx) => insertMail(tx, provider.id, mail, after(29 * 24 * 3600)));
  expect(await deleted(30, 30)).toBe(0);
  expect(await deleted(31, 30)).toBe(1);
  expect((await listMails(pool, provider.id, { limit: 10 })).rows).toMatchObject([{ sentAt: null }]);
  expect(await deleted(60, 30)).toBe(1);
});

test("one transaction deletes at most a thousand old mails", async ({ database: pool }) => {
  const { provider } = await setUp(pool);
  await pool.query(
    `insert into mails (provider_id, recipient, subject, text, created_at)
     select $1, 'nora@fjord.example', 'Hello', '', $2 from generate_series(1, 1500)`,
    [provider.id, now],
  );
  const deleted = (): Promise<number> => deleteOldMails(pool, after(40 * 24 * 3600), 30);
  expect([await deleted(), await deleted(), await deleted()]).toEqual([1000, 500, 0]);
});

test("each decision about an account is mailed once to its admins", async ({ sharedPool: pool }) => {
  const { provider } = await setUp(pool);
  const { details } = await signUp(pool, { provider, by: byForm });
  const by = { actor: byToken.actor, channel: byToken.channel, now };
  const change = { provider, accountId: details.account.id, logInUrl: "https://acme.example/login", by };
  for (const transition of ["reject", "approve", "approve", "make_pending", "suspend", "resume"] as const) {
    await changeAccountState(pool, { ...change, transition });
  }
  const mails = (await listMails(pool, provider.id, { limit: 10 })).rows;
  expect(mails.toReversed().map(({ recipient, subject }) => [recipient, subject])).toEqual([
    ["nora@fjord.example", "Acme: your account is not approved"],
    ["nora@fjord.example", "Acme: your account is approved"],
    ["nora@fjord.example", "Acme: your account is waiting for approval"],
  ]);
  expect(mails.filter(({ text }) => text.includes("You can log in now:\n\nhttps://acme.example/login\n"))).toHaveLength(
    1,
  );
});

/** Adds the published plans Gold and Silver of a kind, and returns their ids. */
async function addPlans(pool: Pool, providerId: number, kind: string, productId: number | null) {
  const [gold, silver] = await pool.query<{ id: number }>(
    `insert into plans (provider_id, kind, product_id, name, system_name, state)
     select $1, $2, $3, name, lower(name), 'published' from unnest(array['Gold', 'Silver']) as name returning id`,
    [providerId, kind, productId],
  );
  return { gold: gold?.id ?? 0, silver: silver?.id ?? 0 };
}

/** The mails to the developer, oldest first. */
const mailsToNora = async (pool: Pool, providerId: number) => {
  const { rows } = await listMails(pool, providerId, { limit: 10 });
  expect(rows.filter(({ recipient }) => recipient !== form.email)).toEqual([]);
  return rows.toReversed().map(({ subject, text }) => [subject, text.split("\n")[2], text.split("\n").at(-2)]);
};

/** A program's change, with the address of the Developer Portal. */
const byApiOfPortal = { ...byApi, developerPortalUrl: "https://acme.example" };

test("each decision about an application's requested plan is mailed to the developer who asked for it", async ({
  sharedPool: pool,
}) => {
  const { productId, ...signUpChange } = await signedUp(pool);
  const change = { ...signUpChange, by: byApiOfPortal };
  const { provider, application } = change;
  const { gold, silver } = await addPlans(pool, provider.id, "application_plan", productId);
  const [nora] = await pool.query<{ id: number }>("select id from users where provider_id = $1", [provider.id]);
  const by = { actor: { kind: "developer", userId: nora?.id ?? 0 }, channel: "developer_portal", now } as const;
  const request = (planId: number) => requestApplicationPlan(pool, { ...change, planId, by });
  const move = (planId: number) => changeApplicationPlan(pool, { ...change, planId, writer: "program" });
  await request(gold);
  await declineApplicationPlanRequest(pool, change);
  await request(gold);
  await move(gold);
  await request(silver);
  await move(application.plan.id);
  await move(gold); // nobody asked for it
  await request(silver); // and then moves there without a decision
  await pool.query("update products set buyer_plan_change_permission = 'direct' where id = $1", [productId]);
  await changeApplicationPlan(pool, { ...change, planId: silver, writer: "developer", by });
  const asked = (plan: string) => `you asked Acme to move the application Fjord & Sons's App to the plan ${plan}.`;
  const basic = application.plan.name;
  const page = `https://acme.example/applications/${application.id}`;
  expect(await mailsToNora(pool, provider.id)).toEqual([
    [`Acme: your plan stays ${basic}`, `${asked("Gold")} That was not approved: the plan stays ${basic}.`, page],
    ["Acme: your plan is now Gold", `${asked("Gold")} That was approved: the plan is now Gold.`, page],
    [`Acme: your plan is now ${basic}`, `${asked("Silver")} Another plan was chosen: the plan is now ${basic}.`, page],
  ]);
});

test("decisions about requested account plans are mailed, except to users who were deleted or suspended, or withdrew the request", async ({
  sharedPool: pool,
}) => {
  const { provider, accountId } = await signedUp(pool);
  const { gold, silver } = await addPlans(pool, provider.id, "account_plan", null);
  const [nora] = await pool.query<{ id: number }>("select id from users where provider_id = $1", [provider.id]);
  const change = { provider, accountId, by: byApiOfPortal };
  const page = "https://acme.example/account";
  const request = (planId: number, userId: number | undefined) => {
    const by = { actor: { kind: "developer", userId: userId ?? 0 }, channel: "developer_portal", now } as const;
    return requestAccountPlan(pool, { provider, accountId, planId, by });
  };
  await request(gold, nora?.id);
  await changeAccountPlan(pool, { ...change, planId: gold });
  await request(silver, nora?.id);
  await declineAccountPlanRequest(pool, change);
  await request(silver, undefined);
  await declineAccountPlanRequest(pool, change);
  await request(silver, nora?.id);
  await withdrawAccountPlanRequest(pool, change);
  await changeAccountPlan(pool, { ...change, planId: silver });
  await request(gold, nora?.id);
  await pool.query("update users set state = 'suspended' where provider_id = $1", [provider.id]);
  await declineAccountPlanRequest(pool, change);
  const asked = (plan: string) => `you asked Acme to move your account to the plan ${plan}.`;
  expect(await mailsToNora(pool, provider.id)).toEqual([
    ["Acme: your plan is now Gold", `${asked("Gold")} That was approved: the plan is now Gold.`, page],
    ["Acme: your plan stays Gold", `${asked("Silver")} That was not approved: the plan stays Gold.`, page],
  ]);
});

const person = {
  provider: { name: "Acme" },
  recipient: "nora@fjord.example",
  username: "nora",
  orgName: "Fjord",
  inviter: "nora",
};

test.for([
  ["activation", activationMail, "https://acme.example/activate/c0de"],
  ["invitation", invitationMail, "https://acme.example/signup/c0de"],
  ["lost password", lostPasswordMail, "https://acme.example/lost-password/c0de"],
] as const)(
  "the link of a mail stays in the outbox until the mail is sent, and is removed then: %s",
  async ([, mailOf, url], { database: pool }) => {
    const { provider } = await setUp(pool);
    await pool.inTransaction((tx) => insertMail(tx, provider.id, mailOf({ ...person, url }), now));
    const inOutbox = async (): Promise<string> =>
      (await listMails(pool, provider.id, { limit: 1 })).rows[0]?.text ?? "";
    const sent: string[] = [];
    const send = async ({ text }: { readonly text: string }): Promise<void> => void sent.push(text);
    const refuse = async (): Promise<void> => Promise.reject(new Error("mailbox full"));

    await sendDueMail({ pool, send: refuse, clock: at(now) });
    expect(await inOutbox()).toContain(`\n${url}\n`);
    await sendDueMail({ pool, send, clock: at(after(60)) });
    expect(sent).toEqual([expect.stringContaining(`\n${url}\n`)]);
    expect(await inOutbox()).toContain("\n[link removed after sending]\n");
    expect(await pool.query("select from mails where text like '%c0de%' or secret_link is not null")).toEqual([]);
  },
);

test("the log names a mail by its key, without the names and addresses in it", async ({ database, databaseUrl }) => {
  const closed = await startRawReceiver(() => undefined);
  await closed[Symbol.asyncDispose](); // it refuses connections
  await using folder = await makeEmptyDataDir();
  const logFile = join(folder.path, "log");
  const environment = {
    DATABASE_URL: databaseUrl,
    BELLWIRE_SECRET_KEY: Buffer.alloc(32, 7).toString("base64"),
    BELLWIRE_DATA_DIR: folder.path,
    BELLWIRE_SMTP_URL: `smtp://127.0.0.1:${closed.port}`,
  };
  await using _engine = await runRoles(["engine"], environment, createLogger("info", logFile));
  const { provider } = await setUp(database);
  const invitation = { ...mail, subject: "Acme: join Fjord" };
  await database.inTransaction((tx) => insertMail(tx, provider.id, invitation, new Date()));
  const line = await until(async () =>
    (await readFile(logFile, "utf8")).split("\n").find((each) => each.includes("a mail was not accepted")),
  );
  expect(JSON.parse(line)).toMatchObject({
    mail: expect.stringMatching(new RegExp(String.raw`^\d+\.${provider.id}\.\d+$`)),
  });
  expect(line).not.toMatch(/fjord/i);
});
