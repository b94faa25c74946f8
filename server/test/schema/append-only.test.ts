import pg from "pg";
import { expect } from "vitest";
import { appRole } from "#platform/database/app-role.ts";
import { buildEndpoint, recordNow } from "../support/build-webhooks.ts";
import { setUp } from "../portal/portal-fixture.ts";
import { schema } from "../support/test-databases.ts";
import { test } from "../support/test.ts";

const appendOnly = ["audit_records", "events", "payloads", "attempts"];

test("the application's role can only insert events, payloads, attempts and audit records", async ({ database }) => {
  const { provider } = await setUp(database);
  await buildEndpoint(database, { providerId: provider.id, url: "http://127.0.0.1:9/" });
  await recordNow(database, { providerId: provider.id });
  for (const table of appendOnly) {
    const denied = `permission denied for table ${table}`;
    await expect(database.query(`update ${table} set provider_id = provider_id`)).rejects.toThrow(denied);
    await expect(database.query(`delete from ${table}`)).rejects.toThrow(denied);
    await expect(database.query(`truncate ${table}`)).rejects.toThrow(denied);
  }
});

test("the application's role has no privileges on partitions, including later ones", async ({
  database,
  databaseUrl,
}) => {
  await database.query("select add_history_days('2031-01-01', '2031-01-02')");
  const owner = new pg.Client(databaseUrl);
  await owner.connect();
  try {
    const { rows } = await owner.query<{ name: string; rights: boolean }>(
      `select relname as name, has_table_privilege($2, oid, 'insert, update, delete, truncate') as rights
       from pg_class where relnamespace = $1::regnamespace and relispartition and relkind = 'r'`,
      [schema, appRole],
    );
    expect(rows.map(({ name }) => name)).toContain("events_20310101");
    expect(rows.filter(({ rights }) => rights)).toEqual([]);
  } finally {
    await owner.end();
  }
});

test("an audit record's count can only grow, and only for a day", async ({ database }) => {
  const { provider } = await setUp(database);
  const insert = `insert into audit_records (provider_id, actor_kind, action, subject, detail, at)
    values ($1, 'system', 'retry', 'failures', '{"count": 10}', now() - make_interval(days => $2)) returning id`;
  const read = async (id: unknown) => (await database.query("select detail from audit_records where id = $1", [id]))[0];
  for (const [days, count, expected] of [
    [0, 20, 20],
    [0, 5, 10],
    [2, 20, 10],
  ]) {
    const [row] = await database.query<{ id: number }>(insert, [provider.id, days]);
    await database.query("select raise_audit_count($1, $2, $3)", [provider.id, row?.id, count]);
    expect(await read(row?.id)).toEqual({ detail: { count: expected } });
  }
});
