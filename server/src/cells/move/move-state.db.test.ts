import { expect } from "vitest";
import { NoConnection } from "#platform/database/connection.ts";
import type { Pool } from "#platform/database/database.ts";
import { openPool } from "#platform/database/pool.ts";
import { cloneTemplate } from "../../../test/support/clone-template.ts";
import { schema } from "../../../test/support/test-databases.ts";
import { test as base } from "../../../test/support/test.ts";
import { connectToCell } from "./move-provider.ts";
import { type MoveCells, beginMove, decideInterruptedMoves, lockMove } from "./move-state.ts";

/** Two cells on one server, of which the first has the directory, and a third one that does not respond. */
const [here, there, away] = [0, 1, 2];

const test = base.extend("cells", async ({ database }, { onCleanup }) => {
  const running = new AsyncDisposableStack();
  onCleanup(() => running.disposeAsync());
  const clone = running.use(await cloneTemplate());
  const other = running.use(await openPool({ connectionString: clone.connectionString, schema }));
  await database.query(
    `insert into bellwire_directory.cells (number, name, schema_name, state)
     values (1, 'west', 'bellwire_west', 'active'), (2, 'east', 'bellwire_east', 'active')`,
  );
  const cells: MoveCells = {
    directory: database,
    open: async (number) => {
      if (number === away) throw new NoConnection(new Error("east does not respond"));
      return number === here ? database : other;
    },
  };
  return { ...cells, other };
});

const moveIds = {
  copying: "00000000-0000-4000-8000-000000000001",
  frozen: "00000000-0000-4000-8000-000000000002",
  arrived: "00000000-0000-4000-8000-000000000003",
} as const;

/** Begins a move and leaves it in a state, as a killed process does. Returns the provider. */
async function interruptMove(
  { directory }: MoveCells,
  subdomain: string,
  { id, from, to }: { readonly id: string; readonly from: number; readonly to: number },
): Promise<number> {
  const [tenant] = await directory.query<{ providerId: number }>(
    "insert into bellwire_directory.tenants (subdomain, cell_number) values ($1, $2) returning provider_id",
    [subdomain, from],
  );
  const providerId = tenant?.providerId ?? 0;
  await beginMove(directory, { id, providerId, from, to });
  return providerId;
}

const setState = (cell: Pool, providerId: number, id: string, state: string): Promise<unknown> =>
  cell.query("insert into provider_moves (provider, id, state) values ($1, $2, $3)", [providerId, id, state]);

const readStates = async (cell: Pool): Promise<readonly string[]> =>
  (await cell.query<{ state: string }>("select state from provider_moves order by provider")).map(({ state }) => state);

test("each interrupted move is decided, although a cell of another one does not respond", async ({ cells }) => {
  const { directory, other } = cells;
  await interruptMove(cells, "quay", { id: moveIds.copying, from: away, to: there });
  await interruptMove(cells, "lake", { id: moveIds.copying, from: here, to: away });
  const brook = await interruptMove(cells, "brook", { id: moveIds.frozen, from: here, to: there });
  const creek = await interruptMove(cells, "creek", { id: moveIds.arrived, from: here, to: there });
  await setState(directory, brook, moveIds.frozen, "frozen");
  await setState(directory, creek, moveIds.arrived, "frozen");
  await setState(other, creek, moveIds.arrived, "arrived");

  // Until the command is repeated, each call decides the same.
  for (let call = 1; call <= 2; call += 1) {
    const { decided, failures } = await decideInterruptedMoves(cells);
    expect(decided).toEqual([
      { id: moveIds.frozen, providerId: brook, from: here, to: there, outcome: "abandoned" },
      { id: moveIds.arrived, providerId: creek, from: here, to: there, outcome: "arrived" },
    ]);
    expect([...failures.values()]).toEqual([expect.any(NoConnection), expect.any(NoConnection)]);
    expect([await readStates(directory), await readStates(other)]).toEqual([["left"], ["abandoned", "arrived"]]);
  }
  const tenants = "select subdomain, cell_number as cell from bellwire_directory.tenants order by subdomain";
  expect(await directory.query(tenants)).toEqual([
    { subdomain: "brook", cell: here },
    { subdomain: "creek", cell: there },
    { subdomain: "lake", cell: here },
    { subdomain: "quay", cell: away },
  ]);
});

test("a move whose process runs is left alone", async ({ cells, databaseUrl }) => {
  const brook = await interruptMove(cells, "brook", { id: moveIds.frozen, from: here, to: there });
  await setState(cells.directory, brook, moveIds.frozen, "frozen");
  const mover = await connectToCell({ schema, ownerUrl: databaseUrl });
  try {
    expect(await lockMove(mover, brook)).toBe(true);
    expect(await decideInterruptedMoves(cells)).toEqual({ decided: [], failures: new Map() });
    expect([await readStates(cells.directory), await readStates(cells.other)]).toEqual([["frozen"], []]);
  } finally {
    await mover.end();
  }
});

test("a move does not begin beside another one, nor from a cell that the provider is not in", async ({ cells }) => {
  const providerId = await interruptMove(cells, "quay", { id: moveIds.copying, from: here, to: there });
  const begin = (from: number) => beginMove(cells.directory, { id: moveIds.frozen, providerId, from, to: away });
  await expect(begin(here)).rejects.toThrow("Another move of the provider, or its deletion, has begun.");
  await cells.directory.query("update bellwire_directory.tenants set move_id = null, other_cell = null");
  await expect(begin(there)).rejects.toThrow("Another move of the provider");
  await cells.directory.query("update bellwire_directory.tenants set deleting_since = now()");
  await expect(begin(here)).rejects.toThrow("Another move of the provider");
});
