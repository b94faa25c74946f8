import { createServer, type Socket } from "node:net";
import { expect } from "vitest";
import { openPool } from "#platform/database/pool.ts";
import { encryption } from "../../test/support/build-webhooks.ts";
import { schema } from "../../test/support/test-databases.ts";
import { test } from "../../test/support/test.ts";
import { until } from "../../test/support/until.ts";
import { CellDirectory, insertCell, updateCellState } from "./directory.ts";
import { OpenCells } from "./open-cells.ts";

test("a stop aborts the opening of a cell whose database is silent, for all of its time and for a visit", async ({
  database,
  databaseUrl,
}) => {
  const sockets: Socket[] = [];
  await using silent = createServer((socket) => void sockets.push(socket.on("error", () => undefined)));
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  using _closing = { [Symbol.dispose]: () => sockets.forEach((socket) => socket.destroy()) };
  const address = silent.address();
  const port = typeof address === "object" ? address?.port : undefined;
  const url = `postgres://bellwire@127.0.0.1:${port}/bellwire`;
  const cell = await database.inTransaction(async (tx) => {
    await insertCell(tx, encryption, { name: "west", schema, databaseUrl: url });
    return updateCellState(tx, "west", "active");
  });
  const number = cell?.number ?? 0;
  const log = { warn: () => undefined, error: () => undefined };
  const open = () => Promise.resolve(database);
  const directory = new CellDirectory({ pool: database, known: undefined, open, log });
  await using home = await openPool({ connectionString: databaseUrl, schema });
  const stop = new AbortController();
  await using cells = new OpenCells({
    directory,
    home,
    access: () => ({ connectionString: databaseUrl, max: 2 }),
    ownerUrl: undefined,
    encryption,
    connections: 4,
    mayChange: false,
    printStatus: () => undefined,
    log,
    stop: stop.signal,
  });
  const opened = Promise.allSettled([cells.visit(number, async () => undefined), cells.get(number)]);
  await until(() => sockets.length === 2);
  stop.abort();
  const { reason } = stop.signal;
  expect(await opened).toMatchObject([{ reason }, { reason: { cause: reason } }]);
  await expect(cells.get(number)).rejects.toMatchObject({ cause: reason });
});
