import { retryFailures as retry } from "#webhooks/failures/index.ts";
import { commandLine } from "./audit-command.ts";
import type { Command } from "./command.ts";
import { filterUsage, readFilter } from "./failure-filter.ts";
import { onDatabase } from "./on-database.ts";

export const retryFailures: Command = {
  usage: `failures retry ${filterUsage}`,
  says: "make failed deliveries due now; without a filter, all of them",
  async run(args, needs) {
    const filter = readFilter(args);
    const count = await onDatabase(needs, async (pool) => retry(pool, await filter.filterFor(pool), commandLine));
    needs.print(`${count} due again`);
    return 0;
  },
};
