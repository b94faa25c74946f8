import { parseArgs } from "node:util";
import { changeProviderUserPassword, findProviderUserByLogin, hashPassword } from "#access/index.ts";
import { randomPassword } from "#platform/ids.ts";
import { auditCommand } from "./audit-command.ts";
import { type Command, WrongUsage } from "./command.ts";
import { findProvider, providerOption } from "./find-provider.ts";
import { onDatabase } from "./on-database.ts";

export const changeUserPassword: Command = {
  usage: "user password USERNAME [--password PASSWORD] [--provider SUBDOMAIN]",
  says: "give a user of the Admin Portal a new password (a random one is printed) and end the user's sessions",
  async run(args, needs) {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: { ...providerOption, password: { type: "string" } },
      allowPositionals: true,
    });
    const [username, ...more] = positionals;
    if (!username || more.length > 0) throw new WrongUsage("Say whose password: one user name or e-mail address.");
    const password = values.password || randomPassword();
    await onDatabase(needs, async (pool) => {
      const provider = await findProvider(pool, values.provider);
      const user = await findProviderUserByLogin(pool, provider.id, username);
      if (!user) throw new WrongUsage(`${provider.name} has no user ${username}.`);
      const { id: providerId } = provider;
      const passwordHash = await hashPassword(password, { providerId });
      const said = { action: "user.changed", subject: `provider-user/${user.id}`, detail: { password: "changed" } };
      await pool.inTransaction(async (tx) => {
        await changeProviderUserPassword(tx, { providerId, userId: user.id, passwordHash });
        await auditCommand(tx, { providerId, ...said });
      });
    });
    needs.print(values.password ? `The password of ${username} is changed.` : password);
    return 0;
  },
};
