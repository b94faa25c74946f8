-- Locks: due exclusively for milliseconds.
-- Old code: retries without this time, so one during the last attempt of a delivery may be lost, as before.
--
-- A retry during the last attempt of a round begins a new round. A due time cannot show it: that of a delivery behind others in its
-- order also changes when the one before it ends.

alter table due add column retried_at timestamptz;  -- when it was last made due by a request; null: never
