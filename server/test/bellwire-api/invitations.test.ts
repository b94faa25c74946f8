import { expect } from "vitest";
import { activateUserByMail, signUpAccount } from "#portal/accounts/index.ts";
import { listMails } from "#portal/mails/index.ts";
import { acceptInvitation, createUser } from "#portal/users/index.ts";
import { type BellwireApi, test } from "./bellwire-api-test.ts";
import { passwords } from "../support/passwords.ts";

async function signUp({ pool, provider }: BellwireApi, now: Date): Promise<number> {
  const values = { org_name: "Harbour", username: "mira", email: "mira@harbour.example" };
  const by = { via: "program", actor: { kind: "key" }, channel: "api" } as const;
  const signedUp = await signUpAccount(pool, passwords, { provider, values, by, now });
  if (!("details" in signedUp)) throw new Error(JSON.stringify(signedUp));
  return signedUp.details.account.id;
}

/** Returns the link in the newest mail, which must have this recipient. */
async function linkTo({ pool, provider }: BellwireApi, recipient: string): Promise<URL> {
  const [mail] = (await listMails(pool, provider.id, { limit: 1 })).rows;
  expect(mail?.recipient).toBe(recipient);
  return new URL(/https:\/\/\S+/.exec(mail?.text ?? "")?.[0] ?? "");
}

const codeOf = ({ pathname }: URL): string => pathname.split("/").at(-1) ?? "";

const invitationsOf = async (api: BellwireApi, account: number): Promise<Record<string, unknown>[]> =>
  (await api.call("GET", `/accounts/${account}/invitations`)).json().data;

const email = "nora@harbour.example";

test("an invitation's mail links to the Developer Portal, and accepting it creates the user", async ({
  api,
  clock,
}) => {
  const account = await signUp(api, clock.now());
  const invited = await api.call("POST", `/accounts/${account}/invitations`, { payload: { email } });
  expect([invited.statusCode, invited.json()]).toMatchObject([201, { email, accepted_at: null }]);
  const taken = await api.call("POST", `/accounts/${account}/invitations`, {
    payload: { email: "mira@harbour.example" },
  });
  expect([taken.statusCode, taken.json().errors]).toEqual([422, { email: ["has already been taken"] }]);
  expect(await invitationsOf(api, account)).toEqual([invited.json()]);

  const link = await linkTo(api, email);
  expect(link.href).toMatch(/^https:\/\/developers\.bellwire\.test\/signup\/\w+$/);
  const password = "correct-horse-12";
  const values = { username: "nora", password, password_confirmation: password };
  const { pool, provider } = api;
  expect(
    await acceptInvitation(pool, passwords, { provider, code: codeOf(link), values, now: clock.now() }),
  ).toMatchObject({
    user: { accountId: account, email },
  });
  expect(await invitationsOf(api, account)).toMatchObject([{ accepted_at: expect.any(String) }]);
  const resent = await api.call("POST", `/accounts/${account}/invitations/${invited.json().id}/resend`);
  expect([resent.statusCode, resent.json().errors]).toEqual([422, { base: [expect.stringContaining("accepted")] }]);
});

test("resending or deleting an invitation invalidates its earlier links", async ({ api, clock }) => {
  const account = await signUp(api, clock.now());
  const path = `/accounts/${account}/invitations`;
  const other = (await api.call("POST", path, { payload: { email: "otto@harbour.example" } })).json();
  const { id } = (await api.call("POST", path, { payload: { email } })).json();
  const first = codeOf(await linkTo(api, email));
  expect((await api.call("POST", `${path}/${id}/resend`)).statusCode).toBe(204);
  const second = codeOf(await linkTo(api, email));
  expect(second).not.toBe(first);
  expect((await api.call("DELETE", `${path}/${id}`)).statusCode).toBe(204);
  for (const code of [first, second]) {
    const { pool, provider } = api;
    expect(await acceptInvitation(pool, passwords, { provider, code, values: {}, now: clock.now() })).toBeUndefined();
  }
  expect(await invitationsOf(api, account)).toEqual([other]);
  expect((await api.call("POST", `${path}/${id}/resend`)).statusCode).toBe(404);
  expect((await api.call("DELETE", `${path}/${id}`)).statusCode).toBe(404);
});

