-- Adds and retires days of the history. The application's role owns nothing, so these functions run as the owner.

create function uuid_v7_floor(at timestamptz) returns uuid
  language sql immutable parallel safe
  return (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || '00000000000000000000')::uuid;

-- Attaching a new table lets others read and write meanwhile. `create table … partition of` would lock the parent exclusively,
-- behind all running statements.
create function add_history_days(first_day date, last_day date) returns void
  language plpgsql security definer set search_path from current as $$
declare
  day date := first_day;
  history text;
  partition text;
begin
  perform pg_advisory_xact_lock(hashtext('bellwire history days'));
  while day <= last_day loop
    foreach history in array array['events', 'payloads', 'deliveries', 'attempts'] loop
      partition := history || to_char(day, '_YYYYMMDD');
      if to_regclass(format('%I', partition)) is null then
        execute format('create table %I (like %I including all)', partition, history);
        execute format('alter table %I attach partition %I for values from (%L) to (%L)', history, partition,
          uuid_v7_floor(day::timestamp at time zone 'UTC'), uuid_v7_floor((day + 1)::timestamp at time zone 'UTC'));
      end if;
    end loop;
    day := day + 1;
  end loop;
end $$;

-- Removes a day of one history and keeps the rows still needed: events that are due, on the failure list or deleted from it by a
-- deletion that can be undone and, of the other three, the rows of the events that were kept. So `events` goes first; the others follow in any order. Returns whether it
-- removed anything. The old table is detached and renamed with the suffix "_retired", for drop_retired_history. Each call is a
-- transaction with these locks, in this order:
--
-- 1. On the partition, a lock that excludes vacuum and nothing else. A running autovacuum gives way after deadlock_timeout
--    (1 s), so this waits longer than that; one against wraparound does not give way.
-- 2. For payloads, deliveries and attempts: on the partition, a lock that excludes writers, here outcomes of deliveries as old
--    as that day. It is held while rows changed since the copy are copied again, so nothing written is lost.
-- 3. On the parent alone (its other partitions may be in autovacuum), an exclusive lock for the milliseconds of the swap.
--    A transaction that makes an old event due or failed has read `events` before, so while that lock is held no such
--    transaction runs, and the effects of earlier ones are visible; neither `due` nor `failures` needs a lock. A deletion and its undo
--    move rows between `failures` and `deleted_failures`, so each statement here sees every row in one of the two.
--
-- The last two wait for 200 ms at most and then fail, to be retried later, because everybody else queues behind them. A writer
-- that waits for the second lock holds what the third needs: that also ends with this call failing. The commit does not wait
-- for the disk while it holds the lock: if it is lost in a crash, the day is as it was before.
create function retire_history_day(history text, day date) returns boolean
  language plpgsql security definer set search_path from current as $$
declare
  partition text := history || to_char(day, '_YYYYMMDD');
  events_partition text := 'events' || to_char(day, '_YYYYMMDD');
  first_id uuid := uuid_v7_floor(day::timestamp at time zone 'UTC');
  next_id uuid := uuid_v7_floor((day + 1)::timestamp at time zone 'UTC');
  id text := case history when 'events' then 'id' else 'event_id' end;
  wanted text;
  is_wanted text;
  has_wanted boolean;
  has_expired boolean;
  seen_until xid;
  fresh_providers bigint[];
  fresh_events uuid[];
