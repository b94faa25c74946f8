-- Statistics of deliveries: counts per provider, endpoint, event type and minute, hour and day; and the state of each lane as
-- its engine last reported it.

-- Each attempt counts in four rows of each table: its endpoint and event type, all types of its endpoint, its type at all
-- endpoints, and all. So every question reads few rows, however many endpoints and types there are.
create table statistics_minutes (
  provider_id  bigint not null,
  endpoint_id  bigint not null,                        -- 0: all endpoints
  event_type   text not null,                          -- '': all event types
  at           timestamptz not null,                   -- the start of the minute, hour or day (UTC) in which attempts were sent
  outcome_2xx  integer not null,
  outcome_3xx  integer not null,
  outcome_4xx  integer not null,
  outcome_5xx  integer not null,
  outcome_timeout    integer not null,
  outcome_connection integer not null,
  outcome_tls        integer not null,
  outcome_forbidden  integer not null,
  first_attempt_successes integer not null,
  retries      integer not null,                       -- attempts after the first
  delivered    integer not null,                       -- deliveries that ended with an attempt of this time
  failed       integer not null,
  bytes_sent     bigint not null,                      -- bodies of requests with a response
  bytes_received bigint not null,                      -- the stored part of response bodies
  -- Histograms: one element per bucket that is not empty, bucket * 2^40 + count. Bucket 0 is below 1 ms; each of the others is a
  -- quarter of an octave: bucket 1 begins at 1 ms, bucket 5 at 2 ms. Such elements can be added without a function.
  latencies    bigint[] not null,
  delays       bigint[] not null,                      -- from the event to the response that delivered it
  primary key (provider_id, endpoint_id, event_type, at)
) partition by range (at);
create table statistics_hours (like statistics_minutes including all) partition by range (at);
create table statistics_days (like statistics_minutes including all) partition by range (at);

-- Each lane as its owner last reported it, and how far its attempts are counted. Written with the counts, in one transaction.
create table lane_reports (
  endpoint_id bigint primary key,
  provider_id bigint not null,
  epoch       bigint not null,                         -- of the owner that wrote this
  released    boolean not null,                        -- the owner has counted everything and released the lane
  counted_in  bigint not null,                         -- attempts recorded in this transaction or before are counted
  in_flight   integer not null,
  window_size integer not null,
  unanswered  integer not null,                        -- consecutive attempts without a response
  hold        text check (hold in ('retry_after', 'breaker', 'rate_limit', 'concurrency')),
  failing_since timestamptz,                           -- the first failed attempt since the last success
  failed_attempts integer not null                     -- failed attempts since then
) with (fillfactor = 70);

-- Creates the missing partitions: a day each of minutes, a month each of hours and days, with a part for rows over all event
-- types and one for the others: a chart of each endpoint reads the former only, so a page then has a dozen rows of an hour's endpoints,
-- instead of one of them among the rows of their types. Attaching a new table lets others read and write meanwhile.
create function add_statistics_partitions(first_day date, last_day date) returns void
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

-- Drops the oldest partition that ends by the given day: of minutes, of hours and days. Returns its name, or null when none is
-- left. Locks its parent exclusively for the milliseconds of the drop, and gives up after 200 ms, to be repeated later.
create function drop_old_statistics(minutes_until date, totals_until date) returns text
  language plpgsql security definer set search_path from current as $$
declare
  oldest text;
begin
  perform pg_advisory_xact_lock(hashtext('bellwire statistics'));
  select name into oldest
  from (
    select relation.relname::text as name, case inheritance.inhparent
        when 'statistics_minutes'::regclass then to_date(right(relation.relname, 8), 'YYYYMMDD') + 1 <= minutes_until
        else to_date(right(relation.relname, 6), 'YYYYMM') + interval '1 month' <= totals_until
      end as is_over
    from pg_inherits inheritance
    join pg_class relation on relation.oid = inheritance.inhrelid
    where inheritance.inhparent = any('{statistics_minutes,statistics_hours,statistics_days}'::regclass[])
  ) partitions
  where is_over
  order by name
  limit 1;
  if oldest is not null then
    set local lock_timeout = '200ms';
    execute format('drop table %I', oldest);
  end if;
  return oldest;
end $$;

select add_statistics_partitions((now() at time zone 'UTC')::date - 1, (now() at time zone 'UTC')::date + 14);
