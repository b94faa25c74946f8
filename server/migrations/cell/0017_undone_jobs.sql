-- Locks: jobs, for a moment, without reading its rows.
-- Old code: works unchanged, and records no undo.
--
-- A job that deleted failures keeps the time of its undo. Its deletion is gone once all of them are back, so the list of jobs called
-- restored failures deleted, and offered to undo it again.

alter table jobs add column undone_at timestamp(3) with time zone;
