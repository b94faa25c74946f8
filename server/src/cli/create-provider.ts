import { parseArgs } from "node:util";
import { systemClock } from "#platform/clock.ts";
import { randomPassword } from "#platform/ids.ts";
import { setUpProvider } from "#portal/provider-account/index.ts";
import { auditCommand } from "./audit-command.ts";
import { type Command, WrongUsage } from "./command.ts";
import { onDatabase } from "./on-database.ts";

export const createProvider: Command = {
  usage: "provider create --name NAME --subdomain SUBDOMAIN [--admin-username NAME] [--admin-password PASSWORD]",
  says: "make a provider with an admin, a product and plans; what is random is printed once",
  async run(args, needs) {
    const text = { type: "string" } as const;
    const options = { name: text, subdomain: text, "admin-username": text, "admin-password": text };
    const { values } = parseArgs({ args: [...args], options });
    const { name, subdomain } = values;
    if (!name || !subdomain) throw new WrongUsage("A provider needs --name and --subdomain.");
    const adminUsername = values["admin-username"] || "admin";
    const adminPassword = values["admin-password"] || randomPassword();

    const made = await onDatabase(
      needs,
      (pool) =>
        pool.inTransaction(async (tx) => {
          const setup = { name, subdomain, adminUsername, adminPassword, now: systemClock.now() };
          const outcome = await setUpProvider(tx, setup);
          if ("refused" in outcome) return outcome;
          const { id } = outcome.provider;
          const said = { action: "provider.created", subject: `provider/${id}`, detail: { name, subdomain } };
          await auditCommand(tx, { providerId: id, ...said });
          return outcome;
        }),
      { mayChange: true },
    );
    if ("refused" in made) {
      const reasons = Object.entries(made.refused).flatMap(([field, says]) => says.map((each) => `--${field} ${each}`));
      throw new WrongUsage(reasons.join("\n"));
    }
    needs.print(`provider       ${made.provider.id} (${subdomain})`);
    needs.print(
      `admin          ${adminUsername} / ${values["admin-password"] ? "the password that you set" : adminPassword}`,
    );
    needs.print(`access token   ${made.accessToken}`);
    needs.print(`provider key   ${made.providerKey}`);
    return 0;
  },
};
