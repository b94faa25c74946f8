import { countStrandedFailures, retryFailures as retry } from "#webhooks/deliveries/index.ts";
import { commandLine } from "./audit-command.ts";
import type { Command } from "./command.ts";
import { filterUsage, readFilter } from "./failure-filter.ts";
import { onDatabase } from "./on-database.ts";

export const retryFailures: Command = {
  usage: `failures retry ${filterUsage}`,
  says: "make failed deliveries due now; without a filter, all of them",
  async run(args, needs) {
    const filter = readFilter(args);
    const { count, stranded } = await onDatabase(needs, async (pool) => {
      const meant = await filter.filterFor(pool);
      return {
        count: await retry(pool, meant, commandLine),
        stranded: await countStrandedFailures(pool, meant.providerId, meant.endpointId),
      };
    });
    needs.print(`${count} due again`);
    if (stranded > 0) {
      needs.tell(
        `${stranded} on the list cannot be retried, since their endpoints were deleted: bellwire failures delete takes them off it`,
      );
    }
    return 0;
  },
};
