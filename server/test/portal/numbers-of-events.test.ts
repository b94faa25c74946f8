import { expect } from "vitest";
import type { Pool } from "#platform/database/database.ts";
import { deleteAccount, lockAccount, recordAccountEvents, updateAccount } from "#portal/accounts/index.ts";
import { createUser } from "#portal/users/index.ts";
import { followEvents, startOfFeed } from "#webhooks/events/index.ts";
import { readObjectAt } from "#portal/history/index.ts";
import { buildEndpoint, feedsAreComplete } from "../support/build-webhooks.ts";
import { test } from "../support/test.ts";
import { byApi, byToken, failingAtTheEnd, setUp, signUp } from "./portal-fixture.ts";
import { passwords } from "../support/passwords.ts";

/** An account with three events: itself, its user and its application. */
async function signedUp(pool: Pool) {
  const { provider } = await setUp(pool);
  const { details } = await signUp(pool, { provider, by: byToken });
  const which = { provider, accountId: details.account.id, by: byApi };
  return {
    ...which,
    rename: (name: string, on = pool) => updateAccount(on, { ...which, values: { org_name: name }, writer: "program" }),
    addUser: (username: string) => {
      const values = { username, email: `${username}@fjord.example` };
      return createUser(pool, passwords, { ...which, values });
    },
  };
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

const sequencesOf = async (pool: Pool, accountId: number): Promise<number[]> => {
  const rows = await pool.query<{ sequence: number }>(
    "select sequence from events where account_id = $1 order by sequence",
    [accountId],
  );
  return rows.map(({ sequence }) => sequence);
};

test("events of one account are numbered without gaps under concurrent changes", async ({ database }) => {
  const [one, other] = [await signedUp(database), await signedUp(database)];
  await Promise.all(
    upTo(10).flatMap((number) =>
      [one, other].flatMap((fixture) => [
        fixture.rename(`Quay ${number}`),
        fixture.addUser(`mia-${number}`),
        fixture.rename("Quay"),
      ]),
    ),
  );
  for (const { accountId } of [one, other]) {
    const sequences = await sequencesOf(database, accountId);
    expect(sequences).toEqual(upTo(sequences.length));
    expect(sequences.length).toBeGreaterThan(3 + 20); // renaming changes nothing where another has just done it
  }
});

test("a change that is rolled back uses no number", async ({ database }) => {
  const { accountId, rename } = await signedUp(database);
  await expect(rename("Nowhere", failingAtTheEnd(database))).rejects.toThrow("the last statement failed");
  await rename("Quay");
  expect(await sequencesOf(database, accountId)).toEqual(upTo(4));
});

test("the events of an account's deletion continue its numbers", async ({ database }) => {
  const { accountId, ...fixture } = await signedUp(database);
  await fixture.rename("Quay");
  await deleteAccount(database, { ...fixture, accountId });
  expect(await sequencesOf(database, accountId)).toEqual(upTo(7));
});

test("a stale sequence number fails the transaction, so no number is used twice", async ({ database }) => {
  const { provider, accountId } = await signedUp(database);
  const cause = { providerId: provider.id, ...byApi };
  const event = { type: "account.updated", objectId: accountId, document: { name: "account", record: [] } } as const;
  const twice = database.inTransaction(async (tx) => {
    const account = await lockAccount(tx, provider.id, accountId);
    if (!account) throw new Error("There is no account.");
    await recordAccountEvents(tx, cause, account, [event]);
    await recordAccountEvents(tx, cause, account, [event]);
  });
  await expect(twice).rejects.toThrow("null value");
  expect(await sequencesOf(database, accountId)).toEqual(upTo(3));
});

test.for([
  { name: "one event, with a body", count: 1, hasEndpoint: true },
  { name: "two events", count: 2, hasEndpoint: false },
])(
  "the feed has the events of an account in their order, although a change of $name that waited began earlier",
  async ({ count, hasEndpoint }, { database }) => {
    const { provider, accountId, rename, addUser } = await signedUp(database);
    const place = { providerId: provider.id, url: "https://crm.example/hook", providerActions: true };
    if (hasEndpoint) await buildEndpoint(database, place);
    await database.inTransaction(async (tx) => {
      await tx.query("select transaction_number()");
      await rename("Quay");
      const account = await lockAccount(tx, provider.id, accountId);
      if (!account) throw new Error("There is no account.");
      const event = {
        type: "account.updated",
        objectId: accountId,
        document: { name: "account", record: [] },
      } as const;
      await recordAccountEvents(
        tx,
        { providerId: provider.id, ...byApi },
        account,
        Array.from({ length: count }, () => event),
      );
    });
    await addUser("mia");
    await feedsAreComplete(database);

    const sequences: number[] = [];
    let after = startOfFeed;
    for (;;) {
      const [event] = await followEvents(database, { providerId: provider.id, after, limit: 1 });
      if (!event) break;
      sequences.push(event.sequence);
      after = event;
    }
    expect(sequences).toEqual(upTo(5 + count));
  },
);

test("an account's history shows the last change last, although its request came before that of another process", async ({
  database,
  owner,
}) => {
  const { provider, accountId, rename } = await signedUp(database);
  await rename("Fjord");
  const later = { ...byApi, now: new Date(byApi.now.getTime() + 20_000) };
  const change = { provider, accountId, by: later, writer: "program" } as const;
  await updateAccount(owner, { ...change, values: { org_name: "Quay" } });
  await rename("Harbour");

  const events = await database.query<{ sequence: number }>(
    "select sequence from events where account_id = $1 order by id",
    [accountId],
  );
  expect(events.map(({ sequence }) => sequence)).toEqual(upTo(6));
  const subject = { providerId: provider.id, kind: "account", id: accountId, productScope: null } as const;
  const { version } = await readObjectAt(database, subject, new Date(later.now.getTime() + 1000));
  expect(version).toMatchObject({ org_name: "Harbour" });
});

test("an event is not before the account's previous one, for lists, receivers and its id, although its request came before", async ({
  database,
  owner,
}) => {
  const { provider, accountId, rename } = await signedUp(database);
  const url = "https://crm.example/hooks";
  await buildEndpoint(database, {
    providerId: provider.id,
    url,
    eventTypes: ["account.updated"],
    providerActions: true,
    allActors: true,
  });
  const later = { ...byApi, now: new Date(byApi.now.getTime() + 20_000) };
  const change = { provider, accountId, by: later, writer: "program" } as const;
  await updateAccount(owner, { ...change, values: { org_name: "Quay" } });
  await rename("Harbour");

  const events = await database.query<{ occurredAt: Date; inId: Date; sent: string }>(
    `select occurred_at, uuid_extract_timestamp(id) as "inId", payloads.context ->> 'time' as sent
    from events join payloads on payloads.provider_id = events.provider_id and payloads.event_id = events.id
    where account_id = $1 order by sequence`,
    [accountId],
  );
  expect(events).toHaveLength(2);
  expect(events[0]?.occurredAt).toEqual(later.now);
  for (const { occurredAt, inId, sent } of events) {
    expect(occurredAt.getTime()).toBeGreaterThanOrEqual(later.now.getTime());
    expect([inId, sent]).toEqual([occurredAt, occurredAt.toISOString()]);
  }
});
