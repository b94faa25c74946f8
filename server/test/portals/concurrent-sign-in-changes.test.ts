import { expect } from "vitest";
import { countWaiting } from "../support/count-waiting.ts";
import { until } from "../support/until.ts";
import { password, test, type PortalFixture } from "./portal-test.ts";

/** Returns the status of a sign-in that waits for a transaction which runs `statement`. */
async function signInWhile(
  { pool, provider }: PortalFixture,
  statement: string,
  signIn: () => Promise<{ status: number }>,
): Promise<number> {
  const { response } = await pool.inTransaction(async (tx) => {
    await tx.query(statement, [provider.id]);
    const waiting = { response: signIn() };
    await until(() => countWaiting(pool));
    return waiting;
  });
  return (await response).status;
}

const changes = ["set password_hash = 'another'", "set state = 'suspended'"];

test.for(changes)("a developer's login fails if the user is changed concurrently by %s", async (change, { portal }) => {
  await portal.developer("ada");
  const ada = portal.visitor("developer");
  const update = `update users ${change} where provider_id = $1`;
  const signIn = () => ada.submit("/login", { username: "ada", password });
  expect(await signInWhile(portal, update, signIn)).toBe(422);
  expect(ada.cookies.has("bellwire_developer")).toBe(false);
});

test.for(changes)(
  "an Admin Portal sign-in fails if the user is changed concurrently by %s",
  async (change, { portal }) => {
    const boss = portal.visitor("admin");
    const update = `update provider_users ${change} where provider_id = $1`;
    const signIn = () => boss.submit("/p/login", { username: "boss", password });
    expect(await signInWhile(portal, update, signIn)).toBe(422);
    expect(boss.cookies.has("bellwire_admin")).toBe(false);
  },
);
