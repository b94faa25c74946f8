import { parseArgs } from "node:util";
import { systemClock } from "#platform/clock.ts";
import { retireKeys } from "#platform/encryption.ts";
import { reencryptFailures } from "#webhooks/deliveries/index.ts";
import { reencryptEndpoints } from "#webhooks/endpoints/index.ts";
import type { Command } from "./command.ts";
import { onDatabase, openEncryption } from "./on-database.ts";

/** A pass takes what others wrote or had locked during the one before: engines keep an endpoint's old ciphertext for an attempt. */
const passesMax = 20;
const passMs = 250;

export const rekey: Command = {
  usage: "rekey",
  says: "encrypt everything with the newest BELLWIRE_SECRET_KEY, while Bellwire runs; older keys can be removed then",
  async run(args, needs) {
    parseArgs({ args: [...args], options: {} });
    return onDatabase(needs, async (pool, config) => {
      const encryption = await openEncryption(pool, config);
      let [done, left] = [0, 0];
      for (let pass = 1; pass <= passesMax; pass += 1) {
        const endpoints = await reencryptEndpoints(pool, encryption);
        const failures = await reencryptFailures(pool, encryption);
        done += endpoints.done + failures.done;
        left = endpoints.left + failures.left;
        if (left === 0) break;
        await systemClock.sleep(passMs);
      }
      needs.print(`${done} endpoints and failures encrypted again`);
      if (left > 0) {
        needs.tell(
          `${left} endpoints or failures are not encrypted with the newest key: no key at hand reads them, or a process still has an older key first. Keep the older keys.`,
        );
        return 1;
      }
      for (const keyId of await retireKeys(pool, encryption)) {
        needs.print(`key ${keyId} is not used any more: remove it from BELLWIRE_SECRET_KEY and restart every process`);
      }
      return 0;
    });
  },
};
