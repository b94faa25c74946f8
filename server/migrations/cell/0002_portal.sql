-- Products, plans, accounts, users, applications and keys: the objects of the portals and of the Account Management API.

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

-- Every event increments last_sequence: with free space on the page, the update writes no index.
create table accounts (
  provider_id                 bigint not null references providers on delete cascade,
  id                          bigint unique default bellwire_directory.new_id(),
  org_name                    text not null,
  state                       text not null default 'created'
                              check (state in ('created', 'pending', 'approved', 'rejected', 'suspended', 'scheduled_for_deletion')),
  state_changed_at            timestamptz not null default now(),
  deletion_at                 timestamptz,
  plan_id                     bigint not null,
  annotations                 jsonb not null default '{}',
  fields                      jsonb not null default '{}', -- optional and extra fields by name: a text or a list of texts
  monthly_billing_enabled     boolean not null default true,
  monthly_charging_enabled    boolean not null default true,
  credit_card_partial_number  text,
  credit_card_expires_on      date,
  credit_card_token           text,
  created_at                  timestamptz not null default now(),
  updated_at                  timestamptz not null default now(),
  last_sequence               bigint not null default 0,   -- of the account's events; the row lock keeps it free of gaps
  primary key (provider_id, id),
  foreign key (provider_id, plan_id) references plans
) with (fillfactor = 70);
create index accounts_plan_idx on accounts (provider_id, plan_id);

create table service_subscriptions (
  provider_id bigint not null,
  id          bigint unique default bellwire_directory.new_id(),
  account_id  bigint not null,
  product_id  bigint not null,
  plan_id     bigint not null,
  state       text not null default 'live' check (state in ('pending', 'live', 'suspended')),
  created_at  timestamptz not null default now(),
  updated_at  timestamptz not null default now(),
  primary key (provider_id, id),
  unique (provider_id, account_id, product_id),
  foreign key (provider_id, account_id) references accounts on delete cascade,
  foreign key (provider_id, product_id) references products,
  foreign key (provider_id, plan_id) references plans
);
create index service_subscriptions_product_idx on service_subscriptions (provider_id, product_id);
create index service_subscriptions_plan_idx on service_subscriptions (provider_id, plan_id);

create table users (
  provider_id     bigint not null,
  id              bigint unique default bellwire_directory.new_id(),
  account_id      bigint not null,
  username        text not null,
  email           text,
  password_hash   text,                              -- null: signed up without a password; cannot sign in yet
  role            text not null default 'member' check (role in ('admin', 'member')),
  state           text not null default 'pending' check (state in ('pending', 'active', 'suspended', 'email_unverified')),
  activation_code_digest bytea unique,
  activated_at    timestamptz,
  lost_password_digest   bytea unique,               -- of the link that sets a new password, valid until:
  lost_password_until    timestamptz,
  cas_identifier  text,
  open_id         text,
  fields          jsonb not null default '{}',
  created_at      timestamptz not null default now(),
  updated_at      timestamptz not null default now(),
  activation_until timestamptz default now() + interval '14 days', -- when the activation link expires
  primary key (provider_id, id),
  foreign key (provider_id, account_id) references accounts on delete cascade
);
create unique index users_username_idx on users (provider_id, lower(username));
create unique index users_email_idx on users (provider_id, lower(email));
create index users_account_idx on users (provider_id, account_id, id);

create table applications (
  provider_id               bigint not null,
  id                        bigint unique default bellwire_directory.new_id(),
  account_id                bigint not null,
  product_id                bigint not null,
  plan_id                   bigint not null,
  name                      text,
  description               text,
  state                     text not null default 'live' check (state in ('pending', 'live', 'suspended')),
  user_key                  text not null,
  application_id            text not null,
  provider_verification_key text not null,
  redirect_url              text,
  create_origin             text,
  first_traffic_at          timestamptz,
  first_daily_traffic_at    timestamptz,
  fields                    jsonb not null default '{}',
  created_at                timestamptz not null default now(),
  updated_at                timestamptz not null default now(),
  accepted_at               timestamptz,
  primary key (provider_id, id),
  foreign key (provider_id, account_id) references accounts on delete cascade,
  foreign key (provider_id, product_id) references products,
  foreign key (provider_id, plan_id) references plans
);
create index applications_account_idx on applications (provider_id, account_id, id);
create index applications_product_idx on applications (provider_id, product_id, account_id, id);
create index applications_plan_idx on applications (provider_id, plan_id, id);
create unique index applications_user_key_idx on applications (provider_id, user_key, product_id);
create unique index applications_application_id_idx on applications (provider_id, application_id, product_id);

