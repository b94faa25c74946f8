-- Locks: service_subscriptions, for as long as its new index and foreign key take to build: no row has a value yet.
-- Old code: works unchanged, and leaves a request open when it changes the plan.
--
-- The service plan that a developer requests for a subscription where the provider decides. Cleared with the decision.

alter table service_subscriptions
  add column requested_plan_id bigint,
  add column requested_by bigint, -- the requester, who may have been deleted since
  add column requested_at timestamptz,
  add foreign key (provider_id, requested_plan_id) references plans on delete set null (requested_plan_id);

create index service_subscriptions_requests_idx on service_subscriptions (provider_id, requested_plan_id) where requested_plan_id is not null;
