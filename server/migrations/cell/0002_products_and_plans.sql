-- Products with what their APIs count, plans with their limits, prices and features, fields definitions, and API specifications:
-- what a provider offers.

create table products (
  provider_id               bigint not null references providers on delete cascade,
  id                        bigint unique default bellwire_directory.new_id(),
  name                      text not null,
  system_name               text not null,
  description               text,
  -- '1': user key; '2': application id and keys; 'oauth': OAuth or OpenID Connect
  backend_version           text not null default '1' check (backend_version in ('1', '2', 'oauth')),
  mandatory_app_key         boolean not null default true,
  referrer_filters_required boolean not null default false,
  buyers_manage_apps        boolean not null default true,
  buyers_manage_keys        boolean not null default true,
  buyer_can_select_plan     boolean not null default false,
  custom_keys_enabled          boolean not null default true,
  buyer_key_regenerate_enabled boolean not null default true,
  buyer_plan_change_permission text not null default 'request',
  deployment_option            text not null default 'hosted',
  -- OpenID Connect only: {"id": 3, "standard_flow_enabled": true, …}
  oidc_configuration        jsonb,
  created_at                timestamptz not null default now(),
  updated_at                timestamptz not null default now(),
  state                     text not null default 'incomplete'
                            check (state in ('incomplete', 'hidden', 'offline', 'published', 'deprecated')),
  support_email             text,
  intentions_required       boolean not null default false,
  txt_support               text,
  terms                     text,
  notification_settings     jsonb,
  annotations               jsonb not null default '{}',
  primary key (provider_id, id),
  unique (provider_id, system_name)
);

-- What a product's API counts. A method is a part of the metric `hits` and has its unit.
create table metrics (
  provider_id   bigint not null references providers on delete cascade,
  id            bigint unique default bellwire_directory.new_id(),
  product_id    bigint not null,
  parent_id     bigint,                       -- a method's metric; null for metrics
  system_name   text not null,
  friendly_name text not null,
  unit          text,                         -- null for methods
  description   text,
  created_at    timestamptz not null default now(),
  updated_at    timestamptz not null default now(),
  primary key (provider_id, id),
  unique (provider_id, product_id, system_name),
  unique (provider_id, product_id, friendly_name),
  foreign key (provider_id, product_id) references products on delete cascade,
  foreign key (provider_id, parent_id) references metrics on delete cascade,
  check ((parent_id is null) = (unit is not null))
);
create index metrics_parent_idx on metrics (provider_id, parent_id) where parent_id is not null;

create table plans (
  provider_id         bigint not null references providers on delete cascade,
  id                  bigint unique default bellwire_directory.new_id(),
  kind                text not null check (kind in ('account_plan', 'service_plan', 'application_plan')),
  product_id          bigint,
  name                text not null,
  system_name         text not null,
  state               text not null default 'hidden' check (state in ('hidden', 'published')),
  is_default          boolean not null default false,
  customized_from     bigint,                        -- the plan that this one customizes; null for an ordinary plan
  approval_required   boolean not null default false,
  setup_fee           numeric(20, 4) not null default 0,
  cost_per_month      numeric(20, 4) not null default 0,
  trial_period_days   integer,
  cancellation_period integer not null default 0,    -- seconds
  created_at          timestamptz not null default now(),
  updated_at          timestamptz not null default now(),
  version             uuid not null default gen_random_uuid(), -- changes with the row; caches of plans compare it
  description         text,
  primary key (provider_id, id),
  foreign key (provider_id, product_id) references products on delete cascade,
  check ((kind = 'account_plan') = (product_id is null))
);
create unique index plans_default_idx on plans (provider_id, kind, coalesce(product_id, 0)) where is_default;
create unique index plans_system_name_idx on plans (provider_id, kind, coalesce(product_id, 0), system_name)
  where customized_from is null;
create index plans_customized_idx on plans (provider_id, customized_from) where customized_from is not null;
create index plans_product_idx on plans (provider_id, product_id, id);

-- Writes the row itself, so two transactions that change different plans do not wait for each other.
create function renew_version() returns trigger
  language plpgsql set search_path from current as $$
begin
  new.version := gen_random_uuid();
  return new;
end $$;

create trigger plans_version before update on plans for each row execute function renew_version();

-- How much of a metric an application plan allows.
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

-- What a metric costs in an application plan.
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

create table fields_definitions (
  provider_id bigint not null references providers on delete cascade,
  id          bigint unique default bellwire_directory.new_id(),
  target      text not null check (target in ('Account', 'User', 'Cinstance')),
  name        text not null check (name ~ '^[A-Za-z][A-Za-z0-9_-]*$'),
  label       text not null,
  required    boolean not null default false,
  hidden      boolean not null default false,
  read_only   boolean not null default false,
  choices     text[] not null default '{}',
  position    integer not null,
  created_at  timestamptz not null default now(),
  updated_at  timestamptz not null default now(),
  primary key (provider_id, id),
  unique (provider_id, target, name),
  check (not (required and (hidden or read_only)))
);

-- Lock order, which prevents deadlocks: a transaction that changes plans and their provider locks the provider first; one that
-- changes fields definitions and their provider locks the provider last.
create function renew_configuration_version() returns trigger
  language plpgsql set search_path from current as $$
begin
  update providers set configuration_version = gen_random_uuid() where id = coalesce(new.provider_id, old.provider_id);
  return null;
end $$;

create trigger fields_definitions_configuration_version after insert or update or delete on fields_definitions
  for each row execute function renew_configuration_version();

-- A new plan belongs to no account yet, and one that does cannot be deleted: only updates count.
create trigger plans_configuration_version after update on plans
  for each row execute function renew_configuration_version();

-- API specifications, 3scale's ActiveDocs: documents in OpenAPI that the portals show interactively.
create table api_specifications (
  provider_id bigint not null references providers on delete cascade,
  id          bigint unique default bellwire_directory.new_id(),
  product_id  bigint,                                  -- null: of no product
  system_name text not null,
  name        text not null,
  description text,
  body        text not null,                           -- JSON as it was sent, up to 1 MiB
  version     text not null,                           -- of the format, such as 3.0: read from the body
  published   boolean not null default false,          -- in the Developer Portal
  skip_swagger_validations boolean not null default false,
  created_at  timestamptz not null default now(),
  updated_at  timestamptz not null default now(),
  primary key (provider_id, id),
  foreign key (provider_id, product_id) references products on delete cascade
);
create unique index api_specifications_system_name_idx on api_specifications (provider_id, system_name);
create index api_specifications_product_idx on api_specifications (provider_id, product_id);
