import { expect } from "vitest";
import { activateUserByMail } from "#portal/accounts/index.ts";
import { sendActivation, updateUser } from "#portal/users/index.ts";
import { lockKeys } from "#webhooks/deliveries/lock-order.ts";
import { buildEndpoint } from "../support/build-webhooks.ts";
import { countWaiting } from "../support/count-waiting.ts";
import { test } from "../support/test.ts";
import { eventsOf, now, setUp, signUp } from "./portal-fixture.ts";
import { passwords } from "../support/passwords.ts";
import { until } from "../support/until.ts";

const byMail = (activationUrl: (code: string) => string) =>
  ({ via: "form", address: "203.0.113.7", mailIsSent: true, activationUrl }) as const;

const later = new Date(now.getTime() + 60_000);

test("opening the mailed link activates the user and approves the account", async ({ sharedPool: pool }) => {
  const { provider } = await setUp(pool);
  const { details, user } = await signUp(pool, {
    provider,
    by: byMail((code) => `https://acme.example/activate/${code}`),
  });
  expect([details.account.state, user.state]).toEqual(["created", "pending"]);

  const [mail] = await pool.query<{ recipient: string; text: string }>(
    `select recipient, text from mails where provider_id = $1`,
    [provider.id],
  );
  expect(mail?.recipient).toBe("nora@fjord.example");
  const code = /https:\/\/acme\.example\/activate\/(\S+)/.exec(mail?.text ?? "")?.[1] ?? "";
  const activated = await activateUserByMail(pool, { provider, code, now: later });
  expect(activated).toMatchObject({
    user: { state: "active", activatedAt: later },
    details: { account: { state: "approved" } },
  });

  const bySystem = { actor: "system", userId: null, channel: "developer_portal" };
  expect((await eventsOf(pool, provider.id)).slice(3)).toEqual([
    { type: "account.updated", ...bySystem, sequence: 4, state: "approved", previous: { state: "created" } },
    { type: "user.updated", ...bySystem, sequence: 5, state: "active", previous: { state: "pending" } },
  ]);
  expect(await activateUserByMail(pool, { provider, code, now: later })).toBeUndefined();
});

test("an account whose plan requires approval stays pending", async ({ sharedPool: pool }) => {
  const { provider } = await setUp(pool);
  await pool.query(`update plans set approval_required = true where provider_id = $1`, [provider.id]);
  let code = "";
  await signUp(pool, { provider, by: byMail((mailed) => (code = mailed)) });
  expect(await activateUserByMail(pool, { provider, code, now: later })).toMatchObject({
    details: { account: { state: "pending" } },
  });
});

test("opening one link twice concurrently activates the user once", async ({ sharedPool: pool }) => {
  const { provider } = await setUp(pool);
  let code = "";
  await signUp(pool, { provider, by: byMail((mailed) => (code = mailed)) });
  const both = await Promise.all([1, 2].map(() => activateUserByMail(pool, { provider, code, now: later })));
  expect(both.filter((mailed) => mailed !== undefined)).toHaveLength(1);
  expect(await eventsOf(pool, provider.id)).toHaveLength(5);
});

test("a link expires after two weeks, and a new one works", async ({ sharedPool: pool }) => {
  const { provider } = await setUp(pool);
  const codes: string[] = [];
  const urlOf = (code: string): string => String(codes.push(code));
  const { user } = await signUp(pool, { provider, by: byMail(urlOf) });
  const tooLate = new Date(now.getTime() + 14 * 24 * 3_600_000);
  expect(await activateUserByMail(pool, { provider, code: codes[0] ?? "", now: tooLate })).toBeUndefined();

  await pool.query("update users set activation_until = $2 where id = $1", [user.id, now]);
  expect(await activateUserByMail(pool, { provider, code: codes[0] ?? "", now })).toBeUndefined();
  const by = { actor: { kind: "key" }, channel: "api", now } as const;
  await sendActivation(pool, { provider, accountId: user.accountId, userId: user.id, urlOf, by });
  expect(await activateUserByMail(pool, { provider, code: codes[1] ?? "", now: later })).toMatchObject({
    user: { state: "active" },
  });
});

test.for([{ email: "nora@elsewhere.example" }, { password: "another horse entirely" }])(
  "a mailed activation link is invalid once the pending user has %j",
  async (values, { sharedPool: pool }) => {
    const { provider } = await setUp(pool);
    let code = "";
    const { user } = await signUp(pool, { provider, by: byMail((mailed) => (code = mailed)) });
    const by = { actor: { kind: "key" }, channel: "api", now: later } as const;
    const update = { provider, accountId: user.accountId, userId: user.id, values, writer: "program", by } as const;
    expect(await updateUser(pool, passwords, update)).toHaveProperty("user");
    expect(await activateUserByMail(pool, { provider, code, now: later })).toBeUndefined();
  },
);

test("a code is invalid at another provider", async ({ sharedPool: pool }) => {
  const [{ provider }, other] = [await setUp(pool), await setUp(pool)];
  let code = "";
  await signUp(pool, { provider, by: byMail((mailed) => (code = mailed)) });
  expect(await activateUserByMail(pool, { provider: other.provider, code, now: later })).toBeUndefined();
});

test("the first activation locks the ordering keys of endpoints in the order of all changes", async ({ database }) => {
  const { provider } = await setUp(database);
  const endpointIds: number[] = [];
  for (const name of ["crm", "billing"]) {
    const endpoint = { providerId: provider.id, url: "https://crm.example/hook", name, allActors: true } as const;
    endpointIds.push(await buildEndpoint(database, { ...endpoint, ordering: "object" }));
  }
  let code = "";
  const { details, user } = await signUp(database, { provider, by: byMail((mailed) => (code = mailed)) });
  const [first = 0, second = 0] = endpointIds.toSorted((one, other) => one - other);
  const activated: Promise<unknown>[] = [];
  await database.inTransaction(async (tx) => {
    lockKeys(tx, [{ endpointId: first, orderingKey: `user/${user.id}` }]);
    await tx.query("select");
    activated.push(Promise.allSettled([activateUserByMail(database, { provider, code, now: later })]));
    await until(() => countWaiting(database));
    lockKeys(tx, [{ endpointId: second, orderingKey: `account/${details.account.id}` }]);
  });
  expect(await Promise.all(activated)).toMatchObject([[{ status: "fulfilled", value: { user: { state: "active" } } }]]);
});
