-- Alerts about endpoints.

-- A rule of one endpoint replaces the provider's rule of its kind.
create table alert_rules (
  provider_id       bigint not null references providers on delete cascade,
  id                bigint unique default bellwire_directory.new_id(),
  endpoint_id       bigint,                            -- null: all endpoints of the provider
  kind              text not null check (kind in ('success_rate', 'latency_p95', 'oldest_waiting', 'certificate', 'disabled', 'exhausted')),
  threshold         double precision,                  -- null for disabled and exhausted, which are there or not
  clear_threshold   double precision,
  for_seconds       integer not null check (for_seconds between 0 and 86400),
  clear_for_seconds integer not null check (clear_for_seconds between 0 and 86400),
  min_attempts      integer not null check (min_attempts between 1 and 1000000),
  is_enabled        boolean not null default true,
  by_mail           boolean not null default true,
  created_at        timestamptz not null default now(),
  updated_at        timestamptz not null default now(),
  primary key (provider_id, id)
);
create unique index alert_rules_scope_idx on alert_rules (provider_id, kind, coalesce(endpoint_id, 0));

-- A row from the first moment of a problem on. An alert that never opened is deleted, a closed one stays for the retention.
create table alerts (
  provider_id bigint not null references providers on delete cascade,
  id          bigint unique default bellwire_directory.new_id(),
  endpoint_id bigint not null,
  kind        text not null,
  state       text not null check (state in ('pending', 'open', 'clearing', 'closed')),
  since       timestamptz(3) not null,                 -- of the state
  opened_at   timestamptz(3),
  closed_at   timestamptz(3),
  value       double precision,                        -- at the last evaluation that knew it
  threshold   double precision,
  sentence    text not null,
  notified_at timestamptz(3),                          -- null: admins are to be notified, unless it is muted
  is_muted    boolean not null default false,
  muted_until timestamptz(3),                          -- null: until it closes
  muted_by_user_id bigint,                             -- of the Admin Portal: colleagues see who takes care of the problem
  primary key (provider_id, id)
);
create unique index alerts_current_idx on alerts (provider_id, endpoint_id, kind) where state <> 'closed';
create index alerts_closed_idx on alerts (closed_at) where state = 'closed';

-- When each provider's alerts were last evaluated. Whoever locks the row evaluates them.
create table alert_schedules (
  provider_id   bigint primary key references providers on delete cascade,
  evaluated_at  timestamptz not null default '-infinity',
  last_sequence bigint not null default 0              -- numbers events about endpoints, which belong to no account
) with (fillfactor = 70);
create index alert_schedules_due_idx on alert_schedules (evaluated_at);
