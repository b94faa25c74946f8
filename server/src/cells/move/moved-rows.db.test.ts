import pg from "pg";
import { expect } from "vitest";
import { schema } from "../../../test/support/test-databases.ts";
import { test } from "../../../test/support/test.ts";
import { connectToCell } from "./move-provider.ts";
import { readMovedTables } from "./moved-rows.ts";

test("a move includes every table with provider rows, parents before children", async ({ databaseUrl }) => {
  const client = await connectToCell({ schema, ownerUrl: databaseUrl });
  try {
    const tables = await readMovedTables(client);
    const { rows } = await client.query<{ name: string }>(
      `select distinct table_name as name from information_schema.columns
       join pg_class on pg_class.oid = to_regclass(format('%I.%I', table_schema, table_name))
       where table_schema = $1 and (column_name = 'provider_id' or table_name = 'providers') and not relispartition`,
      [schema],
    );
    const names = tables.map(({ name }) => name);
    expect(names.toSorted()).toEqual(rows.map(({ name }) => name).toSorted());
    for (const { name, parents } of tables) {
      for (const parent of parents) expect(names.indexOf(parent)).toBeLessThan(names.indexOf(name));
    }
    expect(tables.find(({ name }) => name === "events")).toMatchObject({
      isPartitioned: true,
      owner: "provider_id",
      key: [
        { name: "provider_id", type: "bigint" },
        { name: "id", type: "uuid" },
      ],
    });
  } finally {
    await client.end();
  }
});

test("transaction numbers are raised above those of another cell, and never lowered", async ({ databaseUrl }) => {
  const client = new pg.Client(databaseUrl);
  await client.connect();
  try {
    const read = async (): Promise<number> => {
      const { rows } = await client.query<{ number: string }>("select bellwire.transaction_number()::text as number");
      return Number(rows[0]?.number);
    };
    const before = await read();
    await client.query("select bellwire.raise_transaction_numbers($1)", [before + 5_000_000_000]);
    const raised = await read();
    expect(raised).toBeGreaterThan(before + 5_000_000_000);
    await client.query("select bellwire.raise_transaction_numbers($1)", [before]);
    expect((await read()) - raised).toBeLessThan(1000);
  } finally {
    await client.end();
  }
});
