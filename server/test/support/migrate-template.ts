import pg from "pg";
import { systemClock } from "#platform/clock/clock.ts";
import { migrate } from "#platform/database/migrate.ts";
import { HandDrivenClock } from "./hand-driven-clock.ts";
import { schema, templateName } from "./test-databases.ts";
import type { ThrowAwayPostgres } from "./throw-away-postgres.ts";

/** Makes the database that every other one is a copy of, with history for both clocks that tests go by. */
export async function migrateTemplate(postgres: ThrowAwayPostgres): Promise<void> {
  const server = new pg.Client(postgres.urlOf("postgres"));
  await server.connect();
  await server.query(`create database ${templateName}`);
  await server.end();

  const connectionString = postgres.urlOf(templateName);
  for (const clock of [systemClock, new HandDrivenClock()]) await migrate({ connectionString, schema, now: clock.now() });
}
