-- Numbers that only ever increase, also after a failover or a restore.
--
-- Readers that follow a feed compare the number of the transaction that recorded a row. PostgreSQL counts transactions per
-- cluster: after pg_restore into another cluster, new rows would have smaller numbers than existing ones, and readers would
-- miss them. After a failover to a lagging standby, or a restore to a point in time, numbers given since then would be given
-- again. So an offset is added to all numbers, and raised whenever the database continues from an earlier state.

create table transaction_numbers (
  cluster  bigint not null,                          -- PostgreSQL's system identifier, from initdb
  timeline integer
);

-- One row per continuation from an earlier state.
create table database_switches (
  at       timestamptz primary key default clock_timestamp(),
  cluster  bigint not null,   -- since then
  timeline integer not null
);

-- The offset. Stable, not immutable: a plan with an immutable value folded in would not be made again after a replacement.
create function transaction_numbers_skipped() returns bigint
  language sql stable parallel safe
  return 0;

-- Returns the number of the calling transaction.
create function transaction_number() returns bigint
  language sql stable
  return pg_current_xact_id()::text::bigint + transaction_numbers_skipped();

-- Every transaction of this database with a lower number has ended, as the calling statement sees it: readers of feeds stop
-- here. Transactions of other databases on the same server are known from pg_stat_activity and excluded, or another database's
-- long import would block our readers. Read-only transactions, a backup for example, have no number.
create function transactions_horizon() returns bigint
  language sql stable parallel restricted
  return transaction_numbers_skipped() + least(pg_snapshot_xmax(pg_current_snapshot())::text::bigint, (
    select min(running.xid::text::bigint)
    from pg_snapshot_xip(pg_current_snapshot()) as running (xid)
    where not exists (
      select from pg_stat_activity as elsewhere
      where elsewhere.datname <> current_database()
        and elsewhere.backend_xid::text::bigint = running.xid::text::bigint % 4294967296
    )
  ));

-- The sequence number of every event in its account is above this. Stable for the same reason.
create function account_numbers_floor() returns bigint
  language sql stable parallel safe
  return 0;

-- Known immediately after a promotion, unlike pg_control_checkpoint(). Fails on a standby.
create function wal_timeline() returns integer
  language sql volatile
  return ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::integer;

insert into transaction_numbers select system_identifier, wal_timeline() from pg_control_system();

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

-- Called at each start. Returns whether this is the first connection on a new timeline or cluster.
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

create function follow_cluster() returns void
  language plpgsql security definer set search_path from current as $$
begin
  perform follow_timeline();
end $$;

-- Restored files keep cluster and timeline. A process that ran before the restore knows a later position of the write-ahead log
-- than the restored database has, which reveals the restore.
--
-- Called on each new connection with the last values that this process saw: the flush position of the log and the number of
-- switches. Returns whether this call skipped numbers, and the current values. Of many processes only the first one skips; the
-- others find that the database was switched since.
create function follow_wal(seen pg_lsn, known_switches bigint)
  returns table (is_first boolean, lsn pg_lsn, switches bigint)
  language plpgsql security definer set search_path from current as $$
begin
  is_first := follow_timeline();
  if not is_first and pg_current_wal_flush_lsn() < seen then
    perform pg_advisory_xact_lock(hashtext('bellwire numbers'));
    if (select count(*) from database_switches) <= known_switches then
      perform skip_numbers(false);
      insert into database_switches (cluster, timeline) select cluster, timeline from transaction_numbers;
      is_first := true;
    end if;
  end if;
  return query select is_first, pg_current_wal_flush_lsn(), (select count(*) from database_switches);
end $$;
