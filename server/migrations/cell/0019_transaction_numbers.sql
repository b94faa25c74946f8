-- Readers that follow by cursor go by the number of the transaction that recorded a row. PostgreSQL counts transactions for
-- each cluster anew: in a database that was brought to another one by pg_restore, what comes would have smaller numbers than
-- what is there, and nobody who follows would see either. So something is added to them, which grows when the cluster changes.
-- Old code while this runs: fine, until something is added.  Locks: events, attempts and replays, for a moment.
-- Transaction: yes.

create table transaction_numbers (cluster bigint not null); -- PostgreSQL's "system identifier", of initdb
insert into transaction_numbers select system_identifier from pg_control_system();

-- What is added. Not immutable, since a plan that has it folded in is not made again when it is replaced.
create function transaction_numbers_skipped() returns bigint
  language sql stable parallel safe
  return 0;

-- The number of the transaction that asks.
create function transaction_number() returns bigint
  language sql stable
  return pg_current_xact_id()::text::bigint + transaction_numbers_skipped();

alter table events alter column recorded_in set default transaction_number();
alter table attempts alter column recorded_in set default transaction_number();
alter table replays alter column recorded_in set default transaction_number();

-- As before, with what is added.
create or replace function transactions_horizon() returns bigint
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

-- From here on numbers are larger than all that were given, also than those given after the backup that this may have been
-- brought back from, which cursors elsewhere may have seen: for that a milliard is left out.
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

-- Asked at each start.
create function follow_cluster() returns void
  language plpgsql security definer set search_path from current as $$
begin
  if not exists (select from transaction_numbers where cluster = (select system_identifier from pg_control_system())) then
    perform skip_transaction_numbers();
  end if;
end $$;
