-- Search: the class of each attempt, indexes for filters, prefixes of names, and saved views.
--
-- Locks: each `create index` holds a share lock on its table: readers continue, and writers wait until the index is built, about
--   four seconds for a million rows.
-- Old code: leaves `error_class` null, which counts as a connection error, and ignores the rest.
--
-- Lists are in the order of the event's id. An index for a filter therefore ends in that id, so that a page reads only the rows
-- that it shows. Deliveries and attempts have partial indexes for exceptions only: a delivery that succeeds quickly at its first
-- attempt adds an entry to none of them.

-- The kind of an attempt without a response. One with a response is classified by its status.
alter table attempts add column error_class text;        -- 'timeout', 'connection', 'tls', 'forbidden'; a check would read all rows

-- By the class of the outcome, as outcome-class.ts defines it.
create index attempts_failed_idx on attempts (
  provider_id,
  (case when status is null then coalesce(error_class, 'connection')
    when status < 300 then '2xx' when status < 400 then '3xx' when status < 500 then '4xx' else '5xx' end),
  event_id, endpoint_id, number
) where error is not null;
create index attempts_slow_idx on attempts (provider_id, event_id, endpoint_id, number, latency_ms) where latency_ms >= 100;
create index attempts_slowest_idx on attempts (provider_id, latency_ms, event_id, endpoint_id, number) where latency_ms >= 100;

create index deliveries_ended_idx on deliveries (provider_id, state, event_id, endpoint_id) where state <> 'delivered';
create index deliveries_retried_idx on deliveries (provider_id, event_id, endpoint_id) where attempts_made > 1;
create index deliveries_slow_idx on deliveries (provider_id, event_id, endpoint_id, first_latency_ms) where first_latency_ms >= 100;
create index deliveries_slowest_idx on deliveries (provider_id, first_latency_ms, event_id, endpoint_id)
  where first_latency_ms >= 100;

-- The pending deliveries of an endpoint, newest event first. The other indexes are in the order in which they are due.
create index due_endpoint_idx on due (endpoint_id, event_id);

create index events_type_idx on events (provider_id, type, id);
-- A channel is used by one or two kinds of actors, and a kind uses one or two channels, so one index serves both filters.
create index events_channel_idx on events (provider_id, channel, actor_kind, id);
create index events_actor_idx on events (provider_id, actor_user_id, id) where actor_user_id is not null;

-- Prefixes of names, compared by bytes: the database's collation has another order.
create index accounts_name_idx on accounts (provider_id, lower(org_name) text_pattern_ops);
create index applications_name_idx on applications (provider_id, lower(name) text_pattern_ops);
create index users_username_prefix_idx on users (provider_id, lower(username) text_pattern_ops);
create index users_email_prefix_idx on users (provider_id, lower(email) text_pattern_ops);

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
