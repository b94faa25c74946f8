import { parseArgs } from "node:util";
import {
  type Scope,
  changeProviderUserPassword,
  createAccessToken,
  findProviderUserByLogin,
  createPasswordHasher,
  standardCost,
  notifyCallersChanged,
  scopes,
} from "#access/index.ts";
import { systemClock } from "#platform/clock.ts";
import { randomPassword } from "#platform/ids.ts";
import { changeableLimits } from "#platform/limits.ts";
import { setUpProvider } from "#portal/provider-account/index.ts";
import { type Command, WrongUsage } from "./command.ts";
import { auditCommand, findProvider, providerOption, withDatabase } from "./with-database.ts";

export const createProvider: Command = {
  usage: "provider create --name NAME --subdomain SUBDOMAIN [--admin-username NAME] [--admin-password PASSWORD]",
  says: "create a provider with an admin, a product and plans; generated credentials are printed once",
  async run(args, needs) {
    const text = { type: "string" } as const;
    const options = { name: text, subdomain: text, "admin-username": text, "admin-password": text };
    const { values } = parseArgs({ args: [...args], options });
    const { name, subdomain } = values;
    if (!name || !subdomain) throw new WrongUsage("A provider needs --name and --subdomain.");
    const adminUsername = values["admin-username"] || "admin";
    const adminPassword = values["admin-password"] || randomPassword();

    const made = await withDatabase(
      needs,
      (pool) =>
        pool.inTransaction(async (tx) => {
          const setup = { name, subdomain, adminUsername, adminPassword, now: systemClock.now() };
          const outcome = await setUpProvider(tx, createPasswordHasher(standardCost), setup);
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

const statement = `
  update providers
  set limits = case when $3::bigint is null then limits - $2 else limits || jsonb_build_object($2, $3::bigint) end
  where id = $1`;

export const setLimit: Command = {
  usage: "provider limit NAME NUMBER|default [--provider SUBDOMAIN]",
  says: "change a limit of docs/reference/limits.md for one provider",
  async run(args, needs) {
    const { values, positionals } = parseArgs({ args: [...args], options: providerOption, allowPositionals: true });
    const [name = "", number = "", ...more] = positionals;
    const limit = changeableLimits.find((it) => it.name === name);
    const names = changeableLimits.map((it) => it.name).join(", ");
    if (!limit || more.length > 0) throw new WrongUsage(`Say which limit: one of ${names}.`);
    const max = number === "default" ? null : Number(number);
    if (number === "" || (max !== null && !(Number.isInteger(max) && max >= 0 && max <= 1_000_000_000)))
      throw new WrongUsage("Say how many: a whole number up to 1,000,000,000, or default.");

    await withDatabase(needs, async (pool) => {
      const { id: providerId } = await findProvider(pool, values.provider);
      const said = {
        action: "provider.limit_changed",
        subject: `provider/${providerId}`,
        detail: { limit: name, max },
      };
      await pool.inTransaction(async (tx) => {
        await tx.query(statement, [providerId, name, max]);
        notifyCallersChanged(tx, providerId);
        await auditCommand(tx, { providerId, ...said });
      });
    });
    needs.print(`${name} is ${max ?? `${limit.max}, the default`}.`);
    return 0;
  },
};

export const createToken: Command = {
  usage: "token create --username NAME [--name TEXT] [--scope SCOPE]… [--permission ro|rw] [--provider SUBDOMAIN]",
  says: `create an access token and print it once; scopes: ${scopes.join(", ")} (default: all)`,
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

    const { value } = await withDatabase(needs, async (pool) => {
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

export const changeUserPassword: Command = {
  usage: "user password USERNAME [--password PASSWORD] [--provider SUBDOMAIN]",
  says: "set a new password for a user of the Admin Portal (printed if generated) and end the user's sessions",
  async run(args, needs) {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: { ...providerOption, password: { type: "string" } },
      allowPositionals: true,
    });
    const [username, ...more] = positionals;
    if (!username || more.length > 0) throw new WrongUsage("Say whose password: one user name or e-mail address.");
    const password = values.password || randomPassword();
    await withDatabase(needs, async (pool) => {
      const provider = await findProvider(pool, values.provider);
      const user = await findProviderUserByLogin(pool, provider.id, username);
      if (!user) throw new WrongUsage(`${provider.name} has no user ${username}.`);
      const { id: providerId } = provider;
      const passwordHash = await createPasswordHasher(standardCost).hash(password, { providerId });
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
