import { parseArgs } from "node:util";
import { createAccessToken, findProviderUserByLogin, scopes, type Scope } from "#access/index.ts";
import { auditCommand } from "./audit-command.ts";
import { type Command, WrongUsage } from "./command.ts";
import { findProvider, providerOption } from "./find-provider.ts";
import { onDatabase } from "./on-database.ts";

export const createToken: Command = {
  usage: "token create --username NAME [--name TEXT] [--scope SCOPE]… [--permission ro|rw] [--provider SUBDOMAIN]",
  says: `make an access token, and print it once; scopes: ${scopes.join(", ")} (all, if none is named)`,
  async run(args, needs) {
    const text = { type: "string" } as const;
    const { values } = parseArgs({
      args: [...args],
      options: {
        ...providerOption,
        username: text,
        name: text,
        permission: text,
        scope: { type: "string", multiple: true },
      },
    });
    const { username, name = "Made on the command line", permission = "rw" } = values;
    if (!username) throw new WrongUsage("A token acts as a user: say --username.");
    if (permission !== "ro" && permission !== "rw") throw new WrongUsage("--permission is ro or rw.");
    const chosen = readScopes(values.scope);

    const { value } = await onDatabase(needs, async (pool) => {
      const provider = await findProvider(pool, values.provider);
      const user = await findProviderUserByLogin(pool, provider.id, username);
      if (!user) throw new WrongUsage(`${provider.name} has no user ${username}.`);
      const token = { providerId: provider.id, userId: user.id, name, scopes: chosen, permission } as const;
      return pool.inTransaction(async (tx) => {
        const made = await createAccessToken(tx, token);
        const detail = { userId: user.id, scopes: chosen, permission };
        await auditCommand(tx, {
          providerId: provider.id,
          action: "token.created",
          subject: `token/${made.id}`,
          detail,
        });
        return made;
      });
    });
    needs.print(value);
    return 0;
  },
};

function readScopes(named: readonly string[] = scopes): readonly Scope[] {
  const unknown = named.find((name) => !scopes.some((scope) => scope === name));
  if (unknown !== undefined) throw new WrongUsage(`There is no scope ${unknown}: say ${scopes.join(", ")}.`);
  return scopes.filter((scope) => named.includes(scope));
}
