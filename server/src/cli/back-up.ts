import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { readConfig } from "#platform/config/read-config.ts";
import { backUp } from "#platform/embedded-postgres/back-up.ts";
import { openEmbeddedPostgres } from "#platform/embedded-postgres/open-embedded-postgres.ts";
import { CannotStart } from "#platform/errors.ts";
import { type Command, WrongUsage } from "./command.ts";

export const backup: Command = {
  usage: "backup --to FOLDER",
  says: "copy the embedded database and its keys, while Bellwire runs, into a new data directory that it can be started on",
  async run(args, { env, print, tell }) {
    const { values } = parseArgs({ args: [...args], options: { to: { type: "string" } } });
    if (!values.to) throw new WrongUsage("The folder for the backup is missing.");
    const { databaseUrl, dataDir } = readConfig(env);
    if (databaseUrl)
      throw new CannotStart(
        "This copies the embedded database only. With DATABASE_URL, use pg_dump or your PostgreSQL's own backups.",
      );
    if (!existsSync(dataDir))
      throw new CannotStart(`There is no database in ${dataDir}: say where it is with BELLWIRE_DATA_DIR.`);
    const target = resolve(values.to);
    await using database = await openEmbeddedPostgres(dataDir, tell);
    await backUp({ ownerUrl: database.ownerUrl, pgData: database.pgData, dataDir, target });
    print(`backed up to ${target}: start Bellwire on it with BELLWIRE_DATA_DIR`);
    tell("The backup holds the secret key and the passwords of the database: keep it where only you can read it.");
    return 0;
  },
};
