-- Locks: none that others wait for; attaching a partition lets them read and write its table.
-- Old code: works unchanged.
--
-- Attempts up to four weeks old are added to the hours and days, so these have the months of four weeks ago, too. A database that was
-- created early in a month lacked the month before: a write with one row of it failed, for all endpoints of that write.

-- Creates the missing partitions: a day each of minutes, a month each of hours and days, with a part for rows over all event
-- types and one for the others: a chart of each endpoint reads the former only, so a page then has a dozen rows of an hour's endpoints,
-- instead of one of them among the rows of their types. Attaching a new table lets others read and write meanwhile.
create or replace function add_statistics_partitions(first_day date, last_day date) returns void
  language plpgsql security definer set search_path from current as $$
declare
  wanted record;
begin
  perform pg_advisory_xact_lock(hashtext('bellwire statistics'));
  for wanted in
    select 'statistics_minutes' as whole, to_char(day, '"statistics_minutes_"YYYYMMDD') as partition, day::date as first, (day + interval '1 day')::date as next
    from generate_series(first_day::timestamp, last_day, '1 day') day
    union all
    select whole, whole || to_char(month, '_YYYYMM'), month::date, (month + interval '1 month')::date
    from unnest('{statistics_hours,statistics_days}'::text[]) whole
    cross join generate_series(date_trunc('month', first_day - interval '28 days'), last_day, '1 month') month
  loop
    if to_regclass(format('%I', wanted.partition)) is null then
      execute format('create table %I (like %I including all) partition by list (event_type)', wanted.partition, wanted.whole);
      execute format('create table %I partition of %I for values in (%L)', wanted.partition || '_all', wanted.partition, '');
      execute format('create table %I partition of %I default', wanted.partition || '_types', wanted.partition);
      execute format('alter table %I attach partition %I for values from (%L) to (%L)', wanted.whole, wanted.partition,
        wanted.first::timestamp at time zone 'UTC', wanted.next::timestamp at time zone 'UTC');
    end if;
  end loop;
end $$;

select add_statistics_partitions((now() at time zone 'UTC')::date - 1, (now() at time zone 'UTC')::date + 14);
