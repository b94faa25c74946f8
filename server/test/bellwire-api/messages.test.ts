import { expect } from "vitest";
import { sendMessage, signUpAccount } from "#portal/accounts/index.ts";
import { messageFrom } from "../portal/portal-fixture.ts";
import { passwords } from "../support/passwords.ts";
import { type BellwireApi, test } from "./bellwire-api-test.ts";

interface Scene {
  readonly api: BellwireApi;
  readonly account: number;
  /** Sends a message one second after the one before, and returns its id. */
  readonly send: (sender: "provider" | "account", subject: string) => Promise<number>;
}

const sceneTest = test.extend("scene", async ({ api, clock }): Promise<Scene> => {
  const { pool, provider } = api;
  const values = { org_name: "Harbour", username: "mira", email: "mira@harbour.example" };
  const by = { via: "program", actor: { kind: "key" }, channel: "api" } as const;
  const signedUp = await signUpAccount(pool, passwords, { provider, values, by, now: clock.now() });
  if (!("details" in signedUp)) throw new Error(JSON.stringify(signedUp));
  const { account, users } = signedUp.details;
  const send: Scene["send"] = async (sender, subject) => {
    await clock.advance(1000);
    const actor =
      sender === "account" ? ({ kind: "developer", userId: users[0]?.id ?? 0 } as const) : ({ kind: "key" } as const);
    const message = messageFrom(sender, {
      provider,
      accountId: account.id,
      by: { actor, channel: "api", now: clock.now() },
    });
    const sent = await sendMessage(pool, { ...message, values: { subject, body: `Text of ${subject}` } });
    return sent && "message" in sent ? sent.message.id : 0;
  };
  return { api, account: account.id, send };
});

/** Follows a list in pages of two, and returns the subjects. */
async function subjectsOf({ api }: Scene, path: string): Promise<readonly string[]> {
  const subjects: string[] = [];
  for (let after = ""; ;) {
    const { data, next } = (await api.call("GET", `${path}${path.includes("?") ? "&" : "?"}limit=2${after}`)).json();
    subjects.push(...data.map(({ subject }: { subject: string }) => subject));
    if (next === null) return subjects;
    after = `&after=${next}`;
  }
}

sceneTest("unread messages come first, then the newest, page by page", async ({ scene }) => {
  const { api, account, send } = scene;
  const ids = new Map<string, number>();
  for (const subject of ["one", "two", "three", "four", "five"]) ids.set(subject, await send("account", subject));
  await send("provider", "answer");
  for (const subject of ["four", "five"])
    expect((await api.call("POST", `/messages/${ids.get(subject)}/read`)).statusCode).toBe(204);

  expect(await subjectsOf(scene, "/messages")).toEqual(["three", "two", "one", "five", "four"]);
  expect(await subjectsOf(scene, "/messages?unread=true")).toEqual(["three", "two", "one"]);
  expect(await subjectsOf(scene, "/messages?box=sent")).toEqual(["answer"]);
  const newestFirst = ["answer", "five", "four", "three", "two", "one"];
  expect(await subjectsOf(scene, `/accounts/${account}/messages`)).toEqual(newestFirst);
  for (const after of ["five", "unread.99999999999999.1", "read.1.x"])
    expect((await api.call("GET", `/messages?after=${after}`)).statusCode).toBe(422);
  expect((await api.call("GET", "/accounts/1/messages")).statusCode).toBe(404);
});

sceneTest("a message has its text and author, and stays unread until it is marked", async ({ scene, clock }) => {
  const { api, account, send } = scene;
  const id = await send("account", "Prices");
  const document = {
    id,
    account_id: account,
    org_name: "Harbour",
    sender: "account",
    author: "mira",
    subject: "Prices",
    read_at: null,
    created_at: clock.now().toISOString(),
  };
  expect((await api.call("GET", "/messages")).json().data).toEqual([document]);
  for (const read_at of [null, null])
    expect((await api.call("GET", `/messages/${id}`)).json()).toEqual({ ...document, read_at, body: "Text of Prices" });
  await clock.advance(1000);
  const readAt = clock.now().toISOString();
  await api.call("POST", `/messages/${id}/read`);
  await clock.advance(1000);
  await api.call("POST", `/messages/${id}/read`);
  expect((await api.call("GET", `/messages/${id}`)).json()).toMatchObject({ read_at: readAt });

  const own = await send("provider", "Answer");
  expect((await api.call("POST", `/messages/${own}/read`)).statusCode).toBe(204);
  expect((await api.call("GET", `/messages/${own}`)).json()).toMatchObject({ author: null, read_at: null });
});

sceneTest("a deleted message is gone for the provider and stays for the account", async ({ scene }) => {
  const { api, account, send } = scene;
  const id = await send("provider", "Prices");
  expect((await api.call("DELETE", `/messages/${id}`)).statusCode).toBe(204);
  for (const [method, path] of [
    ["GET", `/messages/${id}`],
    ["POST", `/messages/${id}/read`],
    ["DELETE", `/messages/${id}`],
  ] as const)
    expect([method, (await api.call(method, path)).statusCode]).toEqual([method, 404]);
  expect(await subjectsOf(scene, `/accounts/${account}/messages`)).toEqual([]);
  expect(await api.pool.query("select kept_by_account as kept from messages where id = $1", [id])).toEqual([
    { kept: true },
  ]);
  const audit = (await api.call("GET", `/audit_records?subject=message/${id}`)).json();
  expect(audit.data).toMatchObject([
    { action: "message.deleted", detail: { accountId: account } },
    { action: "message.sent" },
  ]);
});
