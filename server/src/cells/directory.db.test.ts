import { expect } from "vitest";
import { NoConnection } from "#platform/database/connection.ts";
import type { Pool, Transaction } from "#platform/database/database.ts";
import { openPool } from "#platform/database/pool.ts";
import { buildProvider, encryption } from "../../test/support/build-webhooks.ts";
import { cloneTemplate } from "../../test/support/clone-template.ts";
import { countWaiting } from "../../test/support/count-waiting.ts";
import { schema } from "../../test/support/test-databases.ts";
import { test as base } from "../../test/support/test.ts";
import { until } from "../../test/support/until.ts";
import {
  type Cell,
  CellDirectory,
  deleteCell,
  insertCell,
  readCells,
  type Tenant,
  TenantCache,
  updateCellState,
} from "./directory.ts";

const cellOf = (number: number, databaseUrl: Buffer | null): Cell => ({
  number,
  name: `cell-${number}`,
  schema,
  state: "active",
  databaseUrl,
});

/** The directory's cell, which is away with it, two cells on other servers, and one that does not respond. */
const known = [cellOf(0, null), ...[1, 2, 3].map((number) => cellOf(number, Buffer.from("encrypted")))];

const test = base.extend("away", async ({ database: first }, { onCleanup }) => {
  const running = new AsyncDisposableStack();
  onCleanup(() => running.disposeAsync());
  const clone = running.use(await cloneTemplate());
  const second = running.use(await openPool({ connectionString: clone.connectionString, schema }));
  const asked: string[] = [];
  const lost = (): Promise<never> => {
    asked.push("directory");
    return Promise.reject(new NoConnection(new Error("the directory does not respond")));
  };
  const pool: Pool = { ...first, query: lost, inTransaction: lost };
  const open = async (number: number): Promise<Pool> => {
    asked.push(`cell ${number}`);
    const found = new Map([
      [1, first],
      [2, second],
    ]).get(number);
    if (!found) throw new NoConnection(new Error("a cell does not respond"));
    return found;
  };
  const directory = new CellDirectory({ pool, known, open, log: { warn: () => undefined } });
  return { directory, cells: { first, second }, asked };
});

const copyProvider = `
  insert into providers (id, name, subdomain, provider_key_digest, web_hooks, event_source)
  values ($1, 'Quay', 'provider-' || $1::bigint::text, sha256('key'), 'visible', '')`;
const insertMove = `insert into provider_moves (provider, id, state) values ($1, gen_random_uuid(), $2)`;

test.for([
  ["left", "arrived", 2],
  ["frozen", "arrived", 2],
  ["arrived", "left", 1],
  ["arrived", "frozen", 1],
] as const)(
  "without the directory, a provider whose move is “%s” in one cell and “%s” in another is found where it works",
  async ([inFirst, inSecond, cell], { away: { directory, cells } }) => {
    const id = await buildProvider(cells.first);
    await cells.second.query(copyProvider, [id]);
    await cells.first.query(insertMove, [id, inFirst]);
    await cells.second.query(insertMove, [id, inSecond]);
    const subdomain = `provider-${id}`;
    expect(await directory.findTenant(subdomain)).toMatchObject({ providerId: id, subdomain, cell });
  },
);

test("without the directory, cells that respond are asked, and at once in the next seconds", async ({
  away: { directory, cells, asked },
}) => {
  const id = await buildProvider(cells.first);
  for (let time = 1; time <= 2; time += 1)
    expect(await directory.findTenant(`provider-${id}`)).toMatchObject({ cell: 1 });
  const others = ["cell 1", "cell 2", "cell 3"];
  expect(asked).toEqual(["directory", ...others, ...others]);
});

test("without the directory, a provider that no cell knows, or that has left the only one, may exist: the lookup fails", async ({
  away: { directory, cells },
}) => {
  const gone = await buildProvider(cells.first);
  await cells.first.query(insertMove, [gone, "left"]);
  await expect(directory.findTenant(`provider-${gone}`)).rejects.toThrow(NoConnection);
  await expect(directory.findTenant("nobody")).rejects.toThrow(NoConnection);
  await expect(directory.findTenant(undefined)).rejects.toThrow(NoConnection);
});

test("a tenant that changes while it is read is read again at the next request", async ({ database }) => {
  let reads = 0;
  const find = async (subdomain = ""): Promise<Tenant> => {
    reads += 1;
    if (reads === 1) cache.forget(7);
    return { providerId: 7, subdomain, cell: reads, isHeld: false, isDeleting: false };
  };
  const cache: TenantCache = new TenantCache(database, find);
  const cells: unknown[] = [];
  while (cells.length < 3) cells.push((await cache.find("quay"))?.cell);
  cache.stop();
  expect(cells).toEqual([1, 2, 2]);
});

test("a cell that another command has added meanwhile is not removed", async ({ database }) => {
  await database.inTransaction(async (tx) => {
    for (const name of ["east", "west"]) {
      const cell = await insertCell(tx, encryption, { name, schema: name, databaseUrl: undefined });
      if (name === "west") await updateCellState(tx, name, "active");
      await deleteCell(tx, cell?.number ?? 0);
    }
  });
  expect((await readCells(database)).map(({ name }) => name)).toEqual(["default", "west"]);
});

test("two commands that drain a cell each at once leave an active one", async ({ database }) => {
  await database.inTransaction(async (tx) => {
    await insertCell(tx, encryption, { name: "east", schema: "east", databaseUrl: undefined });
    await updateCellState(tx, "east", "active");
  });
  const drain = (name: string) => (tx: Transaction) => updateCellState(tx, name, "draining");
  const { second } = await database.inTransaction(async (tx) => {
    expect(await drain("default")(tx)).toMatchObject({ state: "draining" });
    const running = { second: database.inTransaction(drain("east")) };
    await Promise.race([running.second, until(() => countWaiting(database))]);
    return running;
  });
  expect(await second).toBeUndefined();
  expect((await readCells(database)).map(({ state }) => state).toSorted()).toEqual(["active", "draining"]);
});
