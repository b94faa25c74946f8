import type { TestProject } from "vitest/node";
import { migrateTemplate } from "./migrate-template.ts";
import { startThrowAwayPostgres } from "./throw-away-postgres.ts";

declare module "vitest" {
  interface ProvidedContext {
    postgresSocketFolder: string;
  }
}

/** One PostgreSQL for the whole run, its template migrated once. */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const postgres = await startThrowAwayPostgres();
  await migrateTemplate(postgres.socketFolder);
  project.provide("postgresSocketFolder", postgres.socketFolder);
  return async () => postgres[Symbol.asyncDispose]();
}
