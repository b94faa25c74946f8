import pg from "pg";
import { migrate } from "#platform/database/migrate.ts";
import { HandDrivenClock } from "./hand-driven-clock.ts";
import { schema, templateName } from "./test-databases.ts";
import type { ThrowAwayPostgres } from "./throw-away-postgres.ts";

/** Creates the template of all test databases. */
export async function migrateTemplate(postgres: ThrowAwayPostgres): Promise<void> {
  await run(postgres.urlOf("postgres"), `create database ${templateName}`);
  await migrateTestDatabase(postgres.urlOf(templateName));
}

/** Migrates a database that is copied often: it has partitions of today and of the hand-driven clock only. */
export async function migrateTestDatabase(connectionString: string): Promise<void> {
  await migrate({ connectionString, schema });
  await run(connectionString, dropOtherDays);
  await run(connectionString, `select ${schema}.add_history_days($1::date, $1::date + 1)`, [
    new HandDrivenClock().now(),
  ]);
  await run(connectionString, "checkpoint"); // removes the files of dropped tables
}

// Each day is four tables with their indexes, which every copy and every new connection pays for. Two days remain before midnight:
// a run lasts minutes, and tests advance the time by up to 72 minutes. A test that needs other days creates them.
const dropOtherDays = `
  do $$
  declare
    other regclass;
  begin
    for other in
      select oid from pg_class
      where relnamespace = '${schema}'::regnamespace and relkind in ('r', 'p') and relname ~ '_\\d{8}$'
        and right(relname, 8) not between
          to_char(now() - interval '1 hour', 'YYYYMMDD') and to_char(now() + interval '2 hours', 'YYYYMMDD')
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
