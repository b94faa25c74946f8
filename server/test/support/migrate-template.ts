import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import pg from "pg";

const migrations = fileURLToPath(new URL("../../migrations/", import.meta.url));

/** Makes the database that every other one is a copy of. */
export async function migrateTemplate(socketFolder: string): Promise<void> {
  const server = new pg.Client({ host: socketFolder, user: "postgres", database: "postgres" });
  await server.connect();
  await server.query("create database bellwire_template");
  await server.end();

  const template = new pg.Client({ host: socketFolder, user: "postgres", database: "bellwire_template" });
  await template.connect();
  await apply(template, "bellwire_directory", "directory");
  await apply(template, "bellwire", "cell");
  await template.end();
}

async function apply(client: pg.Client, schema: string, folder: string): Promise<void> {
  await client.query(`create schema ${schema}; set search_path to ${schema}`);
  for (const file of readdirSync(migrations + folder).toSorted()) {
    await client.query(readFileSync(`${migrations}${folder}/${file}`, "utf8"));
  }
}
