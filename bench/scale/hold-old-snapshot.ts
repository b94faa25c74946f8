import type { Pool } from "../../server/src/platform/database/database.ts";

/** A transaction that has read once and now does nothing, as a backup or a report does: no row that dies is removed. */
export async function holdOldSnapshot(pool: Pool): Promise<AsyncDisposable> {
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const { promise: held, resolve: holds, reject: fails } = Promise.withResolvers<void>();
  const holding = pool.inTransaction(async (tx) => {
    await tx.query("set transaction isolation level repeatable read");
    await tx.query("set local idle_in_transaction_session_timeout = 0");
    await tx.query("select count(*) from providers");
    holds();
    await released;
  });
  holding.catch((error: unknown) => fails(error));
  await held;
  return {
    async [Symbol.asyncDispose]() {
      release();
      await holding;
    },
  };
}
