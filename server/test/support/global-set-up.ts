import { chmod, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { fastestFolder } from "./fastest-folder.ts";
import { migrateTemplates } from "./migrate-template.ts";
import { makePasswordCheap, startThrowAwayPostgres } from "./throw-away-postgres.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Connects to the server's own database, as its owner. */
    postgresUrl: string;
    /** Path of the data directory that the tests copy. It may not exist yet. */
    migratedDataDir: string;
  }
}

/** For thousands of connections and copies of the template. */
const settings = { scram_iterations: "1", file_copy_method: "clone" };

/** Starts one PostgreSQL for the run, and migrates its templates once. */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(await fastestFolder(), "bellwire-test-"));
  await chmod(folder, 0o711); // PostgreSQL's user may enter; otherwise the server would use another folder
  const postgres = await startThrowAwayPostgres({ settings });
  await migrateTemplates(postgres);
  await makePasswordCheap(postgres);
  project.provide("postgresUrl", postgres.urlOf("postgres"));
  project.provide("migratedDataDir", join(folder, "data"));
  return async () => {
    await postgres[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  };
}
