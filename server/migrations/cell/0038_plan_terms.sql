-- Locks: share row exclusive on plans, metrics and providers, for an instant.
-- Old code: works unchanged. A plan that it customizes has no limits and prices.
--
-- How much of a metric an application plan allows, and what it costs.

create table usage_limits (
  provider_id bigint not null references providers on delete cascade,
  id          bigint unique default bellwire_directory.new_id(),
  plan_id     bigint not null,
  metric_id   bigint not null,
  period      text not null check (period in ('eternity', 'year', 'month', 'week', 'day', 'hour', 'minute')),
  value       bigint not null check (value >= 0),
  created_at  timestamptz not null default now(),
  updated_at  timestamptz not null default now(),
  primary key (provider_id, id),
  unique (provider_id, plan_id, metric_id, period),
  foreign key (provider_id, plan_id) references plans on delete cascade,
  foreign key (provider_id, metric_id) references metrics on delete cascade
);
-- In the order of the unique key, so that the deletions of a plan and of a metric lock rows that belong to both alike.
create index usage_limits_metric_idx on usage_limits (provider_id, metric_id, plan_id, period);

create table pricing_rules (
  provider_id   bigint not null references providers on delete cascade,
  id            bigint unique default bellwire_directory.new_id(),
  plan_id       bigint not null,
  metric_id     bigint not null,
  min           bigint not null default 1 check (min >= 1),
  max           bigint check (max >= min),    -- null: without an upper bound
  cost_per_unit numeric(20, 4) not null default 0,
  created_at    timestamptz not null default now(),
  updated_at    timestamptz not null default now(),
  primary key (provider_id, id),
  unique (provider_id, plan_id, metric_id, min),
  foreign key (provider_id, plan_id) references plans on delete cascade,
  foreign key (provider_id, metric_id) references metrics on delete cascade
);
create index pricing_rules_metric_idx on pricing_rules (provider_id, metric_id, plan_id, min);
