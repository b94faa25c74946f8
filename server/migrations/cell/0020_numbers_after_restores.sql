-- Locks: none.
-- Old code: works unchanged.
--
-- A backup may be restored twice, or an older one after a newer one. Skipping a fixed amount then gives the numbers of the first restore
-- again: receivers drop events as outdated, and followers of feeds never read them. So a skip also leads to a number that grows with
-- time, faster than numbers are given.

-- Returns a number above all that were given at this rate since 2026, before the first release. It stops growing in 2060, because processes
-- read numbers below 2^53 only: 34 years of 4,000,000 a second are less than half of it.
create function number_of_now(per_second bigint) returns bigint
  language sql volatile
  return floor(extract(epoch from least(clock_timestamp(), '2060-01-01 00:00:00+00') - '2026-01-01 00:00:00+00') * per_second)::bigint;

-- The offset, if numbers continue above `largest`.
create function transaction_numbers_to_skip(largest bigint) returns bigint
  language sql volatile
  return greatest(largest + 1000000000, number_of_now(4000000) - pg_current_xact_id()::text::bigint);

create or replace function skip_transaction_numbers() returns void
  language plpgsql security definer set search_path from current as $$
declare
  largest bigint;
begin
  select max(number) into largest from (
    select max(recorded_in) from events
    union all select max(recorded_in) from deliveries
    union all select max(recorded_in) from attempts
    union all select max(recorded_in) from replays
    union all select transaction_number()
  ) given (number);
  execute format('create or replace function transaction_numbers_skipped() returns bigint
    language sql stable parallel safe return %s', transaction_numbers_to_skip(largest));
  update transaction_numbers set cluster = (select system_identifier from pg_control_system());
end $$;

create or replace function skip_numbers(all_rows boolean) returns void
  language plpgsql security definer set search_path from current as $$
declare
  floor bigint;
  counter regclass;
  given bigint;
begin
  if all_rows then
    perform skip_transaction_numbers();
  else
    execute format('create or replace function transaction_numbers_skipped() returns bigint
      language sql stable parallel safe return %s', transaction_numbers_to_skip(transaction_number()));
  end if;

  select greatest(account_numbers_floor(), max(last_sequence)) + 1000000 into floor from accounts;
  execute format('create or replace function account_numbers_floor() returns bigint
    language sql stable parallel safe return %s', greatest(floor, number_of_now(100000)));
  -- Processes keep accounts in memory, with their last numbers, as long as this says so.
  update providers set configuration_version = gen_random_uuid();

  for counter in select oid from pg_class where relnamespace = current_schema()::regnamespace and relkind = 'S' loop
    execute format('select last_value from %s where is_called', counter) into given;
    if given is not null then
      perform setval(counter, given + 10000);
    end if;
  end loop;
end $$;
