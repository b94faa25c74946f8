-- The directory maps providers to cells. It is outside all cells, so a request's host leads to a cell before any table of the
-- cell is read. One cell, number 0, is the default and enough for most installations. Others are in other schemas of this database
-- and in schemas of other databases.

create table cells (
  number       smallint primary key check (number between 0 and 4095),
  schema_name  text not null,
  name         text not null default '' check (name ~ '^[a-z0-9-]{0,50}$'),
  database_url bytea,                             -- encrypted; null: the directory's own database
  id_share     smallint,                          -- of the cell's database, see new_id()
  state        text not null default 'active' check (state in ('active', 'draining')), -- draining: no new providers
  created_at   timestamptz not null default now()
);
create unique index cells_name_idx on cells (name);
create unique index cells_schema_idx on cells (schema_name) where database_url is null;

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

create table id_keys (
  key   bytea not null,
  share smallint check (share between 0 and 15)   -- the part of this database in the ids of the installation; null: the only database
);
-- A publication of all tables makes PostgreSQL refuse updates of tables without a replica identity. This one is updated when a cell gets
-- its share of the ids, and has one row.
alter table id_keys replica identity full;
insert into id_keys values (sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())));
create sequence id_numbers;

-- Returns a new id: milliseconds since 2020 in the upper 41 bits; in the lower 12 bits a counter, offset by a keyed hash of the
-- millisecond. An id reveals when its row was made, but not how many rows of other providers there are. Ids stay below 2^53,
-- the limit of JavaScript, until 2089.
--
-- Unique: each id's number is drawn within the id's millisecond, or else drawn again, and two ids of one millisecond have different
-- lower bits, because nobody draws 4,096 numbers in a millisecond. Only a clock that is set back can repeat an id, and keys refuse that.
-- Ascending: the lower bits count up within a millisecond; where they would wrap to 0, the function waits for the next millisecond.
-- Ids made in one transaction are therefore in the order of their creation, unless another connection draws the number at which the
-- lower bits wrap. The function belongs to the directory, so two cells of a database never return the same id. Up to 16 databases have
-- a share each: with one, only that one of 16 milliseconds is used, and numbers are drawn within these 16.
create function new_id() returns bigint
  language plpgsql volatile security definer set search_path from current as $$
declare
  number bigint;
  began bigint;
  milliseconds bigint;
  id_key bytea;
  id_share smallint;
  step integer;
  hash bytea;
  lower_bits bigint;
begin
  select key, share, case when share is null then 1 else 16 end into id_key, id_share, step from id_keys;
  loop
    began := floor(extract(epoch from clock_timestamp()) * 1000);
    number := nextval('id_numbers');
    milliseconds := floor(extract(epoch from clock_timestamp()) * 1000);
    continue when milliseconds / step <> began / step;
    milliseconds := greatest(0, milliseconds - 1577836800000);
    milliseconds := milliseconds - milliseconds % step + coalesce(id_share, 0);
    hash := sha256(id_key || int8send(milliseconds));
    lower_bits := ((get_byte(hash, 0) << 8) + get_byte(hash, 1) + number) & 4095;
    if lower_bits > 0 then
      return (milliseconds << 12) + lower_bits;
    end if;
    perform pg_sleep(0.001 * step);
  end loop;
end $$;

-- Gives this database its share of the ids. Ids with it begin after all ids without.
create function share_ids(its_share smallint) returns void
  language plpgsql security definer set search_path from current as $$
begin
  update id_keys set share = its_share where share is null;
  if (select share from id_keys) <> its_share then
    raise exception 'This database has share % of the ids, not %.', (select share from id_keys), its_share;
  end if;
  perform pg_sleep(0.02);
end $$;

create table tenants (
  provider_id    bigint primary key default new_id(),
  subdomain      text not null unique check (subdomain = lower(subdomain) and subdomain !~ '-admin$'),
  cell_number    smallint not null references cells,
  created_at     timestamptz not null default now(),
  other_cell     smallint references cells,       -- where the provider is moving to, or has left rows
  move_id        uuid,
  held_until     timestamptz,                     -- requests wait for the end of the move, at most until then
  deleting_since timestamptz                      -- no host serves the provider any more, and its rows are being deleted
);
create index tenants_cell_idx on tenants (cell_number);
create index tenants_moves_idx on tenants (provider_id) where move_id is not null;
