import { chmod, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { fastestFolder } from "./fastest-folder.ts";
import { migrateTemplate } from "./migrate-template.ts";
import { startThrowAwayPostgres } from "./throw-away-postgres.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Leads to the server's own database, as its owner. */
    postgresUrl: string;
    /** Where the data directory is, or will be, that those of the tests are copies of. */
    migratedDataDir: string;
  }
}

/** One PostgreSQL for the whole run, its template migrated once. */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(await fastestFolder(), "bellwire-test-"));
  await chmod(folder, 0o711); // the user that PostgreSQL runs as passes through: else the database lies elsewhere
  const postgres = await startThrowAwayPostgres();
  await migrateTemplate(postgres);
  project.provide("postgresUrl", postgres.urlOf("postgres"));
  project.provide("migratedDataDir", join(folder, "data"));
  return async () => {
    await postgres[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  };
}