begin
  if history not in ('events', 'payloads', 'deliveries', 'attempts') then
    raise exception 'There is no history of %.', history;
  end if;
  perform pg_advisory_xact_lock(hashtext('bellwire history days'));
  if to_regclass(format('%I', partition)) is null then
    return false;
  end if;
  seen_until := pg_snapshot_xmin(pg_current_snapshot())::xid;
  if history = 'events' then
    wanted := format('(select provider_id, event_id from due where event_id >= %1$L and event_id < %2$L
      union select provider_id, event_id from failures where event_id >= %1$L and event_id < %2$L
      union select provider_id, event_id from deleted_failures where event_id >= %1$L and event_id < %2$L)', first_id, next_id);
    is_wanted := 'exists (select from due where due.event_id = day.id)
      or exists (select from failures where failures.event_id = day.id)
      or exists (select from deleted_failures where deleted_failures.event_id = day.id)';
    execute format('select exists (select from %s wanted)', wanted) into has_wanted;
  else
    is_wanted := format('exists (select from %I event where event.provider_id = day.provider_id and event.id = day.event_id)',
      events_partition);
    has_wanted := to_regclass(format('%I', events_partition)) is not null;
    wanted := case when has_wanted then format('(select provider_id, id as event_id from %I)', events_partition) end;
  end if;

  set local lock_timeout = '3s';
  execute format('lock table %I in share update exclusive mode', partition);
  if has_wanted then
    execute format('select exists (select from %I day where not (%s))', partition, is_wanted) into has_expired;
    if not has_expired then
      return false;
    end if;
    execute format('create table %I (like %I including all)', partition || '_kept', history);
    -- Says what the place demands, or the rows would be read again for it amidst the swap.
    execute format('alter table %1$I add constraint in_its_day check (%2$I >= %3$L and %2$I < %4$L)',
      partition || '_kept', id, first_id, next_id);
    execute format('insert into %1$I select day.* from %2$I day join %3$s wanted
      on wanted.provider_id = day.provider_id and wanted.event_id = day.%4$I', partition || '_kept', partition, wanted, id);
    execute format('analyze %I', partition || '_kept');
  end if;

  set local lock_timeout = '200ms';
  if has_wanted and history <> 'events' then
    execute format('lock table %I in share mode', partition);
    -- By the transactions that had not ended when the copying began. Of the three, deliveries alone are written over.
    if history = 'deliveries' then
      execute format('delete from %1$I kept using %2$I day where kept.provider_id = day.provider_id
        and kept.event_id = day.event_id and kept.endpoint_id = day.endpoint_id and age(day.xmin) <= age($1)',
        partition || '_kept', partition) using seen_until;
    end if;
    execute format('insert into %1$I select day.* from %2$I day join %3$s wanted
      on wanted.provider_id = day.provider_id and wanted.event_id = day.event_id
      where age(day.xmin) <= age($1) on conflict do nothing', partition || '_kept', partition, wanted) using seen_until;
  end if;
  execute format('lock table only %I in access exclusive mode', history);
  if history = 'events' then
    execute format('select array_agg(provider_id), array_agg(event_id) from (
      select provider_id, event_id from due where event_id >= %1$L and event_id < %2$L and age(xmin) <= age($1)
      union select provider_id, event_id from failures where event_id >= %1$L and event_id < %2$L and age(xmin) <= age($1)
      union select provider_id, event_id from deleted_failures where event_id >= %1$L and event_id < %2$L and age(xmin) <= age($1)) fresh',
      first_id, next_id) into fresh_providers, fresh_events using seen_until;
    if fresh_events is not null and not has_wanted then
      raise exception 'Something of % came to be wanted.', partition using errcode = 'lock_not_available';
    elsif fresh_events is not null then
      execute format('insert into %1$I select day.* from unnest($1, $2) fresh (provider_id, event_id) join %2$I day
        on fresh.provider_id = day.provider_id and fresh.event_id = day.id on conflict do nothing',
        partition || '_kept', partition) using fresh_providers, fresh_events;
    end if;
  end if;
  execute format('alter table %I detach partition %I', history, partition);
  execute format('alter table %I rename to %I', partition, partition || '_retired');
  if has_wanted then
    execute format('alter table %I rename to %I', partition || '_kept', partition);
    execute format('alter table %I attach partition %I for values from (%L) to (%L)', history, partition, first_id, next_id);
    execute format('alter table %I drop constraint in_its_day', partition);
  end if;
  set local synchronous_commit = off;
  return true;
end $$;

-- Drops the tables that retire_history_day detached. Nothing but autovacuum still uses them.
create function drop_retired_history() returns void
  language plpgsql security definer set search_path from current as $$
declare
  retired text;
begin
  perform pg_advisory_xact_lock(hashtext('bellwire history days'));
  set local lock_timeout = '3s';
  for retired in
    select relname from pg_class
    where relnamespace = current_schema()::regnamespace and relkind = 'r'
      and relname ~ '^(events|payloads|deliveries|attempts)_\d{8}_retired$'
  loop
    execute format('drop table %I', retired);
  end loop;
end $$;

-- Retention follows a clock that cannot leap: each run may advance it by at most a day, and by at most 24 times the time since
-- the previous run. A system clock that is wrong by months then costs days of history, and operators have hours to notice.
create table retention_clock (
  only_row   boolean primary key default true check (only_row),
  trusted_at timestamptz not null,  -- the time that retention uses
  read_at    timestamptz not null   -- the database's clock when trusted_at last advanced
);
insert into retention_clock (trusted_at, read_at) values (clock_timestamp(), clock_timestamp());
