-- The database continues from an earlier state: after a failover or a restore. Numbers are raised, and after a restore everything that
-- would be sent is held.
--
-- A restored database is in the past: deliveries and mails that have been sent since are due again, and jobs that have ended. So after a
-- restore, all of them are held until an operator has decided about them (bellwire resume --after-restore). A failover must not wait for
-- an operator: it loses seconds or nothing. The two look alike to PostgreSQL: both start a new timeline. They differ in the age of the
-- last heartbeat of an engine. Engines write one every two seconds, up to the moment that the database continues from.
--
-- transaction_numbers.stored_as is the id of that table. pg_restore creates it with another one; base backups, standbys and pg_upgrade
-- keep it.

-- One row per continuation from an earlier state.
create table database_switches (
  at         timestamptz primary key default clock_timestamp(),
  cluster    bigint not null,                        -- since then
  timeline   integer not null,
  kind       text check (kind in ('timeline', 'cluster', 'dump', 'files', 'told')),
  state_at   timestamptz(3),                         -- the last heartbeat: what was recorded later is lost. Null: no engine was running
  held_at    timestamptz(3),                         -- deliveries were held
  -- Events recorded since the restore have at least this transaction number, as a restore skips a billion of them. Times would not tell
  -- them apart: a process whose clock is behind records events with times before the restore. Null: nothing was held.
  held_from  bigint,
  resumed_at timestamptz(3)                          -- none is held any more
);

-- Raises the offset above all numbers given so far, plus a billion for those that were given after the backup from which this
-- database may have been restored.
create function skip_transaction_numbers() returns void
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
    language sql stable parallel safe return %s', largest + 1000000000);
  update transaction_numbers set cluster = (select system_identifier from pg_control_system());
end $$;