create table application_keys (
  provider_id    bigint not null,
  application_id bigint not null,
  value          text not null,
  created_at     timestamptz not null default now(),
  updated_at     timestamptz not null default now(),
  primary key (provider_id, application_id, value),
  foreign key (provider_id, application_id) references applications on delete cascade
);
create unique index application_keys_value_idx on application_keys (provider_id, application_id, lower(value));

create table referrer_filters (
  provider_id    bigint not null,
  id             bigint unique default bellwire_directory.new_id(),
  application_id bigint not null,
  value          text not null,
  created_at     timestamptz not null default now(),
  updated_at     timestamptz not null default now(),
  primary key (provider_id, id),
  unique (provider_id, application_id, value),
  foreign key (provider_id, application_id) references applications on delete cascade
);

create table invitations (
  provider_id bigint not null,
  id          bigint unique default bellwire_directory.new_id(),
  account_id  bigint not null,
  email       text not null,
  code_digest bytea not null unique,                 -- of the code in the mailed link
  sent_at     timestamptz not null,                  -- most recently
  accepted_at timestamptz,
  created_at  timestamptz not null default now(),
  primary key (provider_id, id),
  foreign key (provider_id, account_id) references accounts on delete cascade
);
create unique index invitations_email_idx on invitations (provider_id, account_id, lower(email)) where accepted_at is null;

-- An account plan that a developer requests where the provider decides. Deleted with the decision.
create table account_plan_requests (
  provider_id bigint not null,
  account_id  bigint not null,
  plan_id     bigint not null,
  user_id     bigint,                                -- the requester, who may have been deleted since
  created_at  timestamptz not null default now(),
  primary key (provider_id, account_id),
  foreign key (provider_id, account_id) references accounts on delete cascade,
  foreign key (provider_id, plan_id) references plans on delete cascade
);
create index account_plan_requests_plan_idx on account_plan_requests (provider_id, plan_id);

-- The same for application plans.
create table plan_requests (
  provider_id    bigint not null,
  application_id bigint not null,
  plan_id        bigint not null,
  user_id        bigint,
  created_at     timestamptz not null default now(),
  primary key (provider_id, application_id),
  foreign key (provider_id, application_id) references applications on delete cascade,
  foreign key (provider_id, plan_id) references plans on delete cascade
);
create index plan_requests_plan_idx on plan_requests (provider_id, plan_id);

-- Changes of an account in the current window. Unlogged: a crash of the server or a failover resets them.
create unlogged table change_counters (
  provider_id bigint not null,
  account_id  bigint not null,
  ends_at     timestamptz not null,
  changes     integer not null,                      -- a change beyond the limit writes null here and fails
  bytes       bigint not null,
  primary key (provider_id, account_id)
);
create index change_counters_ends_idx on change_counters (ends_at);

-- The outbox. Without a mail server, mails stay here to be read in the Admin Portal.
create table mails (
  provider_id   bigint not null references providers on delete cascade,
  id            bigint default bellwire_directory.new_id(),
  recipient     text not null,
  subject       text not null,
  text          text not null,
  created_at    timestamptz not null default now(),
  sent_at       timestamptz,
  due_at        timestamptz not null default now(),  -- of the next attempt; an attempt in progress has moved it ahead
  attempts_made smallint not null default 0,
  last_error    text,
  secret_link   text,                                -- the link in the text that grants access; null once it is removed
  primary key (provider_id, id)
);
create index mails_due_idx on mails (due_at) where sent_at is null;
create index mails_created_idx on mails (created_at);
