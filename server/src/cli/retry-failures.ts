import { retryFailures as retry } from "#webhooks/failures/index.ts";
import { auditCommand } from "./audit-command.ts";
import type { Command } from "./command.ts";
import { filterUsage, readFilter } from "./failure-filter.ts";
import { onDatabase } from "./on-database.ts";

export const retryFailures: Command = {
  usage: `failures retry ${filterUsage}`,
  says: "make failed deliveries due now; without a filter, all of them",
  async run(args, needs) {
    const filter = readFilter(args);
    const count = await onDatabase(needs, async (pool) => {
      const { providerId, ...chosen } = await filter.filterFor(pool);
      return pool.inTransaction(async (tx) => {
        const retried = await retry(tx, { providerId, ...chosen });
        const detail = { count: retried, ...chosen };
        await auditCommand(tx, { providerId, action: "failures.retried", subject: "failures", detail });
        return retried;
      });
    });
    needs.print(`${count} due again`);
    return 0;
  },
};