test("an activation mail can be resent, and only its newest link activates the user", async ({ api, clock }) => {
  const account = await signUp(api, clock.now());
  const { pool, provider } = api;
  const by = { actor: { kind: "key" }, channel: "api", now: clock.now() } as const;
  const create = async (username: string): Promise<number> => {
    const values = { username, email: `${username}@harbour.example` };
    const created = await createUser(pool, passwords, { provider, accountId: account, by, values });
    return created && "user" in created ? created.user.id : 0;
  };
  const [id, otherId] = [await create("nora"), await create("otto")];
  const send = async (to = id, recipient = email): Promise<URL> => {
    expect((await api.call("POST", `/users/${to}/send_activation`)).statusCode).toBe(204);
    return linkTo(api, recipient);
  };
  const activate = (link: URL) => activateUserByMail(pool, { provider, code: codeOf(link), now: clock.now() });

  const other = await send(otherId, "otto@harbour.example");
  const [first, second] = [await send(), await send()];
  expect(second.href).toMatch(/^https:\/\/developers\.bellwire\.test\/activate\/\w+$/);
  expect(await activate(first)).toBeUndefined();
  expect(await activate(second)).toMatchObject({ user: { state: "active" } });
  expect(await activate(other)).toMatchObject({ user: { username: "otto", state: "active" } });
  expect((await api.call("POST", `/users/${id}/send_activation`)).json().errors).toHaveProperty("state");
});

test("a person gets ten links of the team in ten minutes, however they are sent, and other people theirs", async ({
  api,
  clock,
}) => {
  const account = await signUp(api, clock.now());
  const [user] = await api.pool.query<{ id: number }>(
    "update users set state = 'pending' where account_id = $1 returning id",
    [account],
  );
  const path = `/accounts/${account}/invitations`;
  const invite = (address: string) => api.call("POST", path, { payload: { email: address } });
  const activate = () => api.call("POST", `/users/${user?.id}/send_activation`);
  const mailCount = async () => (await listMails(api.pool, api.provider.id, { limit: 100 })).rows.length;
  let { id } = (await invite(email)).json();
  const resend = (invitation: number) => api.call("POST", `${path}/${invitation}/resend`);
  for (let sent = 1; sent < 9; sent += 1) expect((await resend(id)).statusCode).toBe(204);
  expect((await api.call("DELETE", `${path}/${id}`)).statusCode).toBe(204);
  ({ id } = (await invite(email.toUpperCase())).json());
  for (let sent = 0; sent < 10; sent += 1) expect((await activate()).statusCode).toBe(204);
  const sentMails = await mailCount();
  const refused = [await resend(id), await invite(email), await activate()];
  const tooMany = "There were too many emails to this address. Please try again in 10 minutes.";
  expect(refused.map((answer) => [answer.statusCode, answer.headers["retry-after"], answer.json().title])).toEqual(
    Array.from(refused, () => [429, "600", tooMany]),
  );
  expect(await mailCount()).toBe(sentMails);
  expect((await invite("otto@harbour.example")).statusCode).toBe(201);
  expect((await resend(0)).statusCode).toBe(404);
  await clock.advance(600_000);
  expect([(await resend(id)).statusCode, (await activate()).statusCode]).toEqual([204, 204]);
});

test("accounts, invitations and users of another provider are not found", async ({ api, otherApi, clock }) => {
  const account = await signUp(otherApi, clock.now());
  const path = `/accounts/${account}/invitations`;
  const { id } = (await otherApi.call("POST", path, { payload: { email } })).json();
  const [user] = await api.pool.query<{ id: number }>("select id from users where account_id = $1", [account]);
  for (const [method, url] of [
    ["GET", path],
    ["POST", `${path}/${id}/resend`],
    ["DELETE", `${path}/${id}`],
    ["POST", `/users/${user?.id}/send_activation`],
  ] as const) {
    expect([url, (await api.call(method, url)).statusCode]).toEqual([url, 404]);
  }
  expect((await api.call("POST", path, { payload: { email } })).statusCode).toBe(404);
});
