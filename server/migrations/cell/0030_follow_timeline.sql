-- After a failover to a standby that lagged, or a restore to a point in time, PostgreSQL goes on from an earlier state: numbers that
-- were given since are given again. PostgreSQL counts such a branch as a new timeline of the same cluster. The first connection
-- that finds itself on another timeline or cluster than before skips ahead of all numbers that may have been given.
-- Old code while this runs: fine; it asks at starts only.  Locks: transaction_numbers, for a moment.  Transaction: yes.

-- Known at once after a promotion, which pg_control_checkpoint() is not. Fails on a standby.
create function wal_timeline() returns integer
  language sql volatile
  return ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::integer;

alter table transaction_numbers add column timeline integer;
update transaction_numbers set timeline = wal_timeline();

create table database_switches (
  at       timestamptz primary key default clock_timestamp(),
  cluster  bigint not null,   -- from here on
  timeline integer not null
);

-- Every event's number in its account is above this. Not immutable, see transaction_numbers_skipped().
create function account_numbers_floor() returns bigint
  language sql stable parallel safe
  return 0;

-- Leaves gaps larger than anything that can have been lost. `all_rows`: transactions are counted anew, so what was given is only
-- known from the rows. Locks: none that others wait for. Reads accounts, some 0.3 s for a million.
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

-- Asked on each new connection to a primary. Says whether this is the first one on a new timeline or cluster.
create function follow_timeline() returns boolean
  language plpgsql security definer set search_path from current as $$
declare
  here bigint := (select system_identifier from pg_control_system());
  now_on integer := wal_timeline();
  other_cluster boolean;
begin
  if exists (select from transaction_numbers where cluster = here and timeline = now_on) then
    return false;
  end if;
  perform pg_advisory_xact_lock(hashtext('bellwire numbers'));
  select cluster <> here into other_cluster from transaction_numbers where cluster <> here or timeline is distinct from now_on;
  if not found then
    return false; -- another connection was faster
  end if;
  perform skip_numbers(other_cluster);
  update transaction_numbers set cluster = here, timeline = now_on;
  insert into database_switches (cluster, timeline) values (here, now_on);
  return true;
end $$;

-- What older code calls at its start.
create or replace function follow_cluster() returns void
  language plpgsql security definer set search_path from current as $$
begin
  perform follow_timeline();
end $$;
