-- A bin's receiving address and the right to view what it caught are two secrets.
-- Old code while this runs: adds bins, which get a key here; its pages still open by id alone, until it stops.
-- Locks: bins, for a rewrite of its few rows.  Transaction: yes.

-- The key opens rows of this database alone, so it is kept as it is.
alter table bins add column view_key text not null default replace(gen_random_uuid()::text, '-', '');
