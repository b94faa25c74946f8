-- Locks: service_subscriptions against writes, while it is scanned once: milliseconds.
-- Old code: works unchanged.
--
-- Admins see the subscriptions that wait for their approval, oldest first.

create index service_subscriptions_pending_idx on service_subscriptions (provider_id, created_at, id)
  where state = 'pending';
