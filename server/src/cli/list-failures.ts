import { type Failure, listFailures as readFailures } from "#webhooks/deliveries/index.ts";
import type { Command } from "./command.ts";
import { filterUsage, readFilter } from "./failure-filter.ts";
import { onDatabase, openEncryption } from "./on-database.ts";

const pageSize = 500;

export const listFailures: Command = {
  usage: `failures list ${filterUsage}`,
  says: "what could not be delivered, oldest first, one JSON object a line",
  async run(args, needs) {
    const filter = readFilter(args);
    await onDatabase(needs, async (pool, config) => {
      const encryption = await openEncryption(pool, config);
      const chosen = await filter.filterFor(pool);
      let after: Failure | undefined;
      do {
        const page: readonly Failure[] = await readFailures(pool, encryption, chosen, { after, limit: pageSize });
        for (const failure of page) needs.print(lineOf(failure));
        after = page.length === pageSize ? page.at(-1) : undefined;
      } while (after);
    });
    return 0;
  },
};

// Neither body nor URL: both may hold what only the receiver is to know.
const lineOf = (failure: Failure): string =>
  JSON.stringify({
    id: failure.eventId,
    endpoint_id: failure.endpointId,
    endpoint: failure.endpointName,
    event_type: failure.eventType,
    account_id: failure.accountId,
    attempts: failure.attemptsMade,
    failed_at: failure.failedAt,
    error: failure.error,
  });
