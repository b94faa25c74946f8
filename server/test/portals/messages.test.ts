import { expect } from "vitest";
import { developerUsageOf } from "#access/index.ts";
import { sendMessage } from "#portal/accounts/index.ts";
import { attemptLimits, developerLimits } from "#platform/limits.ts";
import { messageFrom } from "../portal/portal-fixture.ts";
import { type PortalFixture, test } from "./portal-test.ts";
import type { Visitor } from "./visitor.ts";

const text = { subject: "Prices & tides", body: "Dear all,\n\n<b>when</b> do they change?" };

/** Sends a message of the provider to the only account, and returns its path. */
async function receive({ pool, provider, clock }: PortalFixture, subject = "New prices"): Promise<string> {
  const [account] = await pool.query<{ id: number }>("select id from accounts where provider_id = $1", [provider.id]);
  const by = { actor: { kind: "key" }, channel: "api", now: clock.now() } as const;
  const sent = await sendMessage(pool, {
    ...messageFrom("provider", { provider, accountId: account?.id ?? 0, by }),
    values: { subject, body: "First line\n\nLast line" },
  });
  return sent && "message" in sent ? `/messages/${sent.message.id}` : "not sent";
}

const rows = ({ pool, provider }: PortalFixture) =>
  pool.query<{ sender: string; subject: string; body: string; author: string; isRead: boolean }>(
    `select sender, subject, body, (select username from users where id = user_id) as author, read_at is not null as is_read
     from messages where provider_id = $1 order by created_at, id`,
    [provider.id],
  );

const unread = async (visitor: Visitor): Promise<string | undefined> =>
  /class="count">(\d+)</.exec((await visitor.get("/account")).html)?.[1];

test("a developer writes to the provider, whose users get it by email", async ({ portal }) => {
  await portal.addProviderUser("grace", "admin");
  await portal.pool.query(
    "update provider_users set email = 'grace@acme.example' where username = 'grace' and provider_id = $1",
    [portal.provider.id],
  );
  const ada = await portal.developer("ada");
  expect(await ada.submit("/messages/new", text)).toMatchObject({
    status: 303,
    location: "/messages/sent?done=message-sent",
  });
  expect(await rows(portal)).toEqual([{ sender: "account", ...text, author: "ada", isRead: false }]);
  const { html } = await ada.get("/messages/sent");
  expect(html).toContain("Prices &amp; tides");
  const [, path = ""] = /href="(\/messages\/\d+)"/.exec(html) ?? [];
  expect((await ada.get(path)).html).toContain("&lt;b&gt;when&lt;/b&gt; do they change?");
  const [mail] = await portal.pool.query<{ text: string }>(
    "select text from mails where provider_id = $1 and recipient = 'grace@acme.example' order by id desc limit 1",
    [portal.provider.id],
  );
  expect(mail?.text).toContain("\n\n> Prices & tides\n> \n> Dear all,\n> \n> <b>when</b> do they change?\n\n");
  expect(mail?.text).toContain(`/p/admin${path}\n`);
});

test("a message is counted on every page until one of the account's users opens it", async ({ portal }) => {
  const ada = await portal.developer("ada");
  expect(await unread(ada)).toBeUndefined();
  const [first, second] = [await receive(portal), await receive(portal, "Tides")];
  expect(await unread(ada)).toBe("2");
  expect((await ada.get("/messages")).html.match(/class="state new"/g)).toHaveLength(2);
  expect((await ada.head(first)).status).toBe(200); // a check of the link, which shows nothing
  expect(await unread(ada)).toBe("2");
  const opened = await ada.get(first);
  expect(opened.html).toContain("First line\n\nLast line");
  expect(opened.html).toMatch(/class="count">1</);
  expect((await rows(portal)).map(({ isRead }) => isRead)).toEqual([true, false]);
  await ada.get(second);
  expect(await unread(ada)).toBeUndefined();
});

test("an answer begins with the subject of its message", async ({ portal }) => {
  const ada = await portal.developer("ada");
  const path = await receive(portal, "Prices");
  const [, form = ""] = /href="(\/messages\/new\?answer=\d+)"/.exec((await ada.get(path)).html) ?? [];
  expect((await ada.get(form)).html).toContain('value="Re: Prices"');
  const again = await receive(portal, "RE: Prices");
  expect((await ada.get(again.replace("/messages/", "/messages/new?answer="))).html).toContain('value="RE: Prices"');
});

