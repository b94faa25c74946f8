import { randomUUID } from "node:crypto";
import { expect } from "vitest";
import { finishMove, moveProvider } from "#cells/index.ts";
import type { Pool, Transaction } from "#platform/database/database.ts";
import { openPool } from "#platform/database/pool.ts";
import { listFailures, retireExpiredDays } from "#webhooks/deliveries/index.ts";
import { followEvents } from "#webhooks/events/index.ts";
import { dropOldStatistics } from "#webhooks/statistics/index.ts";
import { beginMove } from "../../src/cells/move/move-state.ts";
import { commandRecord } from "../../src/cli/with-database.ts";
import { fail } from "../support/build-failures.ts";
import { buildEndpoint, buildProvider, encryption, recordNow } from "../support/build-webhooks.ts";
import { cloneTemplate } from "../support/clone-template.ts";
import { schema } from "../support/test-databases.ts";
import { test } from "../support/test.ts";
import { until } from "../support/until.ts";

/** Today has expired by then. */
const later = new Date(Date.now() + 31 * 86_400_000);

/** Drops what has expired, and returns the names of the days and partitions. */
async function runRetention(cell: Pool): Promise<readonly string[]> {
  const { days } = await retireExpiredDays(cell, { now: later, retentionDays: 30 });
  return [...days, ...(await dropOldStatistics(cell, later, 30))];
}

const insertCell =
  "insert into bellwire_directory.cells (number, name, schema_name, state) values (1, 'west', 'bellwire_west', 'active')";

interface MoveBeside {
  readonly owner: Pool;
  readonly databaseUrl: string;
  readonly target: Pool;
  readonly targetUrl: string;
  readonly providerId: number;
  /** Runs once everything is copied, and before the copy of all but the history is committed. */
  readonly work: () => Promise<void>;
}

/** Moves a provider from the test's database to another cell, beside other work. */
async function moveBeside({ owner, databaseUrl, target, targetUrl, providerId, work }: MoveBeside): Promise<void> {
  await owner.query(insertCell);
  let runs = 0;
  // The first transaction of the directory lets requests wait.
  const directory: Pool = {
    ...owner,
    async inTransaction<Result>(change: (tx: Transaction) => Promise<Result>): Promise<Result> {
      if (runs === 0) await work();
      runs += 1;
      return owner.inTransaction(change);
    },
  };
  await moveProvider({
    cells: { directory, open: async (number) => (number === 0 ? owner : target) },
    source: { number: 0, schema, ownerUrl: databaseUrl },
    target: { number: 1, schema, ownerUrl: targetUrl },
    providerId,
    record: commandRecord({ providerId, action: "provider.moved", subject: `provider/${providerId}`, detail: {} }),
    drainMs: 0,
    printStatus: () => undefined,
  });
  expect(runs).toBeGreaterThan(0);
}

test("a failure older than the history arrives with its event, although both cells drop expired days during the move", async ({
  database,
  databaseUrl,
  owner,
}) => {
  const providerId = await buildProvider(database);
  await buildEndpoint(database, { providerId, url: "http://127.0.0.1:9/hook" });
  const events = await recordNow(database, { providerId });
  await fail(database, providerId, "now");
  await using clone = await cloneTemplate();
  await using target = await openPool({ connectionString: clone.connectionString, schema });

  const dropped: string[] = [];
  const work = async (): Promise<void> => {
    for (const cell of [target, owner]) dropped.push(...(await runRetention(cell)));
  };
  await moveBeside({ owner, databaseUrl, target, targetUrl: clone.connectionString, providerId, work });
  expect(dropped).toEqual([]);
  const listed = (): Promise<unknown> => listFailures(target, encryption, { providerId });
  await until(async () => (await listFailures(target, encryption, { providerId })).length === 1);
  const failures = await listed();
  expect(failures).toMatchObject(events.map((eventId) => ({ eventId })));

  // Afterwards it is dropped, except what is still needed.
  expect(await runRetention(target)).not.toEqual([]);
  expect(await listed()).toEqual(failures);
  expect(await owner.query("select from events")).toEqual([]);
});

test("feeds of other providers in the new cell show their events while a move copies", async ({
  database,
  databaseUrl,
  owner,
}) => {
  const providerId = await buildProvider(database);
  await using clone = await cloneTemplate();
  await using target = await openPool({ connectionString: clone.connectionString, schema });
  const other = { providerId: await buildProvider(target) };
  const work = async (): Promise<void> => {
    const recorded = await recordNow(target, other);
    const shown = () => followEvents(target, { ...other, limit: 9 });
    await until(async () => (await shown()).length > 0, { withinMs: 10_000 });
    expect((await shown()).map(({ id }) => id)).toEqual(recorded);
  };
  await moveBeside({ owner, databaseUrl, target, targetUrl: clone.connectionString, providerId, work });
});

test("the old cell drops no days while the rows of an interrupted move are deleted", async ({
  database,
  databaseUrl,
  owner,
}) => {
  const providerId = await buildProvider(database);
  await buildEndpoint(database, { providerId, url: "http://127.0.0.1:9/hook" });
  await recordNow(database, { providerId });
  await using clone = await cloneTemplate();
  await using target = await openPool({ connectionString: clone.connectionString, schema });
  await owner.query(insertCell);
  const move = { id: randomUUID(), providerId, from: 0, to: 1 };
  await beginMove(owner, move);
  for (const [cell, state] of [[owner, "frozen"] as const, [target, "arrived"] as const])
    await cell.query("insert into provider_moves (provider, id, state) values ($1, $2, $3)", [
      providerId,
      move.id,
      state,
    ]);

  let finished: Promise<unknown> | undefined;
  // The provider's own row is deleted last.
  await owner.inTransaction(async (tx) => {
    await tx.query("select from providers where id = $1 for update", [providerId]);
    finished = finishMove({ directory: owner, open: async (number) => (number === 0 ? owner : target) }, move, {
      source: { number: 0, schema, ownerUrl: databaseUrl },
      target: { number: 1, schema, ownerUrl: clone.connectionString },
    });
    const waits = `select from pg_stat_activity
      where datname = current_database() and application_name = 'bellwire move' and wait_event_type = 'Lock'`;
    await until(async () => (await owner.query(waits)).length === 1);
    expect(await runRetention(owner)).toEqual([]);
  });
  expect(await finished).toBe("arrived");
  expect(await runRetention(owner)).not.toEqual([]);
});
