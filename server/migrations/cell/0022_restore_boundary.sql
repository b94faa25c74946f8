-- Locks: database_switches exclusively for milliseconds.
-- Old code: `bellwire resume` of an old version tells events from before and since a restore apart by their times.
--
-- A process whose clock is behind records events with times before the restore, and `--skip` would cancel them. Transaction numbers
-- tell them apart whatever the clocks say: a restore skips a billion of them.

lock table database_switches;
-- Events recorded since the restore have at least this transaction number. Null: nothing was held.
alter table database_switches add column held_from bigint;

update database_switches set held_from = coalesce(
  (select min(recorded_in) from events where id >= uuid_v7_floor(held_at)),
  transaction_number()
)
where held_at is not null and resumed_at is null;

-- As before (0019_restores_hold_all.sql), and stores the boundary.
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
  insert into database_switches (cluster, timeline, kind, state_at, held_at, held_from)
  select cluster, timeline, its_kind, state_at,
    case when is_held then clock_timestamp() end, case when is_held then transaction_number() end
  from transaction_numbers;
  return is_held;
end $$;
