import pg from "pg";
import { expect } from "vitest";
import { schema } from "../../../test/support/test-databases.ts";
import { test } from "../../../test/support/test.ts";
import { Caches, type Transaction, runTransaction } from "./database.ts";
import { createUuidV7Generator } from "../ids.ts";
import { StatementPipeline } from "./pipeline.ts";

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

/** A connection on which no transaction begins. */
class Beginless extends StatementPipeline {
  override query(text: string, values: readonly unknown[]): ReturnType<StatementPipeline["query"]> {
    return super.query(text === "begin" ? "select 1 / 0" : text, values);
  }
}

const aTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test.for<[string, (tx: Transaction) => Promise<unknown>]>([
  ["with begin", (tx) => Promise.all([tx.query("select 1"), tx.query(write, [id])])],
  ["with begin, and without waiting", async (tx) => tx.send(write, [id])],
  ["while begin is under way", (tx) => aTurn().then(() => tx.query(write, [id]))],
  ["while begin is under way, and without waiting", (tx) => aTurn().then(() => tx.send(write, [id]))],
  ["after the failure, which it swallows", (tx) => tx.query("select 1").catch(() => tx.query(write, [id]))],
])("a transaction that did not begin leaves nothing written that it asks %s", async ([, work], { databaseUrl }) => {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  await client.query(`set search_path = ${schema}`);
  const hasListeners = (): boolean => false;
  const transaction = { newUuidV7: createUuidV7Generator(), caches: new Caches(), trace: undefined, hasListeners };
  await expect(runTransaction(new Beginless(client, { prepared: new Map() }), transaction, work)).rejects.toThrow(
    "division by zero",
  );
  expect((await client.query("select id from engines")).rows).toEqual([]);
  expect(client.getTransactionStatus()).toBe("I");
  await client.end();
});
