import { parseArgs } from "node:util";
import type { Command } from "./command.ts";
import { onDatabase } from "./on-database.ts";

export const migrate: Command = {
  usage: "migrate",
  says: "bring the database up to date, as every start does",
  async run(args, needs) {
    parseArgs({ args: [...args], options: {} });
    await onDatabase(needs, async () => needs.print("The database is up to date."), { mayChange: true });
    return 0;
  },
};
