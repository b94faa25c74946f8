import { expect } from "vitest";
import { moveProvider } from "#cells/index.ts";
import type { Pool, Transaction } from "#platform/database/database.ts";
import { openPool } from "#platform/database/pool.ts";
import { listFailures, retireExpiredDays } from "#webhooks/deliveries/index.ts";
import { dropOldStatistics } from "#webhooks/statistics/index.ts";
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
  await owner.query(
    "insert into bellwire_directory.cells (number, name, schema_name, state) values (1, 'west', 'bellwire_west', 'active')",
  );

  const dropped: string[] = [];
  let runs = 0;
  // Requests are held after the history was copied and before the failures arrive.
  const directory: Pool = {
    ...owner,
    async inTransaction<Result>(work: (tx: Transaction) => Promise<Result>): Promise<Result> {
      for (const cell of runs === 0 ? [target, owner] : []) dropped.push(...(await runRetention(cell)));
      runs += 1;
      return owner.inTransaction(work);
    },
  };
  await moveProvider({
    cells: { directory, open: async (number) => (number === 0 ? owner : target) },
    source: { number: 0, schema, ownerUrl: databaseUrl },
    target: { number: 1, schema, ownerUrl: clone.connectionString },
    providerId,
    record: commandRecord({ providerId, action: "provider.moved", subject: `provider/${providerId}`, detail: {} }),
    drainMs: 0,
    printStatus: () => undefined,
  });
  expect(runs).toBeGreaterThan(0);
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
