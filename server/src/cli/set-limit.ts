import { parseArgs } from "node:util";
import { callersChanged } from "#access/index.ts";
import { changeableLimits } from "#platform/limits.ts";
import { auditCommand } from "./audit-command.ts";
import { type Command, WrongUsage } from "./command.ts";
import { findProvider, providerOption } from "./find-provider.ts";
import { onDatabase } from "./on-database.ts";

const statement = `
  update providers
  set limits = case when $3::bigint is null then limits - $2 else limits || jsonb_build_object($2, $3::bigint) end
  where id = $1`;

export const setLimit: Command = {
  usage: "provider limit NAME NUMBER|default [--provider SUBDOMAIN]",
  says: "let a provider have more or less of something than docs/reference/limits.md says",
  async run(args, needs) {
    const { values, positionals } = parseArgs({ args: [...args], options: providerOption, allowPositionals: true });
    const [name = "", number = "", ...more] = positionals;
    const limit = changeableLimits.find((it) => it.name === name);
    const names = changeableLimits.map((it) => it.name).join(", ");
    if (!limit || more.length > 0) throw new WrongUsage(`Say which limit: one of ${names}.`);
    const max = number === "default" ? null : Number(number);
    if (number === "" || (max !== null && !(Number.isInteger(max) && max >= 0 && max <= 1_000_000_000)))
      throw new WrongUsage("Say how many: a whole number up to 1,000,000,000, or default.");

    await onDatabase(needs, async (pool) => {
      const { id: providerId } = await findProvider(pool, values.provider);
      const said = {
        action: "provider.limit_changed",
        subject: `provider/${providerId}`,
        detail: { limit: name, max },
      };
      await pool.inTransaction(async (tx) => {
        await tx.query(statement, [providerId, name, max]);
        callersChanged(tx, providerId);
        await auditCommand(tx, { providerId, ...said });
      });
    });
    needs.print(`${name} is ${max ?? `${limit.max}, the default`}.`);
    return 0;
  },
};
