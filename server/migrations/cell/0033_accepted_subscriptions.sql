-- Locks: service_subscriptions exclusively, for an instant: existing rows are not rewritten.
-- Old code: works unchanged. It names the columns that it reads and inserts, and its subscriptions have none.
--
-- The time of a later approval, as in 3scale: null if the subscription was live from the start.

alter table service_subscriptions add column accepted_at timestamptz;
