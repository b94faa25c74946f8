import { expect } from "vitest";
import { createAccessToken, deleteAccessToken } from "#access/index.ts";
import type { Pool } from "#platform/database/database.ts";
import { openPool } from "#platform/database/pool.ts";
import { setUpProvider } from "#portal/provider-account/index.ts";
import type { HandDrivenClock } from "../../../test/support/hand-driven-clock.ts";
import { schema } from "../../../test/support/test-databases.ts";
import { test as base } from "../../../test/support/test.ts";
import { until } from "../../../test/support/until.ts";
import { createCallerCache } from "./find-provider.ts";
import { passwords } from "../../../test/support/passwords.ts";

interface House {
  readonly providerId: number;
  /** How often the database was asked for a caller. */
  readonly asked: () => number;
  /** If set, answers of the database wait for it. */
  hold: Promise<void> | undefined;
  addToken(value: string, more?: { readonly expiresAt: Date }): Promise<Owned>;
  /** The name of the token, or undefined if it opens nothing. */
  nameOf(value: string | undefined): Promise<string | undefined>;
}

interface Owned {
  readonly owner: { readonly providerId: number; readonly userId: number };
  readonly id: number;
}

const test = base.extend("house", async ({ database, clock }, { onCleanup }) => {
  const { house, stop } = await openHouse(database, clock);
  onCleanup(stop);
  return house;
});

async function openHouse(database: Pool, clock: HandDrivenClock) {
  const setup = { name: "Acme", subdomain: "acme", adminUsername: "ann", adminPassword: "a long password" };
  const made = await database.inTransaction((tx) => setUpProvider(tx, passwords, { ...setup, now: clock.now() }));
  if ("refused" in made) throw new Error(JSON.stringify(made.refused));
  const providerId = made.provider.id;
  const [user] = await database.query<{ id: number }>("select id from provider_users");
  const owner = { providerId, userId: user?.id ?? 0 };

  let asked = 0;
  const pool: Pool = {
    ...database,
    async query<Row>(text: string, values?: readonly unknown[]) {
      asked += 1;
      const rows = await database.query<Row>(text, values);
      await house.hold;
      return rows;
    },
  };
  const callers = createCallerCache({ pool, clock });
  let hears = false; // the first hint of all is that the line has opened: until then everything is forgotten once more
  database.onHint("callers", () => (hears = true));
  await until(() => hears);

  const house: House = {
    providerId,
    asked: () => asked,
    hold: undefined,
    addToken: (value, more) =>
      database.inTransaction(async (tx) => {
        const token = { ...owner, name: value, scopes: [], permission: "ro", value, ...more } as const;
        return { owner, id: (await createAccessToken(tx, token)).id };
      }),
    nameOf: async (value) => (await callers.find({ providerId, value }))?.token?.name,
  };
  return { house, stop: () => callers.stop() };
}

const deleteIn = (pool: Pool, { owner, id }: Owned): Promise<boolean> =>
  pool.inTransaction((tx) => deleteAccessToken(tx, owner, id));

test("a caller is read once in a second", async ({ house, clock }) => {
  await house.addToken("crm");
  for (const _ of [1, 2, 3]) expect(await house.nameOf("crm")).toBe("crm");
  expect(house.asked()).toBe(1);

  await clock.advance(1000);
  expect(await house.nameOf("crm")).toBe("crm");
  expect(house.asked()).toBe(2);
});

test("the cached caller of one token, or of no token, is not used for another", async ({ house }) => {
  await house.addToken("crm");
  await house.addToken("shop");
  for (const _ of [1, 2]) {
    expect([await house.nameOf(undefined), await house.nameOf("crm")]).toEqual([undefined, "crm"]);
    expect([await house.nameOf("shop"), await house.nameOf("other")]).toEqual(["shop", undefined]);
  }
});

test("who has deleted a token goes on in a process that knows it no more", async ({ house, database }) => {
  const token = await house.addToken("crm");
  expect(await house.nameOf("crm")).toBe("crm");

  const asked = deleteIn(database, token).then(() => house.nameOf("crm"));
  expect(await asked).toBeUndefined();
});

test("a token that another process deletes opens nothing once the hint has come", async ({ house, databaseUrl }) => {
  await using other = await openPool({ connectionString: databaseUrl, schema });
  let isOpen = false;
  other.onHint("callers", () => (isOpen = true));
  await until(() => isOpen);
  const token = await house.addToken("crm");
  expect(await house.nameOf("crm")).toBe("crm");

  await deleteIn(other, token);
  await until(async () => (await house.nameOf("crm")) === undefined); // and the clock stands still
});

test("a deleted token of which no hint comes opens nothing after a second", async ({ house, database, clock }) => {
  await house.addToken("crm");
  await clock.advance(400);
  expect(await house.nameOf("crm")).toBe("crm");

  await database.query("delete from access_tokens");
  await clock.advance(1000);
  expect(await house.nameOf("crm")).toBeUndefined();
});

test("a caller that was read during a change is not cached", async ({ house, database }) => {
  const token = await house.addToken("crm");
  const { promise, resolve } = Promise.withResolvers<void>();
  house.hold = promise;
  const overlapping = house.nameOf("crm");
  await until(async () => house.asked() === 1);
  await deleteIn(database, token);
  house.hold = undefined;
  resolve();

  await overlapping;
  expect(await house.nameOf("crm")).toBeUndefined();
});

test("a token that runs out within the second opens nothing from then on", async ({ house, clock }) => {
  await house.addToken("crm", { expiresAt: new Date(clock.now().getTime() + 300) });
  await clock.advance(299);
  expect(await house.nameOf("crm")).toBe("crm");

  await clock.advance(1);
  expect(await house.nameOf("crm")).toBeUndefined();
});

test("a token that was asked for too early works as soon as it is made", async ({ house }) => {
  expect(await house.nameOf("crm")).toBeUndefined();
  await house.addToken("crm");
  expect(await house.nameOf("crm")).toBe("crm");
});
