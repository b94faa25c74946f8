-- Locks: none.
-- Old code: works unchanged.
--
-- As before (0003_failover.sql), and without the transactions of moves (docs/decisions/0037-cells.md). They last for minutes: the copy of a
-- table, and everything else until the engines of the old cell have let go of the provider's lanes. Feeds and replays of all other
-- providers of the new cell stood still meanwhile. What they write has the numbers that it got in the old cell, and no reader of the
-- provider is in the new cell before they have ended.

create or replace function transactions_horizon() returns bigint
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
