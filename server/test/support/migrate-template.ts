import pg from "pg";
import { migrate } from "#platform/database/migrate.ts";
import { HandDrivenClock } from "./hand-driven-clock.ts";
import { schema, templateName } from "./test-databases.ts";
import type { ThrowAwayPostgres } from "./throw-away-postgres.ts";

/** Makes the database that every other one is a copy of. */
export async function migrateTemplate(postgres: ThrowAwayPostgres): Promise<void> {
  await run(postgres.urlOf("postgres"), `create database ${templateName}`);
  const connectionString = postgres.urlOf(templateName);
  await migrate({ connectionString, schema });
  await run(connectionString, dropOtherDays);
  // Days for tests that go by the other clock.
  await run(connectionString, `select ${schema}.add_history_days($1::date, $1::date + 1)`, [
    new HandDrivenClock().now(),
  ]);
}

// Each day is four tables with their indexes, to copy and for each new connection to learn. What is left lasts for a run that
// begins before midnight and ends after it; a test that needs other days makes them itself, or it would fail at night alone.
const dropOtherDays = `
  do $$
  declare
    other regclass;
  begin
    for other in
      select oid from pg_class
      where relnamespace = '${schema}'::regnamespace and relkind = 'r' and relname ~ '_\\d{8}$'
        and right(relname, 8) not between
          to_char(now() - interval '1 hour', 'YYYYMMDD') and to_char(now() + interval '1 hour', 'YYYYMMDD')
    loop
      execute format('drop table %s', other);
    end loop;
  end $$`;

async function run(connectionString: string, statement: string, values: readonly unknown[] = []): Promise<void> {
  const client = new pg.Client(connectionString);
  await client.connect();
  await client.query(statement, [...values]);
  await client.end();
}
