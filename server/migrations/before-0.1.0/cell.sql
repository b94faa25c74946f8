-- Leads from the last build before 0.1.0 to the migrations of 0.1.0, which create the same tables with one file per subject. Applied
-- to a cell whose ledger is the one of that build:
--
-- Ledger: e315ed7add275573c217bf6aac06839a8d766a919b15f2658b8425ba87282479
-- Replaces: 0014_moves.sql and all before it.
-- Breaking: the older build reads and writes the columns that are dropped.
-- Locks: endpoints, lane_reports and outages exclusively, for milliseconds.
-- Old code: must be stopped before.

delete from migrations;

-- Nothing reads these.
drop table outages;
alter table endpoints drop column disabled_told;
alter table lane_reports drop column breaker, drop column hold_until;
drop function follow_wal(pg_lsn, bigint);
drop function follow_cluster();
drop function follow_timeline();
