import pg from "pg";
import { expect } from "vitest";
import { test } from "../../../test/support/test.ts";
import { schema } from "../../../test/support/test-databases.ts";
import { runTransaction } from "./run-transaction.ts";
import { StatementLine } from "./statement-line.ts";

const write = "insert into bellwire.engines (id) values ($1)";
const id = "00000000-0000-7000-8000-000000000001";

test("what is sent without waiting is committed with the rest", async ({ database }) => {
  await database.inTransaction(async (tx) => tx.send(write, [id]));
  expect(await database.query("select id from engines")).toEqual([{ id }]);
});

test("a sent statement that fails undoes the whole transaction, and its failure is the one that is told", async ({
  database,
}) => {
  const atTheEnd = database.inTransaction(async (tx) => {
    await tx.query(write, [id]);
    tx.send(write, [id]);
  });
  await expect(atTheEnd).rejects.toThrow("engines_pkey");
  const before = database.inTransaction(async (tx) => {
    await tx.query(write, [id]);
    tx.send(write, [id]);
    await tx.query("select 1");
  });
  await expect(before).rejects.toThrow("engines_pkey");
  expect(await database.query("select id from engines")).toEqual([]);
});

test("what is asked at once is answered in order, a read before a write", async ({ database }) => {
  const counts = await database.inTransaction((tx) =>
    Promise.all([
      tx.query("select count(*)::int as count from engines"),
      tx.query(write, [id]),
      tx.query("select count(*)::int as count from engines"),
    ]),
  );
  expect(counts).toEqual([[{ count: 0 }], [], [{ count: 1 }]]);
});

test("a transaction that did not begin leaves nothing written", async ({ databaseUrl }) => {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  await client.query(`set search_path = ${schema}`);
  const line = new StatementLine(client);
  const beginless: Pick<StatementLine, "ask"> = {
    ask: (text, values) => line.ask(text === "begin" ? "select 1 / 0" : text, values),
  };
  const writing = runTransaction(beginless, async (tx) => {
    await Promise.all([tx.query("select 1"), tx.query(write, [id])]);
  });
  await expect(writing).rejects.toThrow("division by zero");
  await expect(runTransaction(beginless, async (tx) => tx.send(write, [id]))).rejects.toThrow("division by zero");
  expect((await line.ask("select id from engines", [])).rows).toEqual([]);
  await client.end();
});
