-- More than one cell: other schemas of this database, and schemas of other databases.
--
-- Locks: access exclusive on cells, tenants and id_keys, for milliseconds.
-- Old code: serves the default cell only. Stop it before a provider is created in another cell or moved there.

alter table cells
  add column name text not null default '' check (name ~ '^[a-z0-9-]{0,50}$'),
  add column database_url bytea,                  -- encrypted; null: the directory's own database
  add column id_share smallint,                   -- of the cell's database, see new_id()
  add column state text not null default 'active' check (state in ('active', 'draining')), -- draining: no new providers
  add column created_at timestamptz not null default now(),
  drop constraint cells_schema_name_key;

update cells set name = case number when 0 then 'default' else 'cell-' || number end;
create unique index cells_name_idx on cells (name);
create unique index cells_schema_idx on cells (schema_name) where database_url is null;

alter table tenants
  add column other_cell smallint references cells, -- where the provider is moving to, or has left rows
  add column move_id uuid,
  add column held_until timestamptz;              -- requests wait for the end of the move, at most until then

create index tenants_cell_idx on tenants (cell_number);
create index tenants_moves_idx on tenants (provider_id) where move_id is not null;

-- The part of this database in the ids of the installation. Null: the only database.
alter table id_keys add column share smallint check (share between 0 and 15);

-- As before, and unique over up to 16 databases: with a share, only that one of 16 milliseconds is used.
create or replace function new_id() returns bigint
  language plpgsql volatile security definer set search_path from current as $$
declare
  number bigint;
  milliseconds bigint;
  id_key bytea;
  id_share smallint;
  step integer;
  hash bytea;
  lower_bits bigint;
begin
  select key, share, case when share is null then 1 else 16 end into id_key, id_share, step from id_keys;
  loop
    number := nextval('id_numbers');
    milliseconds := greatest(0, floor((extract(epoch from clock_timestamp()) - 1577836800) * 1000));
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
