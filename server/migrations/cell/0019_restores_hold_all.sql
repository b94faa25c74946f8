-- Locks: none. Functions are replaced.
-- Old code: holds the same, because the database does it. It shows held mails as waiting and held jobs as running, and its
--   `bellwire resume` leaves both held.
--
-- After a restore not only deliveries are due again, but also mails that have been sent and jobs that have ended. All of them wait
-- for an operator now. A held mail has the due time 'infinity', as a held lane. For a job that means that its rows are not stored
-- yet, so a held one has the last day of the year 9999.

create function held_jobs_until() returns timestamptz
  language sql immutable parallel safe
  return '9999-12-31 00:00:00+00'::timestamptz;

-- A restore to a point in time sets one of these, and starting a standby with one makes no sense: it would stop following there. They
-- are visible until the configuration is changed, so the first connection after a restore sees them.
create function has_recovery_target() returns boolean
  language sql stable set search_path from current as $$
  select exists (
    select from unnest('{recovery_target,recovery_target_time,recovery_target_xid,recovery_target_lsn,recovery_target_name}'::text[]) as name
    where coalesce(current_setting(name, true), '') <> ''
  )
$$;

-- Mails of the last three days only: older ones are never sent.
create function hold_mails_and_jobs() returns void
  language sql volatile set search_path from current as $$
  update mails set due_at = 'infinity' where sent_at is null and created_at > clock_timestamp() - interval '3 days';
  update jobs set work_at = held_jobs_until() where finished_at is null and work_at < 'infinity';
$$;

-- As before (0017_restores.sql), but a new timeline with a recovery target is a restore, whatever its age. And mails and jobs are
-- held, too.
create or replace function record_switch(its_kind text, silent_seconds float8) returns boolean
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
  insert into database_switches (cluster, timeline, kind, state_at, held_at)
  select cluster, timeline, its_kind, state_at, case when is_held then clock_timestamp() end from transaction_numbers;
  return is_held;
end $$;

-- Ends the hold once no endpoint, mail or job is held any more. A deleted endpoint sends nothing.
create or replace function end_hold() returns boolean
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
