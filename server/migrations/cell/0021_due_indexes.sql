-- Locks: due exclusively for milliseconds.
-- Old code: finds the oldest undelivered event along due_endpoint_idx. Behind a backlog without an ordering key, that reads all of it.
--
-- The oldest undelivered event of an endpoint is found along due_endpoint_idx, which has the same columns. Each ordered delivery
-- adds one index entry less, when it is recorded and when it becomes due.

lock table due;
drop index due_oldest_idx;
