-- Providers, their users, and the credentials of users and programs.
--
-- Every key of a provider-owned table starts with provider_id: rows can be moved or sharded by provider, and a statement that
-- omits the provider finds no index.

create table providers (
  id                  bigint primary key,            -- from the directory, unique over all cells
  name                text not null,
  subdomain           text not null unique,
  state               text not null default 'approved' check (state in ('approved', 'suspended', 'scheduled_for_deletion')),
  provider_key_digest bytea not null unique,
  time_zone           text not null default 'UTC',
  web_hooks           text not null default 'visible' check (web_hooks in ('denied', 'hidden', 'visible')),
  signups_enabled     boolean not null default true,
  email_activation    boolean,                       -- null: required if mail can be sent
  password_length_min smallint not null default 12 check (password_length_min between 8 and 100),
  event_source        text not null default '/',     -- the source of CloudEvents: the Admin Portal's address
  from_email          text,                          -- sender of mails; null: an address of the mail server's host
  support_email       text,
  finance_support_email text,
  site_access_code    text default substr(replace(gen_random_uuid()::text, '-', ''), 1, 10),
  user_account_area_enabled      boolean not null default true,
  hide_service                   boolean,
  public_search                  boolean not null default false,
  account_plans_ui_visible       boolean not null default false,
  change_account_plan_permission text not null default 'request'
    check (change_account_plan_permission in ('direct', 'request', 'credit_card', 'request_credit_card', 'none')),
  change_service_plan_permission text not null default 'request'
    check (change_service_plan_permission in ('direct', 'request', 'credit_card', 'request_credit_card', 'none')),
  enforce_sso                    boolean not null default false,
  created_at          timestamptz not null default now(),
  updated_at          timestamptz not null default now(),
  configuration_version uuid not null default gen_random_uuid(), -- changes with the provider's plans and fields definitions
  limits                jsonb not null default '{}', -- those that differ from docs/reference/limits.md: {"endpoints-per-provider": 5000}
  service_plans_ui_visible       boolean not null default false
);

create table provider_users (
  provider_id   bigint not null references providers on delete cascade,
  id            bigint unique default bellwire_directory.new_id(),
  username      text not null,
  email         text,
  password_hash text,                                -- null: cannot sign in until an admin sets one
  role          text not null default 'member' check (role in ('admin', 'member')),
  sections      text[] not null default '{}',
  state         text not null default 'active' check (state in ('pending', 'active', 'suspended')),
  created_at    timestamptz not null default now(),
  updated_at    timestamptz not null default now(),
  service_ids   bigint[],                            -- products that a member may see and change; null: all, future ones too
  notifications jsonb not null default '{}',         -- by mail, by name: only those that differ from the default, which may change
  primary key (provider_id, id)
);
create unique index provider_users_username_idx on provider_users (provider_id, lower(username));
create unique index provider_users_email_idx on provider_users (provider_id, lower(email));

create table access_tokens (
  provider_id bigint not null,
  id          bigint unique default bellwire_directory.new_id(),
  user_id     bigint not null,
  name        text not null,
  digest      bytea not null unique,                 -- SHA-256: the value has 384 random bits, so no salt is needed
  scopes      text[] not null,
  permission  text not null check (permission in ('ro', 'rw')),
  expires_at  timestamptz,
  created_at  timestamptz not null default now(),
  primary key (provider_id, id),
  foreign key (provider_id, user_id) references provider_users on delete cascade
);

-- One row per signed-in browser. `audience` separates the sessions of the two portals.
create table sessions (
  digest      bytea primary key,                     -- SHA-256 of the random id in the cookie
  provider_id bigint not null references providers on delete cascade,
  audience    text not null check (audience in ('developer', 'admin')),
  user_id     bigint not null,
  csrf_token  text not null,
  created_at  timestamptz not null default now(),
  expires_at  timestamptz not null
);
create index sessions_user_idx on sessions (provider_id, audience, user_id);
create index sessions_expires_idx on sessions (expires_at);

-- Filters of a page that a user of the Admin Portal has named.
create table saved_views (
  provider_id bigint not null,
  id          bigint unique default bellwire_directory.new_id(),
  user_id     bigint not null,
  page        text not null,
  name        text not null,
  query       text not null,                           -- the query string of the page
  created_at  timestamptz not null default now(),
  updated_at  timestamptz not null default now(),
  primary key (provider_id, id),
  foreign key (provider_id, user_id) references provider_users (provider_id, id) on delete cascade
);
create unique index saved_views_name_idx on saved_views (provider_id, user_id, page, lower(name));

-- Counts sign-ins, sign-ups, wrong credentials and the like, for all processes on a database. Unlogged: a crash of the server
-- or a failover empties it, which resets everybody's attempts and saves the write-ahead log.
create unlogged table attempt_counters (
  digest   bytea primary key,                        -- SHA-256 of the limit's name and its key: no addresses, no user names
  attempts integer not null,
  ends_at  timestamptz not null
);
create index attempt_counters_ends_idx on attempt_counters (ends_at);

create table audit_records (
  provider_id bigint not null,
  id          bigint default bellwire_directory.new_id(),
  at          timestamptz not null default clock_timestamp(),
  actor_kind  text not null,
  actor_id    bigint,
  action      text not null,
  subject     text not null,
  detail      jsonb not null default '{}',
  primary key (provider_id, id)
);
create index audit_records_at_idx on audit_records (at);

-- The application's role may insert audit records and update none. An action larger than a transaction (retry or delete every
-- failure) has one record with the count so far; the owner's function may raise that count, for a day.
create function raise_audit_count(its_provider_id bigint, its_id bigint, count_so_far bigint) returns void
  language sql security definer set search_path from current as $$
  update audit_records
  set detail = jsonb_set(detail, '{count}', to_jsonb(count_so_far))
  where provider_id = its_provider_id and id = its_id and at > now() - interval '1 day'
    and (detail ->> 'count')::bigint < count_so_far
$$;

-- The keys that encrypted something in this cell. A process without one of them refuses to start.
create table key_checks (
  key_id     bytea primary key,                        -- from a hash of the key
  sentinel   bytea not null,                           -- encrypted with the key
  created_at timestamptz not null default now()
);
