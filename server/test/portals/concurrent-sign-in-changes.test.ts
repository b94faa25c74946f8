import { expect } from "vitest";
import { countWaiting } from "../support/count-waiting.ts";
import { until } from "../support/until.ts";
import { password, test, type PortalFixture } from "./portal-test.ts";

/** Returns the statuses of requests that wait for a transaction which runs `statement`. */
async function sendWhile(
  { pool, provider }: PortalFixture,
  statement: string,
  ...requests: (() => Promise<{ status: number }>)[]
): Promise<readonly number[]> {
  const { responses } = await pool.inTransaction(async (tx) => {
    await tx.query(statement, [provider.id]);
    const waiting = { responses: requests.map((send) => send()) };
    await until(async () => (await countWaiting(pool)) === requests.length);
    return waiting;
  });
  return (await Promise.all(responses)).map(({ status }) => status);
}

const changes = ["set password_hash = 'another'", "set state = 'suspended'"];

test.for(changes)("a developer's login fails if the user is changed concurrently by %s", async (change, { portal }) => {
  await portal.developer("ada");
  const ada = portal.visitor("developer");
  const update = `update users ${change} where provider_id = $1`;
  const signIn = () => ada.submit("/login", { username: "ada", password });
  expect(await sendWhile(portal, update, signIn)).toEqual([422]);
  expect(ada.cookies.has("bellwire_developer")).toBe(false);
});

test.for(changes)(
  "an Admin Portal sign-in fails if the user is changed concurrently by %s",
  async (change, { portal }) => {
    const boss = portal.visitor("admin");
    const update = `update provider_users ${change} where provider_id = $1`;
    const signIn = () => boss.submit("/p/login", { username: "boss", password });
    expect(await sendWhile(portal, update, signIn)).toEqual([422]);
    expect(boss.cookies.has("bellwire_admin")).toBe(false);
  },
);

const newPassword = "another horse battery";
const ownChanges = [
  ["/account/password", { password: newPassword, password_confirmation: newPassword }],
  ["/account/details", { email: "intruder@elsewhere.example" }],
] as const;

test.for(ownChanges)(
  "%s refuses a current password that is replaced concurrently, as by its owner with a mailed link",
  async ([path, fields], { portal }) => {
    const ada = await portal.developer("ada");
    const change = () => ada.submit(path, { ...fields, current_password: password });
    const update = "update users set password_hash = 'another' where provider_id = $1";
    expect(await sendWhile(portal, update, change)).toEqual([422]);
    expect(
      await portal.pool.query("select password_hash, email from users where provider_id = $1", [portal.provider.id]),
    ).toEqual([{ passwordHash: "another", email: "ada@tallow.example" }]);
  },
);

test("a new password that is submitted twice at once is saved", async ({ portal }) => {
  const ada = await portal.developer("ada");
  const change = () =>
    ada.submit("/account/password", {
      current_password: password,
      password: newPassword,
      password_confirmation: newPassword,
    });
  const lock = "select from users where provider_id = $1 for update";
  expect(await sendWhile(portal, lock, change, change)).toEqual([303, 303]);
});
