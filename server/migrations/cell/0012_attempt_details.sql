-- Locks: an exclusive lock on attempts and deliveries with their partitions for the milliseconds of the column additions, which
--   rewrite nothing.
-- Old code: leaves the columns null, so the request of such an attempt is not known.
--
-- Measurements of each attempt, and the settings that its request was made with.

-- Times of the phases, connection and bytes, in the form of attempt-trace.ts: some 35 bytes.
alter table attempts add column settings_id bigint, add column trace bytea;
alter table deliveries add column first_settings_id bigint, add column first_trace bytea;

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
