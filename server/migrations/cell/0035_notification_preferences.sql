-- Locks: provider_users exclusively, for an instant: existing rows are not rewritten.
-- Old code: works unchanged. It names the columns that it reads and inserts.
--
-- Which notifications a user gets by mail, by name: only those that differ from the default, so that a default may change.

alter table provider_users add column notifications jsonb not null default '{}';
