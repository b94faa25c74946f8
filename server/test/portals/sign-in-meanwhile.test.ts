import { expect } from "vitest";
import { countWaiting } from "../support/count-waiting.ts";
import { until } from "../support/until.ts";
import { password, test, type PortalHouse } from "./portal-test.ts";

/** What a sign-in with the old password gets that comes just when `statement` changes the user. */
async function signInWhile(
  { pool, provider }: PortalHouse,
  statement: string,
  signIn: () => Promise<{ status: number }>,
): Promise<number> {
  const { answer } = await pool.inTransaction(async (tx) => {
    await tx.query(statement, [provider.id]);
    const waiting = { answer: signIn() };
    await until(() => countWaiting(pool));
    return waiting;
  });
  return (await answer).status;
}

const changes = ["set password_hash = 'another'", "set state = 'suspended'"];

test.for(changes)("a developer whose sign-in meets %s is not signed in by it", async (change, { house }) => {
  await house.developer("ada");
  const ada = house.visitor("developer");
  const update = `update users ${change} where provider_id = $1`;
  const signIn = () => ada.submit("/login", { username: "ada", password });
  expect(await signInWhile(house, update, signIn)).toBe(422);
  expect(ada.cookies.has("bellwire_developer")).toBe(false);
});

test.for(changes)(
  "somebody of the provider whose sign-in meets %s is not signed in by it",
  async (change, { house }) => {
    const boss = house.visitor("admin");
    const update = `update provider_users ${change} where provider_id = $1`;
    const signIn = () => boss.submit("/p/login", { username: "boss", password });
    expect(await signInWhile(house, update, signIn)).toBe(422);
    expect(boss.cookies.has("bellwire_admin")).toBe(false);
  },
);
