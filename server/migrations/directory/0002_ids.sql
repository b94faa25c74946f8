-- Ids that tell when a row was made and nothing else. They were counted over all providers, so that one who made two accounts
-- a day apart knew how many the others had made. The function is the directory's, so that no two cells give the same id.
-- Existing ids stay; new ones are larger.
-- Old code while this runs: fine.  Locks: tenants for a moment, to itself.  Transaction: yes.

create table id_keys (key bytea not null); -- one row
insert into id_keys values (sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())));
create sequence id_numbers;

-- A new id: the milliseconds since 2020 in the upper 41 bits; in the lower 12 the next number, moved by a hash of the
-- millisecond that only this database knows. It is below 2^53 until 2089, so JavaScript can hold it.
--
-- Unique: two ids of one millisecond have different lower bits, since nobody takes 4096 numbers in a millisecond. Ascending:
-- within a millisecond the lower bits count up. Where they would begin anew at 0 it waits for the next millisecond, so that
-- what one transaction makes, in one statement or in several, has its ids in that order.
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

alter table tenants alter column provider_id drop identity, alter column provider_id set default new_id();
