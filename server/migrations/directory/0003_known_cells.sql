-- Locks: none on tables that exist.
-- Old code: does not use it.
--
-- A copy of the list of cells, in the database of each cell that has one of its own: a process that starts while the directory does not
-- respond finds the cells there. Engines keep it up to date. Empty in the directory's own database.

create table known_cells (
  number       smallint primary key,
  name         text not null,
  schema_name  text not null,
  state        text not null,
  database_url bytea,                             -- encrypted, as in cells; null: the directory's own database
  copied_at    timestamptz not null default clock_timestamp()
);
