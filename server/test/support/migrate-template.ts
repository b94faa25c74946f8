import pg from "pg";
import { directorySchema, migrate } from "#platform/database/migrate.ts";
import { HandDrivenClock } from "./hand-driven-clock.ts";
import { idEpochs, schema, templateName, templateOfStarts } from "./test-databases.ts";
import type { ThrowAwayPostgres } from "./throw-away-postgres.ts";

/** Creates the templates of all test databases. */
export async function migrateTemplates(postgres: ThrowAwayPostgres): Promise<void> {
  const connectionString = postgres.urlOf(templateOfStarts);
  await run(postgres.urlOf("postgres"), `create database ${templateOfStarts}`);
  await migrate({ connectionString, schema });
  await addDaysOfClock(connectionString);
  await run(postgres.urlOf("postgres"), `create database ${templateName} template ${templateOfStarts}`);
  await run(postgres.urlOf(templateName), makeIdsLong);
  await keepFewDays(postgres.urlOf(templateName));
  await compactCatalogs(postgres.urlOf(templateName));
}

/** Migrates a database that is copied often: it has partitions of today and of the hand-driven clock only. */
export async function migrateTestDatabase(connectionString: string): Promise<void> {
  await migrate({ connectionString, schema });
  await keepFewDays(connectionString);
}

// Fails if the function counts from another time than `idEpochs` says.
const makeIdsLong = `
  do $$
  declare
    present text := pg_get_functiondef('${directorySchema}.new_id()'::regprocedure);
    changed text := replace(present, '${idEpochs.product}', '${idEpochs.template}');
  begin
    if changed = present then
      raise 'new_id() does not contain ${idEpochs.product}';
    end if;
    execute changed;
  end $$`;

async function keepFewDays(connectionString: string): Promise<void> {
  await run(connectionString, dropOtherDays);
  await addDaysOfClock(connectionString);
  await run(connectionString, "checkpoint"); // removes the files of dropped tables
}

const addDaysOfClock = (connectionString: string): Promise<void> =>
  run(connectionString, `select ${schema}.add_history_days($1::date, $1::date + 1)`, [new HandDrivenClock().now()]);

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

// Not Bellwire's tables: PostgreSQL plans differently once it knows that they are empty.
const listCatalogs = `
  select string_agg(oid::regclass::text, ', ') as list from pg_class
  where relnamespace = 'pg_catalog'::regnamespace and relkind = 'r' and not relisshared`;

/** Rewrites the catalogs without the rows of dropped tables: a copy has a third fewer bytes and a tenth fewer files. */
async function compactCatalogs(connectionString: string): Promise<void> {
  const client = new pg.Client(connectionString);
  await client.connect();
  const { rows } = await client.query<{ list: string }>(listCatalogs);
  await client.query(`vacuum (full) ${rows[0]?.list}`);
  await client.end();
  await run(connectionString, "checkpoint"); // removes the old files, and this connection writes the cache that copies start with
}

async function run(connectionString: string, statement: string, values: readonly unknown[] = []): Promise<void> {
  const client = new pg.Client(connectionString);
  await client.connect();
  await client.query(statement, [...values]);
  await client.end();
}
