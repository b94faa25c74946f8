import { parseArgs } from "node:util";
import { deleteFailures as remove } from "#webhooks/deliveries/index.ts";
import { commandLine } from "./audit-command.ts";
import { type Command, WrongUsage } from "./command.ts";
import { filterOf, filterOptions, filterUsage } from "./failure-filter.ts";
import { onDatabase } from "./on-database.ts";

export const deleteFailures: Command = {
  usage: `failures delete ${filterUsage} | --all`,
  says: "take failures off the list; their history stays",
  async run(args, needs) {
    const { values } = parseArgs({ args: [...args], options: { ...filterOptions, all: { type: "boolean" } } });
    const filter = filterOf(values);
    if (!filter.isNarrow && !values.all) throw new WrongUsage("Say which, or --all.");
    const count = await onDatabase(needs, async (pool) => remove(pool, await filter.filterFor(pool), commandLine));
    needs.print(`${count} deleted`);
    return 0;
  },
};
