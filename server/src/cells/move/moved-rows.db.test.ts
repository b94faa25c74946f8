import pg from "pg";
import { expect } from "vitest";
import { signedUp } from "../../../test/portal/portal-fixture.ts";
import { buildEndpoint } from "../../../test/support/build-webhooks.ts";
import { cloneTemplate } from "../../../test/support/clone-template.ts";
import { schema } from "../../../test/support/test-databases.ts";
import { test } from "../../../test/support/test.ts";
import { until } from "../../../test/support/until.ts";
import { connectToCell } from "./move-provider.ts";
import {
  copyChanges,
  copyTable,
  createMissingPartitions,
  createTriggers,
  followChanges,
  nextStepRows,
  readMovedTables,
  transact,
} from "./moved-rows.ts";

/** Returns a function that connects to a cell until the end of a test. */
const connectWithin =
  (open: AsyncDisposableStack) =>
  async (ownerUrl: string): Promise<pg.Client> => {
    const client = await connectToCell({ schema, ownerUrl });
    open.defer(() => client.end());
    return client;
  };

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

test("limits that an administrator has set for a database end no command that works on a cell for long", async ({
  databaseUrl,
}) => {
  const administrator = new pg.Client(databaseUrl);
  await administrator.connect();
  const limits = ["statement_timeout", "lock_timeout", "idle_session_timeout", "transaction_timeout"];
  const name = pg.escapeIdentifier(administrator.database ?? "");
  for (const limit of limits) await administrator.query(`alter database ${name} set ${limit} = '1s'`);
  await administrator.end();
  const client = await connectToCell({ schema, ownerUrl: databaseUrl });
  const { rows } = await client.query("select name, setting from pg_settings where name = any($1)", [limits]);
  await client.end();
  expect(rows.map(({ setting }) => setting)).toEqual(limits.map(() => "0"));
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

// An application leaves its plan, which is deleted; another plan becomes the default; a replay ends, and the next one begins.
const changeRows = `
  insert into plans (provider_id, kind, product_id, name, system_name, is_default)
  select provider_id, kind, product_id, 'Next', 'next', false from plans where is_default;
  update applications set plan_id = plans.id from plans where plans.product_id = applications.product_id and plans.system_name = 'next'
    and plans.kind = 'application_plan';
  delete from plans where kind = 'application_plan' and system_name <> 'next';
  update plans set is_default = false where kind = 'account_plan' and is_default;
  update plans set is_default = true where kind = 'account_plan' and system_name = 'next';
  update replays set finished_at = now(), state = 'done'`;

test("changes of one step that wait for each other are copied, whatever their order", async ({
  owner,
  database,
  databaseUrl,
}) => {
  const { provider } = await signedUp(database);
  const endpoint = await buildEndpoint(database, { providerId: provider.id, url: "http://127.0.0.1:9/hook" });
  const startReplay = `insert into replays (provider_id, endpoint_id, since, until, kind, last_event)
    values ($1, $2, now(), now(), 'all', uuidv7())`;
  await owner.query(startReplay, [provider.id, endpoint]);
  await using open = new AsyncDisposableStack();
  const other = open.use(await cloneTemplate());
  const connect = connectWithin(open);
  const [source, target] = [await connect(databaseUrl), await connect(other.connectionString)];
  const tables = (await readMovedTables(source)).filter(({ isPartitioned }) => !isPartitioned);
  for (const table of tables) await copyTable({ source, target }, table, provider.id);

  const changed = tables.filter(({ name }) => ["plans", "applications", "replays"].includes(name));
  // A plan's version is another one after each update.
  const readRows = async (client: pg.Client) => {
    const rows = [];
    for (const { name, key } of changed) {
      const statement = `select jsonb_build_array(${key.map((column) => column.name).join(", ")}) as key, to_jsonb(row) - 'version' as row
        from ${name} as row where provider_id = $1 order by 1`;
      rows.push((await client.query<{ key: unknown[]; row: unknown }>(statement, [provider.id])).rows);
    }
    return rows;
  };
  const before = await readRows(source);
  await source.query(changeRows);
  await source.query(startReplay, [provider.id, endpoint]);
  const after = await readRows(source);
  const changes = changed.map((table, index) => {
    const rows = [...(after[index] ?? []), ...(before[index] ?? [])];
    return { table, keys: [...new Map(rows.map(({ key }) => [JSON.stringify(key), key])).values()] };
  });
  await target.query("begin");
  await copyChanges({ source, target }, changes);
  await target.query("commit");

  expect(await readRows(target)).toEqual(after);
  expect(after).not.toEqual(before);
});

test("a step whose table is locked can be repeated on the same connection", async ({ database, databaseUrl }) => {
  const { provider } = await signedUp(database);
  await using open = new AsyncDisposableStack();
  const other = open.use(await cloneTemplate());
  const connect = connectWithin(open);
  const [source, target, holder] = [
    await connect(databaseUrl),
    await connect(other.connectionString),
    await connect(other.connectionString),
  ];
  const tables = (await readMovedTables(source)).filter(({ name }) => name === "events");
  await source.query("insert into provider_moves (provider, id, state) values ($1, gen_random_uuid(), 'copying')", [
    provider.id,
  ]);
  await createTriggers(source, tables, provider.id);
  await source.query("update events set account_name = 'Another' where provider_id = $1", [provider.id]);
  await target.query("set lock_timeout = '10ms'");
  const follow = () => followChanges({ source, target, isStepwise: true, tables, providerId: provider.id });
  await transact(holder, async () => {
    await holder.query("lock table events in access exclusive mode");
    await expect(follow()).rejects.toThrow("lock timeout");
  });
  const copied = await follow();
  const { rows } = await target.query("select account_name from events where provider_id = $1", [provider.id]);
  expect([copied > 0, rows.length, new Set(rows.map((row) => row.account_name))]).toEqual([
    true,
    copied,
    new Set(["Another"]),
  ]);
});

test("days of the history that the target's housekeeping creates at the same time are not created twice", async ({
  databaseUrl,
}) => {
  await using open = new AsyncDisposableStack();
  const other = open.use(await cloneTemplate());
  const connect = connectWithin(open);
  const [source, target, housekeeper, observer] = [
    await connect(databaseUrl),
    await connect(other.connectionString),
    await connect(other.connectionString),
    await connect(other.connectionString),
  ];
  const addDays = "select add_history_days(current_date + 100, current_date + 101)";
  await source.query(addDays);
  const waiting = `select from pg_locks
    where not granted and pid in (select pid from pg_stat_activity where datname = current_database())`;
  const created: Promise<unknown>[] = [];
  await transact(housekeeper, async () => {
    await housekeeper.query(addDays);
    created.push(createMissingPartitions(source, target));
    await until(async () => (await observer.query(waiting)).rows.length > 0);
  });
  await Promise.all(created);
  const days = "select count(*)::integer from pg_class where relname like 'events_%'";
  expect((await target.query(days)).rows).toEqual((await source.query(days)).rows);
});

test("a deletion takes fewer rows at once as soon as these take longer than half a second", () => {
  expect(nextStepRows(100, 4)).toBe(200);
  expect(nextStepRows(5000, 100)).toBe(5000);
  expect(nextStepRows(5000, 1000)).toBe(2500);
  expect(nextStepRows(5000, 60_000)).toBe(100);
  expect(nextStepRows(100, 60_000)).toBe(100);
});
