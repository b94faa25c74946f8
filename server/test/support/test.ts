import type { Browser } from "playwright-core";
import { test as base } from "vitest";
import { appRole } from "#platform/database/app-role.ts";
import type { Transaction } from "#platform/database/database.ts";
import { openPool } from "#platform/database/pool.ts";
import { cloneTemplate } from "./clone-template.ts";
import { closePool } from "./close-pool.ts";
import { HandDrivenClock } from "./hand-driven-clock.ts";
import { schema } from "./test-databases.ts";

/** The process's browser. Each extension of `test` has its own fixtures, those of a worker included: a browser each, until the run ends. */
let launched: Promise<Browser> | undefined;

async function launch(): Promise<Browser> {
  const { launchBrowser } = await import("./browser.ts"); // most tests need none
  try {
    return await launchBrowser();
  } catch (error) {
    launched = undefined; // the next test tries again
    throw error;
  }
}

/**
 * Fixtures that a test gets by naming them: `database`, a pool on a new database, for tests that commit; `tx`, a transaction that is
 * rolled back afterwards and costs nothing, for all others; `clock`, which only the test advances; `browser`, which all tests of a
 * process share, and which gives each of their pages its own cookies. Fixtures of a whole file use `fileClock`, the same clock, which
 * is reset for each test that names it.
 */
export const test = base
  .extend("browser", { scope: "worker" }, async ({}, { onCleanup }) => {
    launched ??= launch();
    const browser = await launched;
    onCleanup(() => browser.close());
    return browser;
  })

  .extend("fileClock", { scope: "file" }, () => new HandDrivenClock())

  .extend("clock", ({ fileClock }) => {
    fileClock.rewind();
    return fileClock;
  })

  .extend("databaseUrl", async ({}, { onCleanup }) => {
    const clone = await cloneTemplate();
    onCleanup(() => clone[Symbol.asyncDispose]());
    return clone.connectionString;
  })

  .extend("database", async ({ databaseUrl }, { onCleanup }) => {
    const pool = await openPool({ connectionString: databaseUrl, schema, role: appRole });
    onCleanup(() => closePool(pool));
    return pool;
  })

  /** On the same database as `database`, as its owner: the application's role cannot change history. */
  .extend("owner", async ({ databaseUrl }, { onCleanup }) => {
    const pool = await openPool({ connectionString: databaseUrl, schema });
    onCleanup(() => closePool(pool));
    return pool;
  })

  .extend("sharedPool", { scope: "file" }, async ({}, { onCleanup }) => {
    const clone = await cloneTemplate();
    const pool = await openPool({ connectionString: clone.connectionString, schema, role: appRole });
    onCleanup(async () => {
      try {
        await closePool(pool);
      } finally {
        await clone[Symbol.asyncDispose]();
      }
    });
    return pool;
  })

  .extend("tx", async ({ sharedPool }, { onCleanup }) => {
    const opened = Promise.withResolvers<Transaction>();
    const finished = Promise.withResolvers<void>();
    const rolledBack = new Error("the test is over");
    const whole = sharedPool.inTransaction(async (tx) => {
      opened.resolve(tx);
      await finished.promise;
      throw rolledBack;
    });
    const settled = whole.catch((error: unknown) => {
      if (error !== rolledBack) throw error;
    });
    onCleanup(() => {
      finished.resolve();
      return settled;
    });
    return Promise.race([opened.promise, whole]);
  });
