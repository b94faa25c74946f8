-- Locks: nothing but the catalogue. New tables.
-- Old code: works unchanged, and does not see them. A plan, a product or a provider that it deletes takes its features along.
--
-- Features: texts that plans promise, of the provider for account plans, or of a product for plans of one other kind.

create table features (
  provider_id bigint not null references providers on delete cascade,
  id          bigint unique default bellwire_directory.new_id(),
  product_id  bigint,                                  -- null for features of account plans
  plan_kind   text not null check (plan_kind in ('account_plan', 'service_plan', 'application_plan')),
  name        text,                                    -- 3scale does not require one
  system_name text not null,
  description text,
  visible     boolean not null default true,           -- in the Developer Portal
  created_at  timestamptz not null default now(),
  updated_at  timestamptz not null default now(),
  primary key (provider_id, id),
  foreign key (provider_id, product_id) references products on delete cascade,
  check ((plan_kind = 'account_plan') = (product_id is null))
);
create unique index features_system_name_idx on features (provider_id, coalesce(product_id, 0), system_name);
create index features_product_idx on features (provider_id, product_id, id);

-- Lock order, which prevents deadlocks: the product, then the plan, then the feature.
create table plan_features (
  provider_id bigint not null,
  plan_id     bigint not null,
  feature_id  bigint not null,
  primary key (provider_id, plan_id, feature_id),
  foreign key (provider_id, plan_id) references plans on delete cascade,
  foreign key (provider_id, feature_id) references features on delete cascade
);
create index plan_features_feature_idx on plan_features (provider_id, feature_id);
