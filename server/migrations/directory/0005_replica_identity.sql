-- Locks: access exclusive on id_keys, for milliseconds.
-- Old code: unaffected.
--
-- A publication of all tables makes PostgreSQL refuse updates of tables without a replica identity. This one is updated when a cell gets
-- its share of the ids, and has one row.

alter table id_keys replica identity full;
