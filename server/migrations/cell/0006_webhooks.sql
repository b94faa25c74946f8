-- Endpoints, events, deliveries, attempts, failures, and the lanes that engines own.
--
-- The live tables are small and not partitioned: `due` has a row for each delivery that has not ended, `lanes` one for each
-- endpoint, `engines` one for each process that delivers. The history (events, payloads, deliveries, attempts) is written once
-- and partitioned by the event's UUIDv7, so that a day of all four is dropped together. No foreign key leads from the live
-- tables or the history to endpoints: each recorded event would lock the rows that engines update.

create table endpoints (
  provider_id           bigint not null references providers on delete cascade,
  id                    bigint unique default bellwire_directory.new_id(),
  name                  text not null,
  description           text,
  url                   bytea,                         -- encrypted: its query may hold a secret; null: erased
  url_masked            text not null,                 -- for pages, logs and the stream: without the values of the query
  active                boolean not null default true,
  event_types           text[] not null default '{}',  -- 'account.created', …; '*' is all
  provider_actions      boolean not null default false,
  all_actors            boolean not null default false,
  format                text not null default '3scale' check (format in
    ('3scale', 'json', 'cloudevents', 'cloudevents-binary', 'chat', 'chat-discord', 'chat-teams')),
  headers               bytea,                         -- encrypted JSON object
  secret                bytea,                         -- encrypted; null: erased
  previous_secret       bytea,                         -- encrypted; also signs until previous_secret_until
  previous_secret_until timestamptz,
  retry_waits_seconds   integer[] not null,
  success               text not null default '200' check (success in ('200', '200-207', '2xx')),
  timeout_seconds       smallint not null default 60 check (timeout_seconds between 1 and 60),
  max_in_flight         integer check (max_in_flight between 1 and 1000),
  max_per_second        integer check (max_per_second between 1 and 100000),
  ordering              text not null default 'none' check (ordering in ('none', 'object', 'account')),
  include_credentials   boolean not null default false,
  state                 text not null default 'enabled' check (state in ('enabled', 'paused', 'disabled')),
  disabled_reason       text,
  version               bigint not null default 1,     -- counts changes: an engine reads the endpoint again when it differs
  created_at            timestamptz not null default now(),
  updated_at            timestamptz not null default now(),
  deleted_at            timestamptz,                   -- the row stays, because the history shows its name
  primary key (provider_id, id),
  -- Once its deletion can no longer be undone, an endpoint keeps only what its history and statistics show.
  constraint endpoints_erased_check check (case when deleted_at is null then num_nulls(url, secret) = 0 else true end)
);
create unique index endpoints_name_idx on endpoints (provider_id, name) where deleted_at is null;
-- Finds recently deleted endpoints: their events are recorded and held until the deletion can no longer be undone.
create index endpoints_deleted_idx on endpoints (provider_id, deleted_at) where deleted_at is not null;
create index endpoints_unerased_idx on endpoints (deleted_at) where deleted_at is not null and secret is not null;

-- The settings that requests were made with, one row for each version of an endpoint that an engine has loaded. URL, headers
-- and secrets change, and the history must show the ones that were used.
create table sent_settings (
  provider_id     bigint not null references providers on delete cascade,
  id              bigint unique default bellwire_directory.new_id(),
  endpoint_id     bigint not null,
  version         bigint not null,                     -- of the endpoint
  url             bytea not null,                      -- encrypted, as are the next three: copies of the endpoint's columns
  headers         bytea,
  secret          bytea not null,
  previous_secret bytea,                               -- null unless it signed too
  event_source    text not null,                       -- the provider's, for CloudEvents
  user_agent      text not null,                       -- of the process that sends
  recorded_at     timestamptz(3) not null default clock_timestamp(),
  primary key (provider_id, id)
);
create unique index sent_settings_version_idx
  on sent_settings (provider_id, endpoint_id, version, user_agent, event_source, (previous_secret is null));

