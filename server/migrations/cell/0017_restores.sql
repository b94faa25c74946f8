-- Locks: transaction_numbers and database_switches are locked exclusively for the milliseconds of a column's addition, which
--   rewrites nothing.
-- Old code: detects fewer restores and holds nothing after those that it is the first to detect. It respects a hold.
--
-- A restored database is in the past: deliveries that have been sent since are due again. So after a restore, deliveries are
-- held until an operator has decided about them (bellwire resume --after-restore). A failover must not wait for an operator:
-- it loses seconds or nothing. The two look alike to PostgreSQL: both start a new timeline. They differ in the age of the last
-- heartbeat of an engine. Engines write one every two seconds, up to the moment that the database continues from.

-- The id of this table. pg_restore creates it with another one; base backups, standbys and pg_upgrade keep it. Null: unknown.
alter table transaction_numbers add column stored_as oid;

update transaction_numbers set stored_as = 'transaction_numbers'::regclass
where cluster = (select system_identifier from pg_control_system());

alter table database_switches
  add column kind text check (kind in ('timeline', 'cluster', 'dump', 'files', 'told')), -- null: of an older version
  add column state_at timestamptz(3),   -- the last heartbeat: what was recorded later is lost. Null: no engine was running
  add column held_at timestamptz(3),    -- deliveries were held
  add column resumed_at timestamptz(3); -- none is held any more

-- Returns how the database has changed since it was looked at last, or null. `seen` and `known_switches` as in follow_wal.
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

-- No engine owns a held lane, none can claim it, and the outcomes of its last owner are refused. Retries end other pauses, not this.
create function hold_lanes() returns void
  language sql volatile set search_path from current as $$
  update lanes set owner = null, epoch = epoch + 1, not_before = 'infinity'
$$;

-- Skips numbers, and holds deliveries if the database was probably restored. A failover is assumed if the last heartbeat is
-- less than five minutes old, or if the caller vouches for it: it had its last answer at the time of that heartbeat
-- (`silent_seconds` ago), so it knows of nothing that is lost. Returns whether deliveries are held.
create function record_switch(its_kind text, silent_seconds float8) returns boolean
  language plpgsql volatile set search_path from current as $$
declare
  state_at timestamptz := (select max(beat_at) from engines);
  age float8 := extract(epoch from clock_timestamp() - state_at);
  is_failover boolean := its_kind = 'cluster'
    or (its_kind in ('timeline', 'files') and (age < 300 or coalesce(abs(age - silent_seconds) < 15, false)));
  is_held boolean := not coalesce(is_failover, false) and (
    exists (select from due) or exists (select from replays where finished_at is null)
  );
begin
  perform skip_numbers(all_rows => its_kind in ('cluster', 'dump'));
  update transaction_numbers set cluster = (select system_identifier from pg_control_system()), timeline = wal_timeline(),
    stored_as = 'transaction_numbers'::regclass;
  if is_held then
    perform hold_lanes();
  end if;
  insert into database_switches (cluster, timeline, kind, state_at, held_at)
  select cluster, timeline, its_kind, state_at, case when is_held then clock_timestamp() end from transaction_numbers;
  return is_held;
end $$;

-- Called on each new connection, as follow_wal was. Returns also whether this call has held deliveries.
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

-- Ends the hold once no endpoint is held any more. A deleted endpoint sends nothing.
create function end_hold() returns boolean
  language sql volatile security definer set search_path from current as $$
  with ended as (
    update database_switches set resumed_at = clock_timestamp()
    where held_at is not null and resumed_at is null and not exists (
      select from lanes join endpoints on endpoints.id = lanes.endpoint_id
      where lanes.not_before = 'infinity' and endpoints.deleted_at is null
    )
    returning 1
  )
  select exists (select from ended)
$$;
