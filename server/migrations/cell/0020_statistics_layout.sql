-- Locks: the statistics exclusively for the milliseconds in which their empty partitions are replaced.
-- Old code: reads and writes the statistics as before.
--
-- Rows over all event types lie apart from those of single types. A chart of each endpoint reads the former only: a page then
-- has a dozen rows of an hour's endpoints, instead of one of them among the rows of their types.

-- Creates the missing partitions: a day each of minutes, a month each of hours and days, with a part for rows over all event
-- types and one for the others. Attaching a new table lets others read and write meanwhile.
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
    cross join generate_series(date_trunc('month', first_day::timestamp), last_day, '1 month') month
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

-- Partitions with rows keep their layout until retention drops them.
do $$
declare
  partition regclass;
  has_rows boolean;
begin
  perform pg_advisory_xact_lock(hashtext('bellwire statistics'));
  lock table statistics_minutes, statistics_hours, statistics_days in access exclusive mode;
  for partition in
    select inhrelid from pg_inherits
    where inhparent in ('statistics_minutes'::regclass, 'statistics_hours'::regclass, 'statistics_days'::regclass)
  loop
    execute format('select exists (select from %s)', partition) into has_rows;
    if not has_rows then
      execute format('drop table %s', partition);
    end if;
  end loop;
  perform add_statistics_partitions((now() at time zone 'UTC')::date - 1, (now() at time zone 'UTC')::date + 14);
end $$;