-- Leaves gaps larger than anything that can have been lost. `all_rows`: the cluster counts transactions from the start, so the
-- numbers given so far are known only from the rows. Takes no locks that others wait for. Reads accounts: 0.3 s for a million.
create function skip_numbers(all_rows boolean) returns void
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
      language sql stable parallel safe return %s', transaction_number() + 1000000000);
  end if;

  select greatest(account_numbers_floor(), max(last_sequence)) + 1000000 into floor from accounts;
  execute format('create or replace function account_numbers_floor() returns bigint
    language sql stable parallel safe return %s', floor);
  -- Processes keep accounts in memory, with their last numbers, as long as this says so.
  update providers set configuration_version = gen_random_uuid();

  for counter in select oid from pg_class where relnamespace = current_schema()::regnamespace and relkind = 'S' loop
    execute format('select last_value from %s where is_called', counter) into given;
    if given is not null then
      perform setval(counter, given + 10000);
    end if;
  end loop;
end $$;

-- Returns how the database has changed since it was looked at last, or null. `seen` and `known_switches` as in follow_database.
create function switch_kind(seen pg_lsn, known_switches bigint) returns text
  language sql volatile set search_path from current as $$
  select case
    when stored_as <> 'transaction_numbers'::regclass then 'dump'
    when cluster <> (select system_identifier from pg_control_system())
      then case when stored_as is null then 'dump' else 'cluster' end
    when timeline is distinct from wal_timeline() then 'timeline'
    when pg_current_wal_flush_lsn() < seen and (select count(*) from database_switches) <= known_switches then 'files'
  end
  from transaction_numbers
$$;

-- A restore to a point in time sets one of these, and starting a standby with one makes no sense: it would stop following there. They
-- are visible until the configuration is changed, so the first connection after a restore sees them.
create function has_recovery_target() returns boolean
  language sql stable set search_path from current as $$
  select exists (
    select from unnest('{recovery_target,recovery_target_time,recovery_target_xid,recovery_target_lsn,recovery_target_name}'::text[]) as name
    where coalesce(current_setting(name, true), '') <> ''
  )
$$;

-- No engine owns a held lane, none can claim it, and the outcomes of its last owner are refused. Retries end other pauses, not this.
create function hold_lanes() returns void
  language sql volatile set search_path from current as $$
  update lanes set owner = null, epoch = epoch + 1, not_before = 'infinity'
$$;

-- A held mail has the due time 'infinity', as a held lane. For a job that means that its rows are not stored yet, so a held one has the
-- last day of the year 9999.
create function held_jobs_until() returns timestamptz
  language sql immutable parallel safe
  return '9999-12-31 00:00:00+00'::timestamptz;

-- Mails of the last three days only: older ones are never sent.
create function hold_mails_and_jobs() returns void
  language sql volatile set search_path from current as $$
  update mails set due_at = 'infinity' where sent_at is null and created_at > clock_timestamp() - interval '3 days';
  update jobs set work_at = held_jobs_until() where finished_at is null and work_at < 'infinity';
$$;

-- Skips numbers, and holds deliveries, mails and jobs if the database was probably restored. A new timeline with a recovery target is a
-- restore. Otherwise a failover is assumed if the last heartbeat is less than five minutes old, or if the caller vouches for it: it had
-- its last answer at the time of that heartbeat (`silent_seconds` ago), so it knows of nothing that is lost. Returns whether they are held.
create function record_switch(its_kind text, silent_seconds float8) returns boolean
  language plpgsql volatile set search_path from current as $$
declare
  state_at timestamptz := (select max(beat_at) from engines);
  age float8 := extract(epoch from clock_timestamp() - state_at);
  is_failover boolean := its_kind = 'cluster'
    or (its_kind in ('timeline', 'files') and not (its_kind = 'timeline' and has_recovery_target())
      and (age < 300 or coalesce(abs(age - silent_seconds) < 15, false)));
  is_held boolean := not coalesce(is_failover, false) and (
    exists (select from due) or exists (select from replays where finished_at is null)
    or exists (select from mails where sent_at is null and created_at > clock_timestamp() - interval '3 days')
    or exists (select from jobs where finished_at is null and work_at < 'infinity')
  );
begin
  perform skip_numbers(all_rows => its_kind in ('cluster', 'dump'));
  update transaction_numbers set cluster = (select system_identifier from pg_control_system()), timeline = wal_timeline(),
    stored_as = 'transaction_numbers'::regclass;
  if is_held then
    perform hold_lanes();
    perform hold_mails_and_jobs();
  end if;
  insert into database_switches (cluster, timeline, kind, state_at, held_at, held_from)
  select cluster, timeline, its_kind, state_at,
    case when is_held then clock_timestamp() end, case when is_held then transaction_number() end
  from transaction_numbers;
  return is_held;
end $$;

-- Called on each new connection with the last values that this process saw: the flush position of the write-ahead log and the number of
-- switches. Restored files keep cluster and timeline, but a process that ran before the restore knows a later position than the restored
-- database has. Returns whether this call skipped numbers and has held deliveries, and the current values. Of many processes only the
-- first one skips; the others find that the database was switched since.
create function follow_database(seen pg_lsn, known_switches bigint, silent_seconds float8)
  returns table (is_first boolean, is_held boolean, lsn pg_lsn, switches bigint)
  language plpgsql security definer set search_path from current as $$
declare
  its_kind text := switch_kind(seen, known_switches);
begin
  if its_kind is not null then
    perform pg_advisory_xact_lock(hashtext('bellwire numbers'));
    its_kind := switch_kind(seen, known_switches); -- another connection may have been faster
  end if;
  is_first := its_kind is not null;
  is_held := false;
  if is_first then
    is_held := record_switch(its_kind, silent_seconds);
  end if;
  return query select is_first, is_held, pg_current_wal_flush_lsn(), (select count(*) from database_switches);
end $$;

-- For restores that cannot be detected, as those of a volume's snapshot: an operator or a restored backup says so.
create function hold_after_restore() returns boolean
  language plpgsql security definer set search_path from current as $$
begin
  perform pg_advisory_xact_lock(hashtext('bellwire numbers'));
  return record_switch('told', null);
end $$;

-- Ends the hold once no endpoint, mail or job is held any more. A deleted endpoint sends nothing.
create function end_hold() returns boolean
  language sql volatile security definer set search_path from current as $$
  with ended as (
    update database_switches set resumed_at = clock_timestamp()
    where held_at is not null and resumed_at is null and not exists (
      select from lanes join endpoints on endpoints.id = lanes.endpoint_id
      where lanes.not_before = 'infinity' and endpoints.deleted_at is null
    ) and not exists (select from mails where sent_at is null and due_at = 'infinity')
      and not exists (select from jobs where finished_at is null and work_at = held_jobs_until())
    returning 1
  )
  select exists (select from ended)
$$;

-- Each transaction behind a pooler begins with this call. The pooler connects to another server by itself, for example after a
-- failover, and its clients' connections stay. The new server must be checked before it is used (follow_database): so this fails
-- on any server but the known one, before the transaction reads or writes anything.
create function require_server(known timestamptz) returns void
  language plpgsql stable as $$
begin
  if pg_postmaster_start_time() <> known then
    raise exception 'another server answers behind the pooler' using errcode = 'BW001';
  end if;
end $$;
