-- Locks: an exclusive lock on attempts and deliveries with their partitions, and on job_chunks, for the milliseconds in which
--   indexes are dropped and a column is added.
-- Old code: reads neither index. An export of attempts by a process of the old code has all attempts of each selected one's
--   delivery.

-- No statement reads them. Each attempt of 100 ms or more added an entry to one of them.
drop index attempts_slowest_idx;
drop index deliveries_slowest_idx;

-- The selected attempts, in the order of event_ids; an element is null if all attempts of its delivery are selected. Null where
-- other rows are selected.
alter table job_chunks add column attempt_numbers integer[];
