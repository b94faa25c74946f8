import { expect } from "vitest";
import { directorySchema } from "#platform/database/migrate.ts";
import { setUp } from "../portal/portal-fixture.ts";
import { idEpochs, schema } from "../support/test-databases.ts";
import { test } from "../support/test.ts";

const newId = `${directorySchema}.new_id()`;

test("every id column uses new_id(), and none a sequence", async ({ database }) => {
  const counted = await database.query(
    `select table_schema, table_name, column_name from information_schema.columns
     where table_schema in ($1, $2) and (is_identity = 'YES' or column_default like 'nextval(%')`,
    [schema, directorySchema],
  );
  expect(counted).toEqual([]);
  const columns = await database.query<{ name: string; default: string | null }>(
    `select "column".table_name as name, "column".column_default as default
     from information_schema.columns "column" join information_schema.tables using (table_schema, table_name)
     where table_schema = $1 and column_name = 'id' and data_type = 'bigint' and table_type = 'BASE TABLE'
       and "column".table_name <> 'providers'`, // ids of providers come from the directory's table of tenants
    [schema],
  );
  expect(columns.length).toBeGreaterThanOrEqual(15);
  expect(columns.filter((column) => !column.default?.endsWith("new_id()"))).toEqual([]);
});

test("an id reveals its time, but neither the number of rows nor the rate", async ({ database }) => {
  const [read] = await database.query<{ ids: readonly number[]; before: number; after: number }>(`
    select array_agg(${newId} order by number) as ids, min(extract(epoch from transaction_timestamp()) * 1000) as before,
      extract(epoch from clock_timestamp()) * 1000 as after
    from generate_series(1, 5000) as number`);
  const ids = read?.ids.map(Number) ?? [];
  expect(new Set(ids).size).toBe(5000);
  expect(ids.toSorted((one, other) => one - other)).toEqual(ids);
  for (const id of ids) {
    expect(Number.isSafeInteger(id)).toBe(true);
    const atMs = Math.floor(id / 4096) + idEpochs.template;
    expect(atMs).toBeGreaterThanOrEqual(Math.floor(Number(read?.before)));
    expect(atMs).toBeLessThanOrEqual(Math.ceil(Number(read?.after)) + 1000);
  }

  // Sequential numbers would differ by one in the lower bits, at any time.
  const lower: number[] = [];
  for (let n = 0; n < 40; n += 1) {
    const [one] = await database.query<{ id: number }>(`select ${newId} as id, pg_sleep(0.002)`);
    lower.push(Number(one?.id) % 4096);
  }
  const steps = lower.slice(1).map((bits, at) => (bits - (lower[at] ?? 0) + 4096) % 4096);
  expect(steps.filter((step) => step === 1).length).toBeLessThan(5);
  expect(new Set(steps).size).toBeGreaterThan(30);
});

test("concurrent connections get different ids", async ({ database }) => {
  const queries = Array.from({ length: 20 }, () =>
    database.query<{ id: number }>(`select ${newId} as id from generate_series(1, 1000)`),
  );
  const ids = (await Promise.all(queries)).flat().map(({ id }) => id);
  expect(new Set(ids).size).toBe(20_000);
});

test("a connection that is held up for 4,096 numbers does not repeat the id of another", async ({ owner }) => {
  // The clock of the function's copy is held up when it is first read after a number was drawn: others draw 4,095 meanwhile.
  const [created] = await owner.query<{ text: string }>(
    `select pg_get_functiondef('${newId}'::regprocedure) as text, nextval('${directorySchema}.id_numbers')`,
  );
  const copy = created?.text.replace(".new_id()", ".copied_id()").replaceAll("clock_timestamp()", "slow_clock()");
  expect(copy?.match(/slow_clock/g)?.length).toBeGreaterThanOrEqual(1);
  await owner.query(
    `create table ${directorySchema}.slow_reads as select last_value from ${directorySchema}.id_numbers`,
  );
  await owner.query(`
    create function ${directorySchema}.slow_clock() returns timestamptz language plpgsql as $$
    begin
      if (select last_value = (select last_value from slow_reads) from id_numbers) then
        return '2026-01-01 00:00:00.010Z';
      end if;
      if (select last_value = (select last_value + 1 from slow_reads) from id_numbers) then
        perform setval('id_numbers', (select last_value from id_numbers) + 4095);
      end if;
      return '2026-01-01 00:00:00.020Z';
    end $$`);
  await owner.query(copy ?? "");
  const ids = await owner.query<{ id: number }>(
    `select ${directorySchema}.copied_id() as id from generate_series(1, 2)`,
  );
  expect(new Set(ids.map(({ id }) => id)).size).toBe(2);
});

test("the application's role cannot read the key that hides the number of ids", async ({ database }) => {
  await expect(database.query(`select key from ${directorySchema}.id_keys`)).rejects.toThrow("permission denied");
});

test("provider ids hide their number too, and the first provider has the smallest id", async ({ database }) => {
  const [first, second] = [await setUp(database), await setUp(database)];
  expect(first.provider.id).toBeGreaterThan(1e12);
  expect(second.provider.id - first.provider.id).toBeGreaterThan(0);
});
