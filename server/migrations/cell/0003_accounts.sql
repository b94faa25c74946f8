-- Accounts with their subscriptions, users, applications and keys, and what the provider and its developers write to each other.

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
  -- The feed is ordered by the transactions that recorded its events. A transaction gets its number with its first write or row lock, so
  -- one that then waits for an account has a smaller number than the one that it waits for. Its events follow those all the same: they are
  -- recorded under this number, that of the account's last event, if it is larger.
  last_recorded_in            bigint not null default 0,
  -- The history of an object is in the order of its events' ids, and an id has the time of its request. A request that waited for the
  -- account while another process changed it would get the lower id, so the next event's id is higher than this one, the last.
  last_event_id               uuid not null default '00000000-0000-0000-0000-000000000000',
  primary key (provider_id, id),
  foreign key (provider_id, plan_id) references plans
) with (fillfactor = 70);
create index accounts_plan_idx on accounts (provider_id, plan_id);
-- Sign-ups over time.
create index accounts_created_idx on accounts (provider_id, created_at);
-- The Admin Portal counts what waits for approval on each visit, and lists what is suspended or rejected. Almost all accounts are
-- approved, so a sign-up adds no entry.
create index accounts_state_idx on accounts (provider_id, state, id) where state <> 'approved';
-- Prefixes of names, here and below, compared by bytes: the database's collation has another order.
create index accounts_name_idx on accounts (provider_id, lower(org_name) text_pattern_ops);

create table service_subscriptions (
  provider_id bigint not null,
  id          bigint unique default bellwire_directory.new_id(),
  account_id  bigint not null,
  product_id  bigint not null,
  plan_id     bigint not null,
  state       text not null default 'live' check (state in ('pending', 'live', 'suspended')),
  created_at  timestamptz not null default now(),
  updated_at  timestamptz not null default now(),
  accepted_at timestamptz,                           -- the time of a later approval, as in 3scale; null: live from the start
  -- A service plan that a developer requests where the provider decides. Cleared with the decision.
  requested_plan_id bigint,
  requested_by      bigint,                          -- the requester, who may have been deleted since
  requested_at      timestamptz,
  primary key (provider_id, id),
  unique (provider_id, account_id, product_id),
  foreign key (provider_id, account_id) references accounts on delete cascade,
  foreign key (provider_id, product_id) references products,
  foreign key (provider_id, plan_id) references plans,
  foreign key (provider_id, requested_plan_id) references plans on delete set null (requested_plan_id)
);
create index service_subscriptions_product_idx on service_subscriptions (provider_id, product_id);
create index service_subscriptions_plan_idx on service_subscriptions (provider_id, plan_id);
create index service_subscriptions_requests_idx on service_subscriptions (provider_id, requested_plan_id) where requested_plan_id is not null;
-- Admins see the subscriptions that wait for their approval, oldest first.
create index service_subscriptions_pending_idx on service_subscriptions (provider_id, created_at, id)
  where state = 'pending';

create table users (
  provider_id     bigint not null,
  id              bigint unique default bellwire_directory.new_id(),
  account_id      bigint not null,
  username        text not null,
  email           text,
  confirmed_email text,                              -- the address whose mailbox its user has proved to read
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
create index users_username_prefix_idx on users (provider_id, lower(username) text_pattern_ops);
create index users_email_prefix_idx on users (provider_id, lower(email) text_pattern_ops);

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
create index applications_created_idx on applications (provider_id, created_at);
create index applications_state_idx on applications (provider_id, state, id) where state <> 'live';
create index applications_name_idx on applications (provider_id, lower(name) text_pattern_ops);
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

-- Messages between the provider and its accounts. Each side deletes a message for itself; the second deletion removes the row.
create table messages (
  provider_id      bigint not null,
  id               bigint unique default bellwire_directory.new_id(),
  account_id       bigint not null,
  sender           text not null check (sender in ('provider', 'account')),
  user_id          bigint,                             -- of the sender; null for a program with the provider key
  subject          text not null,
  body             text,
  read_at          timestamptz,                        -- by the other side
  kept_by_provider boolean not null default true,
  kept_by_account  boolean not null default true,
  created_at       timestamptz not null default now(),
  primary key (provider_id, id),
  foreign key (provider_id, account_id) references accounts on delete cascade
);
create index messages_account_idx on messages (provider_id, account_id, created_at, id);
-- The provider's lists: unread messages first, then the newest.
create index messages_provider_idx on messages (provider_id, sender, (sender = 'account' and read_at is null), created_at, id)
  where kept_by_provider;
-- Counted for each page of a developer.
create index messages_unread_idx on messages (provider_id, account_id)
  where sender = 'provider' and read_at is null and kept_by_account;

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
  account_id    bigint,                              -- null: about no account
  primary key (provider_id, id)
);
create index mails_due_idx on mails (due_at) where sent_at is null;
create index mails_created_idx on mails (created_at);
