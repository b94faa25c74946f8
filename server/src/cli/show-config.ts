import { join } from "node:path";
import { parseArgs } from "node:util";
import { type Config, readConfig } from "#platform/config/read-config.ts";
import { explainConfig } from "#platform/config/settings.ts";
import { describeDatabase } from "#platform/database/open-database.ts";
import { openEmbeddedPostgres } from "#platform/embedded-postgres/open-embedded-postgres.ts";
import { errorMessage } from "#platform/errors.ts";
import { readFileIfExists } from "#platform/files.ts";
import type { Command, CommandNeeds } from "./command.ts";

export const showConfig: Command = {
  usage: "config",
  says: "each setting, its value, where it came from; and what the database says of itself",
  async run(args, { env, print, tell }) {
    parseArgs({ args: [...args], options: {} });
    const config = readConfig(env);
    for (const { name, value, from } of explainConfig(env)) print(`${name.padEnd(30)} ${value.padEnd(40)} ${from}`);
    print("");
    for (const [name, value] of await askDatabase(config, tell)) print(`${name.padEnd(30)} ${value}`);
    return 0;
  },
};

/** An embedded database is started for the question if need be, but not made. */
async function askDatabase(
  { databaseUrl, dataDir }: Config,
  tell: CommandNeeds["tell"],
): Promise<Iterable<[string, string]>> {
  try {
    if (databaseUrl) return await describeDatabase(databaseUrl.reveal());
    if ((await readFileIfExists(join(dataDir, "database-passwords"))) === undefined) return [["database", "none yet"]];
    await using embedded = await openEmbeddedPostgres(dataDir, tell);
    return await describeDatabase(embedded.ownerUrl);
  } catch (error) {
    return [["database", `cannot be reached: ${errorMessage(error)}`]];
  }
}
