import pg from "pg";
import { expect } from "vitest";
import { schema } from "../../../test/support/test-databases.ts";
import { test } from "../../../test/support/test.ts";
import { Caches, type Transaction, runTransaction } from "./database.ts";
import { createUuidV7Generator } from "../ids.ts";
import { StatementPipeline } from "./pipeline.ts";

const write = "insert into bellwire.engines (id) values ($1)";
const id = "00000000-0000-7000-8000-000000000001";

test("a statement sent without waiting is committed with its transaction", async ({ database }) => {
  await database.inTransaction(async (tx) => tx.send(write, [id]));
  expect(await database.query("select id from engines")).toEqual([{ id }]);
});

test("a sent statement that fails rolls back the transaction, which rejects with that statement's error", async ({
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

test("concurrent statements of a transaction run in order", async ({ database }) => {
  const counts = await database.inTransaction((tx) =>
    Promise.all([
      tx.query("select count(*)::int as count from engines"),
      tx.query(write, [id]),
      tx.query("select count(*)::int as count from engines"),
    ]),
  );
  expect(counts).toEqual([[{ count: 0 }], [], [{ count: 1 }]]);
});

/** A connection on which `begin` fails. */
class Beginless extends StatementPipeline {
  override query(text: string, values: readonly unknown[]): ReturnType<StatementPipeline["query"]> {
    return super.query(text === "begin" ? "select 1 / 0" : text, values);
  }
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test.for<[string, (tx: Transaction) => Promise<unknown>]>([
  ["sent with begin", (tx) => Promise.all([tx.query("select 1"), tx.query(write, [id])])],
  ["sent with begin, without waiting", async (tx) => tx.send(write, [id])],
  ["sent while begin runs", (tx) => nextTurn().then(() => tx.query(write, [id]))],
  ["sent while begin runs, without waiting", (tx) => nextTurn().then(() => tx.send(write, [id]))],
  ["sent after a swallowed error", (tx) => tx.query("select 1").catch(() => tx.query(write, [id]))],
])("a transaction whose begin fails writes no row of a statement %s", async ([, work], { databaseUrl }) => {
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