test("a rejected answer is still shown and sent as an answer", async ({ portal }) => {
  const ada = await portal.developer("ada");
  const form = (await receive(portal, "Prices")).replace("/messages/", "/messages/new?answer=");
  const inputs = ada.hiddenInputs((await ada.get(form)).html, form);
  const rejected = await ada.post(form, { ...inputs, ...text, body: "" });
  expect(rejected).toMatchObject({ status: 422 });
  expect(rejected.html).toContain("<h1>Answer</h1>");
  expect(rejected.html).toContain(`action="${form}"`);
});

test("an answer whose session has ended is still an answer after the login", async ({ portal }) => {
  const ada = await portal.developer("ada");
  const form = (await receive(portal, "Prices")).replace("/messages/", "/messages/new?answer=");
  const inputs = ada.hiddenInputs((await ada.get(form)).html, form);
  ada.cookies.clear();
  const login = await ada.post(form, { ...inputs, ...text });
  expect(login).toMatchObject({ status: 403 });
  expect(login.html).toContain(`action="${form}"`);
});

test("a subject is one line, so that the mail of its answer has no paragraphs of a developer", async ({ portal }) => {
  const ada = await portal.developer("ada");
  await ada.submit("/messages/new", { ...text, subject: "Hi\r\n\r\nYour account\u2028is\u202e locked" });
  expect((await rows(portal)).map(({ subject }) => subject)).toEqual(["Hi Your account is locked"]);
});

test("a form that is sent twice at once sends one message, and a corrected or a later one sends another", async ({
  portal,
}) => {
  const ada = await portal.developer("ada");
  const form = {
    ...ada.hiddenInputs((await ada.get("/messages/new")).html, "/messages/new"),
    ...text,
    subject: "Prices\u202e",
  };
  await portal.clock.advance(1000);
  const sent = await Promise.all([ada.post("/messages/new", form), ada.post("/messages/new", form)]);
  const corrected = await ada.post("/messages/new", { ...form, body: "Dear Grace" });
  await portal.clock.advance(61_000);
  const meant = await ada.post("/messages/new", form);
  for (const { location } of [...sent, corrected, meant]) expect(location).toBe("/messages/sent?done=message-sent");
  expect((await rows(portal)).map(({ body }) => body)).toEqual([text.body, "Dear Grace", text.body]);
});

test("an equal message of another user of the account is another message", async ({ portal }) => {
  await portal.developer("ada");
  const { pool, provider } = portal;
  const [user] = await pool.query<{ id: number; accountId: number }>(
    "select id, account_id from users where provider_id = $1",
    [provider.id],
  );
  const { id = 0, accountId = 0 } = user ?? {};
  const sentBy = (userId: number) => {
    const by = { actor: { kind: "developer", userId }, channel: "developer_portal", now: portal.clock.now() } as const;
    return sendMessage(pool, { ...messageFrom("account", { provider, accountId, by }), values: text, sameAfterMs: 0 });
  };
  for (const userId of [id, id + 1, id]) await sentBy(userId);
  expect(await rows(portal)).toHaveLength(2);
});

test("a message to a suspended account is stored, but mailed to nobody", async ({ portal }) => {
  await portal.developer("ada");
  const { pool, provider } = portal;
  const mailCount = async () =>
    (await pool.query("select from mails where provider_id = $1 and subject like '%prices%'", [provider.id])).length;
  await receive(portal);
  expect(await mailCount()).toBe(1);
  await pool.query("update accounts set state = 'suspended' where provider_id = $1", [provider.id]);
  await receive(portal);
  expect([await mailCount(), (await rows(portal)).length]).toEqual([1, 2]);
});

test("a message counts with its text as what developers record", async ({ portal }) => {
  const ada = await portal.developer("ada");
  const recorded = (): number =>
    developerUsageOf(portal.pool, portal.provider.id).read(developerLimits.recorded, portal.clock.now()).used;
  const before = recorded();
  await ada.submit("/messages/new", { ...text, body: "x".repeat(8 * 1024) });
  expect(recorded() - before).toBeGreaterThan(8);
});

