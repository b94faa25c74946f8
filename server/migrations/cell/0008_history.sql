-- Locks: a share lock on `events` and each of its days while the index is built, about a second per million events: changes of
--   accounts, users and applications wait, reading and sending go on.
-- Old code: ignores the index.

-- The events of one account, user or application, newest first, and the version before an event.
create index events_object_idx on events (provider_id, object_id, id);
