-- Locks: access exclusive on transaction_numbers, for milliseconds.
-- Old code: unaffected.
--
-- A publication of all tables (logical replication, for change data capture or an upgrade with little downtime) makes PostgreSQL refuse
-- updates of tables without a replica identity. This one is updated after a failover only, by each new connection: none could be
-- opened any more. It has one row.

alter table transaction_numbers replica identity full;
