-- Numbers that only ever increase, also after a failover or a restore.
--
-- Readers that follow a feed compare the number of the transaction that recorded a row. PostgreSQL counts transactions per
-- cluster: after pg_restore into another cluster, new rows would have smaller numbers than existing ones, and readers would
-- miss them. After a failover to a lagging standby, or a restore to a point in time, numbers given since then would be given
-- again. So an offset is added to all numbers, and raised whenever the database continues from an earlier state.

create table transaction_numbers (
  cluster   bigint not null,                         -- PostgreSQL's system identifier, from initdb
  timeline  integer,
  stored_as oid                                      -- of this table: see 0013_database_switches.sql
);
-- A publication of all tables (logical replication, for change data capture or an upgrade with little downtime) makes PostgreSQL refuse
-- updates of tables without a replica identity. This one is updated after a failover only, by each new connection: none could be
-- opened any more. It has one row.
alter table transaction_numbers replica identity full;

-- The offset. Stable, not immutable: a plan with an immutable value folded in would not be made again after a replacement.
create function transaction_numbers_skipped() returns bigint
  language sql stable parallel safe
  return 0;

-- Returns the number of the calling transaction.
create function transaction_number() returns bigint
  language sql stable
  return pg_current_xact_id()::text::bigint + transaction_numbers_skipped();

-- Every transaction of this database with a lower number has ended, as the calling statement sees it: readers of feeds stop
-- here. Two kinds are excluded, which pg_stat_activity shows:
--
-- - Transactions of other databases on the same server, or another database's long import would block our readers.
-- - Transactions of moves (docs/decisions/0037-cells.md). They last for minutes: the copy of a table, and everything else until the
--   engines of the old cell have let go of the provider's lanes. What they write has the numbers that it got in the old cell, and no
--   reader of the provider is in the new cell before they have ended.
--
-- Read-only transactions, a backup for example, have no number.
create function transactions_horizon() returns bigint
  language sql stable parallel restricted
  return transaction_numbers_skipped() + least(pg_snapshot_xmax(pg_current_snapshot())::text::bigint, (
    select min(running.xid::text::bigint)
    from pg_snapshot_xip(pg_current_snapshot()) as running (xid)
    where not exists (
      select from pg_stat_activity as unread
      where (unread.datname <> current_database() or unread.application_name = 'bellwire move')
        and unread.backend_xid::text::bigint = running.xid::text::bigint % 4294967296
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

insert into transaction_numbers select system_identifier, wal_timeline(), 'transaction_numbers'::regclass from pg_control_system();
