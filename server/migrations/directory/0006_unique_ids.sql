-- Locks: none on tables.
-- Old code: unaffected.
--
-- Until now new_id() took its number first and the time afterwards. A connection that the system held up in between for 4,096
-- further numbers could return the id of another connection: keys refused the second row, and its request failed.

-- As before, but each id's number is drawn within the id's millisecond (with a share: within its 16 milliseconds), or else drawn
-- again. Unique: two ids of one millisecond have different lower bits, because nobody draws 4,096 numbers in a millisecond (with
-- a share: in 16). Only a clock that is set back can repeat an id, and keys refuse that.
-- Ascending: ids of one transaction are in the order of their creation, unless another connection draws the number at which the
-- lower bits wrap to 0.
create or replace function new_id() returns bigint
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
