import { parseArgs } from "node:util";
import { readConfig } from "#platform/config/read-config.ts";
import { type Command, WrongUsage } from "./command.ts";

export const serve: Command = {
  usage: "serve [--role web|engine]",
  says: "run until it is stopped; without --role, all roles in one process",
  async run(args, { env, roles, serve: serveRoles, print }) {
    const { values } = parseArgs({ args: [...args], options: { role: { type: "string", multiple: true } } });
    const unknown = values.role?.find((role) => !roles.some((known) => known === role));
    if (unknown !== undefined) throw new WrongUsage(`There is no role ${unknown}: say ${roles.join(" or ")}.`);
    const chosen = roles.filter((role) => values.role?.includes(role) ?? true);
    return serveRoles(readConfig(env), chosen, print);
  },
};
