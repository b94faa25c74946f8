-- The directory maps providers to cells. It is outside all cells, so a request's host leads to a cell before any table of the
-- cell is read. One cell, number 0, is the default and enough for most installations.

create table cells (
  number      smallint primary key check (number between 0 and 4095),
  schema_name text not null unique
);

create table id_keys (key bytea not null); -- one row
insert into id_keys values (sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())));
create sequence id_numbers;

-- Returns a new id: milliseconds since 2020 in the upper 41 bits; in the lower 12 bits a counter, offset by a keyed hash of the
-- millisecond. An id reveals when its row was made, but not how many rows of other providers there are. Ids stay below 2^53,
-- the limit of JavaScript, until 2089.
--
-- Unique: ids of one millisecond differ in their lower bits, because nobody draws 4,096 numbers in a millisecond. Ascending:
-- the lower bits count up within a millisecond; where they would wrap to 0, the function waits for the next millisecond.
-- Ids made in one transaction are therefore in the order of their creation. The function belongs to the directory, so two cells
-- never return the same id.
create function new_id() returns bigint
  language plpgsql volatile security definer set search_path from current as $$
declare
  number bigint;
  milliseconds bigint;
  hash bytea;
  lower_bits integer;
begin
  loop
    number := nextval('id_numbers');
    milliseconds := greatest(0, floor((extract(epoch from clock_timestamp()) - 1577836800) * 1000));
    hash := sha256((select key from id_keys) || int8send(milliseconds));
    lower_bits := ((get_byte(hash, 0) << 8) + get_byte(hash, 1) + number) & 4095;
    if lower_bits > 0 then
      return (milliseconds << 12) + lower_bits;
    end if;
    perform pg_sleep(0.001);
  end loop;
end $$;

create table tenants (
  provider_id bigint primary key default new_id(),
  subdomain   text not null unique check (subdomain = lower(subdomain) and subdomain !~ '-admin$'),
  cell_number smallint not null references cells,
  created_at  timestamptz not null default now()
);
