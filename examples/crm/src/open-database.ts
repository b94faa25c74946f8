import { DatabaseSync } from "node:sqlite";

// Each row has the state of its object in the newest event; `sequence` is that event's number in its account. Rows of deleted
// objects stay, so that a late event does not restore them.
const schema = `
  create table if not exists companies (
    id integer primary key,
    name text,
    state text,
    plan text,
    sequence integer not null,
    deleted_at text
  ) strict;

  create table if not exists people (
    id integer primary key,
    company_id integer not null,
    name text,
    email text,
    role text,
    sequence integer not null,
    deleted_at text
  ) strict;

  create table if not exists applications (
    id integer primary key,
    company_id integer not null,
    name text,
    plan text,
    state text,
    sequence integer not null,
    deleted_at text
  ) strict;

  create index if not exists applications_company_idx on applications (company_id);

  create table if not exists webhooks (
    id text primary key,
    type text not null,
    sequence integer not null,
    received_at text not null,
    result text not null check (result in ('applied', 'outdated', 'ignored'))
  ) strict;

  create view if not exists contacts as
  select
    people.id,
    people.name,
    people.email,
    people.role,
    companies.name as company,
    companies.state,
    companies.plan,
    (
      select group_concat(applications.name || ' (' || applications.plan || ', ' || applications.state || ')', ', ' order by applications.id)
      from applications
      where applications.company_id = people.company_id and applications.deleted_at is null
    ) as applications,
    coalesce(people.deleted_at, companies.deleted_at) as deleted_at
  from people left join companies on companies.id = people.company_id`;

/** Opens or creates the file. Commits survive a power failure (`synchronous = full`), because a 200 promises that. */
export function openDatabase(path: string): DatabaseSync {
  const database = new DatabaseSync(path);
  database.exec(`pragma journal_mode = wal; pragma synchronous = full; ${schema}`);
  return database;
}
