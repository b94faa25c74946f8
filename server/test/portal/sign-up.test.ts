import { expect } from "vitest";
import { signUpAccount, signUpIsOpen } from "#portal/accounts/index.ts";
import { findUsersByLogin } from "#portal/users/index.ts";
import { test } from "../support/test.ts";
import { byForm, byToken, countRows, eventsOf, failingAtTheEnd, form, now, setUp, signUp } from "./portal-fixture.ts";
import { passwords } from "../support/passwords.ts";

test("a sign-up creates an account, its user, its application and their events", async ({ sharedPool: pool }) => {
  const { provider, product } = await setUp(pool);
  const { details, user, applications, events } = await signUp(pool, { provider, by: byForm });

  expect(details.account).toMatchObject({ orgName: "Fjord & Sons", state: "approved" });
  expect(details.plans.map((plan) => plan.kind)).toEqual(["account_plan", "service_plan", "application_plan"]);
  expect(user).toMatchObject({
    accountId: details.account.id,
    username: "nora",
    role: "admin",
    state: "active",
    activatedAt: now,
  });
  expect(applications).toMatchObject([
    { name: "Fjord & Sons's App", state: "live", product: { id: product.id }, keys: [] },
  ]);
  expect(applications[0]?.userKey).toMatch(/^[0-9a-f]{32}$/);
  expect(await countRows(pool, provider.id)).toEqual({
    accounts: 1,
    users: 1,
    subscriptions: 1,
    applications: 1,
    events: 3,
  });

  const developer = { actor: "developer", userId: user.id, channel: "developer_portal", previous: null };
  expect(await eventsOf(pool, provider.id)).toEqual([
    { type: "account.created", ...developer, sequence: 1, state: "approved" },
    { type: "user.created", ...developer, sequence: 2, state: "active" },
    { type: "application.created", ...developer, sequence: 3, state: "live" },
  ]);
  expect(events.map((event) => event.type)).toEqual(["account.created", "user.created", "application.created"]);
});

test("a sign-up that fails in its last statement leaves nothing", async ({ sharedPool: pool }) => {
  const { provider } = await setUp(pool);
  const failing = signUpAccount(failingAtTheEnd(pool), passwords, { now, provider, values: form, by: byForm });
  await expect(failing).rejects.toThrow("the last statement failed");
  expect(await countRows(pool, provider.id)).toEqual({
    accounts: 0,
    users: 0,
    subscriptions: 0,
    applications: 0,
    events: 0,
  });
});

test("of two sign-ups that take one username concurrently, the second gets an error", async ({ sharedPool: pool }) => {
  const { provider } = await setUp(pool);
  const outcomes = await Promise.all(
    ["nora", "NORA", "nora", "Nora"].map((username, index) =>
      signUpAccount(pool, passwords, {
        now,
        provider,
        values: { ...form, username, email: `${index}@fjord.example` },
        by: byForm,
      }),
    ),
  );
  const refused = outcomes.flatMap((outcome) => ("refused" in outcome ? [outcome.refused] : []));
  expect(refused).toEqual(Array.from({ length: 3 }, () => ({ username: ["has already been taken"] })));
  expect(await countRows(pool, provider.id)).toMatchObject({ accounts: 1, users: 1, events: 3 });
});

test("a username is unique among one provider's developers only", async ({ sharedPool: pool }) => {
  const [acme, other] = [await setUp(pool), await setUp(pool)];
  await signUp(pool, { provider: acme.provider, by: byForm });
  await signUp(pool, { provider: other.provider, by: byForm });
  const again = await signUpAccount(pool, passwords, { now, provider: acme.provider, values: form, by: byForm });
  expect(again).toEqual({ refused: { username: ["has already been taken"], email: ["has already been taken"] } });
});

test("the developer can log in with username or email address, in any case", async ({ sharedPool: pool }) => {
  const { provider } = await setUp(pool);
  const { user } = await signUp(pool, { provider, by: byForm });
  for (const login of ["nora", "NORA", "Nora@Fjord.example"]) {
    const [match] = await findUsersByLogin(pool, provider.id, login);
    expect(match?.user.id).toBe(user.id);
    expect(await passwords.verify(match?.passwordHash, form.password, { providerId: provider.id })).toBe(true);
  }
});

test("a login that no user can have finds no user", async ({ sharedPool: pool }) => {
  const { provider } = await setUp(pool);
  expect(await findUsersByLogin(pool, provider.id, "no\0ra")).toEqual([]);
});

test("text that no XML document can contain is refused before anything is written", async ({ sharedPool: pool }) => {
  const { provider } = await setUp(pool);
  const outcome = await signUpAccount(pool, passwords, {
    now,
    provider,
    values: { ...form, org_name: "Fj\u0000ord" },
    by: byForm,
  });
  expect(outcome).toEqual({ refused: { org_name: ["contains characters that are not allowed"] } });
  expect(await countRows(pool, provider.id)).toMatchObject({ accounts: 0, events: 0 });
});

