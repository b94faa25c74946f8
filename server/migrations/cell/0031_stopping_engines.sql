-- Locks: access exclusive on engines, for milliseconds.
-- Old code: works unchanged. Engines of it that stop count as before.
--
-- An engine that waits for its last attempts claims no more lanes. The others divide all free lanes among themselves.

alter table engines add column stopping boolean not null default false;