-- Actor and channel have no check: PostgreSQL parses it for each statement, 5 % of the cost of a change, and only one statement
-- writes them, from typed values.
create table events (
  provider_id      bigint not null,
  id               uuid not null,                      -- UUIDv7, made when the event is recorded
  type             text not null,
  action           text not null,
  object_id        bigint not null,
  account_id       bigint not null,
  account_name     text not null,                      -- the account's org_name at that time
  sequence         bigint not null,                    -- without gaps in its account
  actor_kind       text not null,
  actor_user_id    bigint,
  channel          text not null,
  occurred_at      timestamptz(3) not null,
  document         json not null,                      -- json, not jsonb: the order of fields is part of the contract
  key              json,                               -- of events about a key: the key
  previous         json,                               -- of updates: changed fields with their previous values
  renderer_version smallint not null,
  withheld         jsonb not null default '{}',        -- endpoint id -> the gate that kept this event from it
  recorded_in      bigint not null default transaction_number(), -- readers stop below the oldest transaction still running
  erased_at        timestamptz(3),                     -- of the personal data in the document
  primary key (provider_id, id)
) partition by range (id);
create index events_feed_idx on events (provider_id, recorded_in, id);
create index events_account_idx on events (provider_id, account_id, id);
-- The events of one account, user or application, newest first, and the version before an event.
create index events_object_idx on events (provider_id, object_id, id);
-- Lists are in the order of the event's id. An index for a filter, here and below, therefore ends in that id, so that a page reads only
-- the rows that it shows. Deliveries and attempts have partial indexes for exceptions only: a delivery that succeeds quickly at its
-- first attempt adds an entry to none of them.
create index events_type_idx on events (provider_id, type, id);
-- A channel is used by one or two kinds of actors, and a kind uses one or two channels, so one index serves both filters.
create index events_channel_idx on events (provider_id, channel, actor_kind, id);
create index events_actor_idx on events (provider_id, actor_user_id, id) where actor_user_id is not null;

create table payloads (
  provider_id bigint not null,
  event_id    uuid not null,
  format      text not null,
  body        bytea not null,                          -- the bytes that are signed and sent, the same in every attempt
  context     json not null,                           -- what headers say about the event, so that sending reads one row
  primary key (provider_id, event_id, format)
) partition by range (event_id);

-- Deliveries that have not ended. Updated for each retry, deleted at the end.
create table due (
  endpoint_id   bigint not null,
  event_id      uuid not null,
  provider_id   bigint not null,
  due_at        timestamptz not null default clock_timestamp(),
  attempts_made smallint not null default 0,
  round_start   smallint not null default 0,           -- attempts made before the current round of retries
  replay        smallint not null default 0,           -- number of manual retries and replays
  format        text not null,
  -- Deliveries of one endpoint with the same key are sent one at a time, by sequence: 'account/31'; null: no order.
  -- The first of a key is due; the others wait with due_at = infinity until it has ended.
  ordering_key  text,
  sequence      bigint not null,                       -- the event's, in its account
  -- When it was last made due by a request; null: never. A retry during the last attempt of a round begins a new round. A due time
  -- cannot show it: that of a delivery behind others in its order also changes when the one before it ends.
  retried_at    timestamptz,
  primary key (event_id, endpoint_id)
) with (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000);
-- The due deliveries of one lane in order: its owner reads them from a cursor.
create index due_lane_idx on due (endpoint_id, due_at, event_id);
-- The first delivery of an ordering key, and the next: read and locked when one is recorded and when one ends.
create index due_order_idx on due (endpoint_id, ordering_key, sequence) where ordering_key is not null;
-- The pending deliveries of an endpoint, newest event first, and its oldest undelivered event. The other indexes are in the order in
-- which deliveries are due.
create index due_endpoint_idx on due (endpoint_id, event_id);

-- How a delivery ended. A delivery that is still due has no row here, or the row of an earlier end. Nearly every delivery ends
-- with its first attempt: the first_… columns hold an attempt that delivered, instead of a row of `attempts`.
create table deliveries (
  provider_id     bigint not null,
  event_id        uuid not null,
  endpoint_id     bigint not null,
  state           text not null check (state in ('delivered', 'failed', 'cancelled')),
  attempts_made   smallint not null,
  replay          smallint not null default 0,
  format          text not null,                       -- of the bytes that were sent, and would be sent again
  ended_at        timestamptz not null default clock_timestamp(),
  first_at        timestamptz(3),
  first_status    smallint,
  first_latency_ms integer,
  first_headers   json,
  first_body      bytea,
  first_settings_id bigint,                            -- these two as in attempts
  first_trace     bytea,
  recorded_in     bigint,
  primary key (provider_id, event_id, endpoint_id)
) partition by range (event_id);
create index deliveries_endpoint_idx on deliveries (provider_id, endpoint_id, event_id);
create index deliveries_feed_idx on deliveries using brin (recorded_in) with (pages_per_range = 16, autosummarize = on);
create index deliveries_ended_idx on deliveries (provider_id, state, event_id, endpoint_id) where state <> 'delivered';
create index deliveries_retried_idx on deliveries (provider_id, event_id, endpoint_id) where attempts_made > 1;
create index deliveries_slow_idx on deliveries (provider_id, event_id, endpoint_id, first_latency_ms) where first_latency_ms >= 100;