test("a plan that requires approval makes the account pending", async ({ sharedPool: pool }) => {
  const { provider } = await setUp(pool);
  await pool.query(`update plans set approval_required = true where provider_id = $1`, [provider.id]);
  const { details, user, applications } = await signUp(pool, { provider, by: byForm });
  expect([details.account.state, user.state, applications[0]?.state]).toEqual(["pending", "active", "pending"]);
});

test("the form is closed if the provider accepts no sign-ups or has no account plan", async ({ sharedPool: pool }) => {
  const { provider } = await setUp(pool);
  const closed = { ...provider, signupsEnabled: false };
  expect(await signUpAccount(pool, passwords, { now, provider: closed, values: form, by: byForm })).toEqual({
    closed: true,
  });
  expect([await signUpIsOpen(pool, closed), await signUpIsOpen(pool, provider)]).toEqual([false, true]);

  await pool.query(`update plans set is_default = false where provider_id = $1 and kind = 'account_plan'`, [
    provider.id,
  ]);
  expect(await signUpIsOpen(pool, provider)).toBe(false);
  expect(await signUpAccount(pool, passwords, { now, provider, values: form, by: byForm })).toEqual({ closed: true });
  expect(await signUpAccount(pool, passwords, { now, provider, values: form, by: byToken })).toEqual({
    notFound: "plan",
  });
});

test("a program may omit the password: the account stays inactive, and no mail is sent", async ({
  sharedPool: pool,
}) => {
  const { provider } = await setUp(pool);
  const values = { org_name: "Quay", username: "ada", annotations: { managed_by: "crm" } };
  const { details, user, applications } = await signUp(pool, { provider, values, by: byToken });

  expect(details.account).toMatchObject({ state: "created", annotations: { managed_by: "crm" } });
  expect(user).toMatchObject({ state: "pending", email: null });
  expect(applications).toMatchObject([{ name: "API signup", description: "API signup", createOrigin: "api" }]);
  expect(await pool.query(`select from mails where provider_id = $1`, [provider.id])).toEqual([]);
  expect(await eventsOf(pool, provider.id)).toMatchObject([
    { type: "account.created", actor: "token", userId: 1, channel: "api", state: "created" },
    { type: "user.created", state: "pending" },
    { type: "application.created" },
  ]);
});

test("a program's account with a password is created once, in its final state", async ({ sharedPool: pool }) => {
  const { provider } = await setUp(pool);
  await signUp(pool, { provider, by: byToken });
  expect((await eventsOf(pool, provider.id)).map(({ type, state }) => [type, state])).toEqual([
    ["account.created", "approved"],
    ["user.created", "active"],
    ["application.created", "live"],
  ]);
});

test("a sign-up by a program records an event for the first key; a developer's records it only inside the application", async ({
  sharedPool: pool,
}) => {
  const { provider } = await setUp(pool);
  await pool.query(`update products set backend_version = '2' where provider_id = $1`, [provider.id]);
  const { applications } = await signUp(pool, { provider, by: byToken });
  expect(applications).toMatchObject([{ keys: [{ value: expect.stringMatching(/^[0-9a-f]{32}$/) }] }]);
  await signUp(pool, { provider, by: byForm, values: { ...form, username: "other", email: "other@fjord.example" } });

  const types = (await eventsOf(pool, provider.id)).map((event) => event.type);
  expect(types.slice(0, 4)).toEqual([
    "account.created",
    "user.created",
    "application.created",
    "application.key_created",
  ]);
  expect(types.slice(4)).toEqual(["account.created", "user.created", "application.created"]);
});

test("a plan of another provider, of another kind or not published is not found", async ({ sharedPool: pool }) => {
  const [{ provider }, other] = [await setUp(pool), await setUp(pool)];
  const planOf = async (providerId: number, kind: string): Promise<number> => {
    const [plan] = await pool.query<{ id: number }>(`select id from plans where provider_id = $1 and kind = $2`, [
      providerId,
      kind,
    ]);
    return plan?.id ?? 0;
  };
  const outcomeOf = (requestedPlans: readonly number[], by: typeof byForm | typeof byToken) =>
    signUpAccount(pool, passwords, { now, provider, values: {}, requestedPlans, by });

  const mine = await planOf(provider.id, "application_plan");
  const notFound = { notFound: "plan" };
  const foreign = await planOf(other.provider.id, "application_plan");
  expect(await outcomeOf([foreign], byForm)).toEqual(notFound);
  expect(await outcomeOf([foreign], byToken)).toHaveProperty("refused"); // as without it
  expect(await outcomeOf([mine], byToken)).toHaveProperty("refused");

  await pool.query(`update plans set state = 'hidden' where provider_id = $1 and id = $2`, [provider.id, mine]);
  expect(await outcomeOf([mine], byForm)).toEqual(notFound);
  expect(await outcomeOf([mine], byToken)).toHaveProperty("refused");
});
