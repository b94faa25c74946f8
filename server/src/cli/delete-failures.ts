import { deleteFailures as remove } from "#webhooks/failures/index.ts";
import { auditCommand } from "./audit-command.ts";
import { type Command, WrongUsage } from "./command.ts";
import { filterUsage, readFilter } from "./failure-filter.ts";
import { onDatabase } from "./on-database.ts";

export const deleteFailures: Command = {
  usage: `failures delete ${filterUsage} | --all`,
  says: "take failures off the list; their history stays",
  async run(args, needs) {
    const filter = readFilter(args);
    if (!filter.isNarrow && !filter.isAll) throw new WrongUsage("Say which, or --all.");
    const count = await onDatabase(needs, async (pool) => {
      const { providerId, ...chosen } = await filter.filterFor(pool);
      return pool.inTransaction(async (tx) => {
        const deleted = await remove(tx, { providerId, ...chosen });
        const detail = { count: deleted, ...chosen };
        await auditCommand(tx, { providerId, action: "failures.deleted", subject: "failures", detail });
        return deleted;
      });
    });
    needs.print(`${count} deleted`);
    return 0;
  },
};