create table attempts (
  provider_id      bigint not null,
  event_id         uuid not null,
  endpoint_id      bigint not null,
  number           smallint not null,
  at               timestamptz(3) not null,            -- when it was sent
  status           smallint,                           -- null: no response
  error            text,                               -- null: delivered
  -- The kind of an attempt without a response: 'timeout', 'connection', 'tls', 'forbidden'. One with a response is classified by its status.
  error_class      text,
  latency_ms       integer not null,
  response_headers json,
  response_body    bytea,                              -- its first 64 KiB at most
  settings_id      bigint,                             -- of sent_settings
  trace            bytea,                              -- phases, connection and bytes in the form of attempt-trace.ts: some 35 bytes
  recorded_in      bigint not null default transaction_number(),
  primary key (provider_id, event_id, endpoint_id, number)
) partition by range (event_id);
-- Rows are in the order of their transactions, so a block range index finds the newest at nearly no cost.
create index attempts_feed_idx on attempts using brin (recorded_in) with (pages_per_range = 16, autosummarize = on);
-- By the class of the outcome, as outcome-class.ts defines it.
create index attempts_failed_idx on attempts (
  provider_id,
  (case when status is null then coalesce(error_class, 'connection')
    when status < 300 then '2xx' when status < 400 then '3xx' when status < 500 then '4xx' else '5xx' end),
  event_id, endpoint_id, number
) where error is not null;
create index attempts_slow_idx on attempts (provider_id, event_id, endpoint_id, number, latency_ms) where latency_ms >= 100;

-- The failure list: deliveries without attempts left, until they are retried or deleted. Not partitioned: they outlive the
-- history.
create table failures (
  provider_id bigint not null,
  endpoint_id bigint not null,
  event_id    uuid not null,
  failed_at   timestamptz(3) not null default clock_timestamp(),
  error       text not null,
  url         bytea not null,                          -- encrypted: the URL of the last attempt
  primary key (provider_id, endpoint_id, event_id)
);
create index failures_list_idx on failures (provider_id, endpoint_id, failed_at, event_id);
-- The list over all endpoints of a provider, by age: without it, each page would read and sort them all.
create index failures_age_idx on failures (provider_id, failed_at, event_id, endpoint_id);
-- The failures of one day over all providers, for retention.
create index failures_event_idx on failures (event_id);

create table engines (
  id         uuid primary key,
  started_at timestamptz not null default clock_timestamp(),
  beat_at    timestamptz not null default clock_timestamp(),
  asked      bigint not null default 0,                -- numbers the engine's claims: a late one, after a newer one, gets no lanes
  process    text,                                     -- its process: an engine on the same machine sees at once that it died
  -- The number of database switches when the engine registered. After a failover that lost commits, an engine remembers lanes
  -- and deliveries that are back: it must restart.
  switches   bigint not null default 0,
  -- It waits for its last attempts and claims no more lanes: the others divide all free lanes among themselves.
  stopping   boolean not null default false
);

-- Ownership of endpoints. A row is written when the lane changes hands, never for a delivery.
create table lanes (
  endpoint_id bigint primary key,
  provider_id bigint not null,
  owner       uuid,                                    -- an engine
  epoch       bigint not null default 0,               -- counts owners: a settle under an older epoch does nothing
  not_before  timestamptz,                             -- the lane is paused until then
  lifts       integer not null default 0,              -- counts manual ends of a pause
  unanswered  integer not null default 0,              -- attempts in a row without a response, at the last release
  failing_since   timestamptz,                         -- the first failure since the last success, at the last release
  failed_attempts integer not null default 0,          -- failed attempts since then
  rate_until      timestamptz,                         -- sends of the previous owner count against max_per_second until then
  created_in  bigint not null default transaction_number() -- attempts of a new lane begin after this transaction
) with (fillfactor = 70);
create index lanes_owner_idx on lanes (owner) where owner is not null;

-- Jobs that resend the events of a time range to one endpoint, in batches, on whichever engine process is free.
create table replays (
  provider_id bigint not null references providers on delete cascade,
  id          bigint unique default bellwire_directory.new_id(),
  endpoint_id bigint not null,
  since       timestamptz(3) not null,                 -- of the events, inclusive
  until       timestamptz(3) not null,                 -- exclusive
  event_types text[],                                  -- null: all
  kind        text not null check (kind in ('failed', 'missing', 'all')),
  last_event  uuid not null,                           -- progress: events up to this id are done
  failed      bigint not null default 0,               -- deliveries made due so far, by their state before
  missing     bigint not null default 0,
  delivered   bigint not null default 0,
  given_up    bigint not null default 0,
  created_at  timestamptz(3) not null default clock_timestamp(),
  worked_at   timestamptz(3) not null default clock_timestamp(), -- the replay that has waited longest is next
  finished_at timestamptz(3),
  state       text not null default 'running' check (state in ('running', 'done', 'cancelled')),
  -- Work begins when every transaction that ran at its creation has ended, so that no event is missed.
  recorded_in bigint not null default transaction_number(),
  primary key (provider_id, id)
);
create index replays_running_idx on replays (worked_at) where finished_at is null;
-- One at a time per endpoint: two would send everything twice.
create unique index replays_endpoint_idx on replays (endpoint_id) where finished_at is null;
create index replays_finished_idx on replays (finished_at) where finished_at is not null;
