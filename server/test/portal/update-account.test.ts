import { expect } from "vitest";
import type { Pool } from "#platform/database/database.ts";
import { listAccountDetails, updateAccount } from "#portal/accounts/index.ts";
import type { Provider } from "#portal/providers/index.ts";
import { test } from "../support/test.ts";
import { until } from "../support/until.ts";
import { byForm, eventsOf, now, setUp, signUp } from "./portal-fixture.ts";

const later = new Date(now.getTime() + 60_000);

type Update = Parameters<typeof updateAccount>[1];

async function signedUp(
  pool: Pool,
): Promise<{ provider: Provider; change: (update: Partial<Update>) => ReturnType<typeof updateAccount> }> {
  const { provider } = await setUp(pool);
  await pool.query(
    `insert into fields_definitions (provider_id, target, name, label, position) values ($1, 'Account', 'region', 'Region', 2)`,
    [provider.id],
  );
  const { details } = await signUp(pool, { provider, by: byForm });
  const update: Update = {
    provider,
    accountId: details.account.id,
    values: {},
    writer: "program",
    by: { actor: { kind: "token", userId: 1 }, channel: "api", now: later },
  };
  return { provider, change: (fixture) => updateAccount(pool, { ...update, ...fixture }) };
}

test("an update records one event with the changed fields and their previous values", async ({ sharedPool: pool }) => {
  const { provider, change } = await signedUp(pool);
  const outcome = await change({
    values: { name: "Quay", region: "emea", annotations: { managed_by: "1" }, monthly_charging_enabled: false },
  });
  expect(outcome).toMatchObject({
    details: {
      account: {
        orgName: "Quay",
        fields: { region: "emea" },
        annotations: { managed_by: "1" },
        monthlyChargingEnabled: false,
        updatedAt: later,
      },
      users: [{ username: "nora" }],
    },
  });
  expect((await eventsOf(pool, provider.id)).slice(3)).toEqual([
    {
      type: "account.updated",
      actor: "token",
      userId: 1,
      channel: "api",
      sequence: 4,
      state: "approved",
      previous: { org_name: "Fjord & Sons", region: null, annotations: {}, monthly_charging_enabled: true },
    },
  ]);
});

test("an update without a change records no event and writes nothing", async ({ sharedPool: pool }) => {
  const { provider, change } = await signedUp(pool);
  const outcome = await change({
    values: { org_name: " Fjord & Sons ", region: "", monthly_billing_enabled: "on", unknown: "x" },
  });
  expect(outcome).toMatchObject({ details: { account: { updatedAt: now } }, events: [] });
  expect(await eventsOf(pool, provider.id)).toHaveLength(3);
});

test("an update with an error changes nothing", async ({ sharedPool: pool }) => {
  const { provider, change } = await signedUp(pool);
  expect(await change({ values: { org_name: "", region: "ok" } })).toEqual({
    refused: { org_name: ["can't be blank"] },
  });
  expect(await change({ values: { region: "\u0007" } })).toEqual({
    refused: { region: ["contains characters that are not allowed"] },
  });
  expect(await eventsOf(pool, provider.id)).toHaveLength(3);
});

test("concurrent updates of one account lose no change", async ({ sharedPool: pool }) => {
  const { provider, change } = await signedUp(pool);
  const names = ["a", "b", "c", "d"];
  for (const name of names) {
    await pool.query(
      `insert into fields_definitions (provider_id, target, name, label, position) values ($1, 'Account', $2, $2, 9)`,
      [provider.id, name],
    );
  }
  await Promise.all(names.map((name) => change({ values: { [name]: "1" } })));
  const [remaining] = await pool.query<{ fields: object }>("select fields from accounts where provider_id = $1", [
    provider.id,
  ]);
  expect(remaining?.fields).toMatchObject({ a: "1", b: "1", c: "1", d: "1" });
});

test("an update that waits for another one starts from its result", async ({ sharedPool: pool }) => {
  const { provider, change } = await signedUp(pool);
  let update: ReturnType<typeof change> | undefined;
  await pool.inTransaction(async (tx) => {
    await tx.query("select from accounts where provider_id = $1 for no key update", [provider.id]);
    update = change({ values: { org_name: "Quay" } });
    await until(async () => {
      const waiting = await tx.query(
        "select from pg_locks where not granted and transactionid = pg_current_xact_id()::xid",
      );
      return waiting.length > 0;
    });
    await tx.query("update users set username = 'mia' where provider_id = $1", [provider.id]);
  });
  expect(await update).toMatchObject({ details: { users: [{ username: "mia" }] } });
});

test("an event contains the account as it is read afterwards, with annotations in the same order", async ({
  sharedPool: pool,
}) => {
  const { provider, change } = await signedUp(pool);
  const outcome = await change({
    values: { region: "emea", annotations: { zz: "1", b: "2", aa: "3", aaa: "4", Z: "5" } },
  });
  const details = outcome && "details" in outcome ? outcome.details : undefined;
  const [read] = await listAccountDetails(pool, provider.id, [details?.account.id ?? 0]);
  expect(details).toEqual(read);
  expect(Object.keys(Object(details?.account.annotations))).toEqual(Object.keys(Object(read?.account.annotations)));
});
