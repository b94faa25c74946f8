import type { TestProject } from "vitest/node";
import { migrateTemplate } from "./migrate-template.ts";
import { startThrowAwayPostgres } from "./throw-away-postgres.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Leads to the server's own database, as its owner. */
    postgresUrl: string;
  }
}

/** One PostgreSQL for the whole run, its template migrated once. */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const postgres = await startThrowAwayPostgres();
  await migrateTemplate(postgres);
  project.provide("postgresUrl", postgres.urlOf("postgres"));
  return async () => postgres[Symbol.asyncDispose]();
}