test("a blank or too long message is refused at its field, and keeps its text", async ({ portal }) => {
  const ada = await portal.developer("ada");
  const refused = await ada.submit("/messages/new", { subject: " ", body: "x".repeat(10_001) });
  expect(refused.status).toBe(422);
  expect(refused.html).toMatch(/id="subject-error">Subject can&#39;t be blank/);
  expect(refused.html).toMatch(/id="body-error">Message is too long \(maximum is 10000 characters\)/);
  expect((await ada.submit("/messages/new", { subject: "Hi", body: "" })).html).toMatch(/id="body-error">Message can/);
  expect(await rows(portal)).toEqual([]);
});

test("a message may be long in any script, and one of too many bytes is refused in words of developers", async ({
  portal,
}) => {
  const ada = await portal.developer("ada");
  const send = (body: string) => ada.submit("/messages/new", { subject: "Tides", body });
  expect((await send("海".repeat(10_000))).status).toBe(303);
  const long = await send("海".repeat(60_000));
  expect([long.status, long.html]).toEqual([422, expect.stringContaining('id="body-error"')]);
  const tooLarge = await send("海".repeat(100_000));
  expect([tooLarge.status, tooLarge.html]).toEqual([413, expect.stringContaining("<h1>This is too much text</h1>")]);
});

test("each side deletes a message for itself, and the second deletion removes it", async ({ portal }) => {
  const ada = await portal.developer("ada");
  const path = await receive(portal);
  await ada.submit("/messages/new", text);
  const [, own = ""] = /href="(\/messages\/\d+)"/.exec((await ada.get("/messages/sent")).html) ?? [];
  expect(await ada.submit(`${path}/delete`)).toMatchObject({ status: 303, location: "/messages?done=message-deleted" });
  expect((await ada.get(path)).status).toBe(404);
  expect((await ada.get("/messages")).html).toContain("There are no messages");
  expect(await unread(ada)).toBeUndefined();
  expect(await rows(portal)).toHaveLength(2);
  await portal.pool.query("update messages set kept_by_provider = false where provider_id = $1", [portal.provider.id]);
  expect((await ada.submit(`${own}/delete`)).location).toBe("/messages/sent?done=message-deleted");
  expect(await rows(portal)).toMatchObject([{ sender: "provider" }]);
});

test("the messages of an account are those of all its users, and of no other account", async ({ portal }) => {
  const ada = await portal.developer("ada");
  const path = await receive(portal);
  const eve = await portal.developer("eve");
  expect((await eve.get(path)).status).toBe(404);
  expect((await eve.get(path.replace("/messages/", "/messages/new?answer="))).html).not.toContain("Re: ");
  expect((await eve.get("/messages")).html).toContain("There are no messages");
  const { html } = await ada.get(`${path}/delete`);
  expect(
    (await eve.post(`${path}/delete`, { ...eve.hiddenInputs((await eve.get("/messages/new")).html), html })).status,
  ).toBe(404);
  expect((await ada.get(path)).status).toBe(200);
});

test("a message beyond the account's limit is refused, and its text is still in the form", async ({ portal }) => {
  const ada = await portal.developer("ada");
  const limits = { "messages-from-account": 1 };
  await portal.pool.query("update providers set limits = $2 where id = $1", [portal.provider.id, limits]);
  await ada.submit("/messages/new", text);
  const { status, html } = await ada.submit("/messages/new", { ...text, subject: "Tides" });
  expect(status).toBe(422);
  expect(html).toContain("This account has 1 sent message, and 1 is allowed. Nothing was changed.");
  expect(html).toContain("do they change?</textarea>");
  expect(await rows(portal)).toHaveLength(1);
});

test("an account sends twenty messages an hour, and the second click of the last one is none", async ({ portal }) => {
  const ada = await portal.developer("ada");
  const { max } = attemptLimits.messages;
  const path = "/messages/new";
  for (let sent = 1; sent < max; sent += 1) await ada.submit(path, { ...text, subject: `Tides ${sent}` });
  const form = { ...ada.hiddenInputs((await ada.get(path)).html, path), ...text };
  await portal.clock.advance(1000);
  for (const _ of ["click", "second click"]) expect((await ada.post(path, form)).status).toBe(303);
  const late = await ada.submit("/messages/new", { ...text, subject: "One more" });
  expect([late.status, late.html]).toEqual([429, expect.stringContaining("Too many messages. Please try again")]);
  expect(await rows(portal)).toHaveLength(max);
});
