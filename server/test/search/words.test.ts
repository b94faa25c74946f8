import { expect } from "vitest";
import type { Database } from "#platform/database/database.ts";
import { listAuditRecords } from "#access/index.ts";
import { listMails } from "#portal/mails/index.ts";
import { setUp } from "../portal/portal-fixture.ts";
import { test } from "../support/test.ts";

const total = 4500;

/** Records the rows that each statement of a list returned. */
function watched(database: Database): { readonly db: Database; readonly counts: number[] } {
  const counts: number[] = [];
  const query: Database["query"] = async <Row>(text: string, values?: readonly unknown[]) => {
    const rows = await database.query<Row>(text, values);
    if (text.includes("as written")) counts.push(rows.length);
    return rows;
  };
  return { db: { ...database, query }, counts };
}

test("a search for words reads the audit log in parts, and finds each record once, newest first", async ({
  sharedPool: pool,
}) => {
  const { provider } = await setUp(pool);
  await pool.query(
    `insert into audit_records (provider_id, id, actor_kind, action, subject)
     select $1, number, 'system', 'plan.changed', 'plan/' || number from generate_series(1, $2::integer) number`,
    [provider.id, total],
  );
  const { db, counts } = watched(pool);
  const found = await listAuditRecords(db, provider.id, { words: ["CHANGED", "plan"], limit: 10_000 });
  expect(found.map(({ subject }) => subject)).toEqual(Array.from({ length: total }, (_, at) => `plan/${total - at}`));
  expect(counts).toEqual([2000, 2000, 500]);

  const page = { words: ["plan"], before: 2600, limit: 2100 };
  const next = await listAuditRecords(db, provider.id, page);
  expect([next.length, next[0]?.subject, next.at(-1)?.subject]).toEqual([2100, "plan/2599", "plan/500"]);
  expect(await listAuditRecords(db, provider.id, { words: ["plan", "plan/7 ", "none"], limit: 5 })).toEqual([]);
});

test("a search for words reads the outbox in parts", async ({ sharedPool: pool }) => {
  const { provider } = await setUp(pool);
  await pool.query(
    `insert into mails (provider_id, recipient, subject, text, due_at)
     select $1, 'mira' || number || '@fjord.example', 'Welcome', '', now() from generate_series(1, $2::integer) number`,
    [provider.id, total],
  );
  const { db, counts } = watched(pool);
  expect(await listMails(db, provider.id, { words: ["WELCOME", "mira1@"], limit: 50 })).toHaveLength(1);
  expect(counts.length).toBe(3);
});
