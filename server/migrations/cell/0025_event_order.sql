-- Locks: accounts exclusively for milliseconds.
-- Old code: gives events ids by the times of their requests, as before.
--
-- The history of an object is in the order of its events' ids, and an id has the time of its request. A request that waited for the account
-- while another process changed it would get the lower id: its change would be shown before the other one, and the older version as the
-- object's last one. So an account keeps the id of its last event, and the next one is higher.

lock table accounts;
alter table accounts add column last_event_id uuid not null default '00000000-0000-0000-0000-000000000000';
