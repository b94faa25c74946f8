import { parseArgs } from "node:util";
import { countFailures } from "#webhooks/deliveries/index.ts";
import type { Command } from "./command.ts";
import { findProvider, providerOption } from "./find-provider.ts";
import { onDatabase } from "./on-database.ts";

export const checkFailures: Command = {
  usage: "failures check [--provider SUBDOMAIN]",
  says: "exit with 1 if any failure waits for somebody to deal with it: for cron",
  async run(args, needs) {
    const { values } = parseArgs({ args: [...args], options: providerOption });
    const count = await onDatabase(needs, async (pool) =>
      countFailures(pool, (await findProvider(pool, values.provider)).id),
    );
    needs.print(count === 1 ? "1 delivery has failed" : `${count} deliveries have failed`);
    return count === 0 ? 0 : 1;
  },
};
