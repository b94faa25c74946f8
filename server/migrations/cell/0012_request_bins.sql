-- Request bins: built-in receivers that show the requests they received, answer by rules and forward.

create table bins (
  provider_id     bigint not null references providers on delete cascade,
  id              text not null unique,               -- 130 random bits: knowing it is the right to send to the bin
  name            text not null default '',
  answer_status   smallint not null default 200 check (answer_status between 200 and 599),
  answer_delay_ms integer not null default 0 check (answer_delay_ms between 0 and 120000),
  requests_caught integer not null default 0,         -- numbers the requests, deleted ones too
  created_at      timestamptz not null default now(),
  view_key        text not null default replace(gen_random_uuid()::text, '-', ''), -- knowing it is the right to view the requests
  bytes_caught    bigint not null default 0,          -- of all requests, deleted ones too
  allowance       bigint not null default 16777216,   -- token bucket: bytes that the bin may take at allowance_at
  allowance_at    timestamptz not null default now(),
  answer_rules    json not null default '[]',         -- the first rule that a request matches gives its response
  rule_counts     json not null default '[]',         -- per rule, the requests that it matched and answered
  forward_url     text,                               -- each new request is also sent there
  primary key (provider_id, id)
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);

-- Bodies are stored uncompressed: the first bytes of a compressed value cannot be read without the rest. Every request soon
-- becomes a dead row, so vacuum runs often enough to reuse their space before the files grow much.
create table bin_requests (
  provider_id bigint not null,
  bin_id      text not null,
  number      integer not null,                       -- 1, 2, 3 … in the order of commits, so a cursor skips nothing
  received_at timestamptz(3) not null default clock_timestamp(),
  method      text not null,
  path        text not null,
  query       text not null,
  headers     json not null,                          -- [[name, value], …] as received
  body        bytea storage external not null,
  size        integer not null default 0,             -- bytes that count against the bin
  ends_at     bigint not null default 0,              -- bins.bytes_caught after this request
  answer_status   smallint,                           -- the bin's response
  answer_delay_ms integer,
  answer_rule     text,                               -- the rule that answered; null: the default response
  forward_due_at  timestamptz,                        -- null: nothing to forward; while it is sent, the end of the lease
  forward_result  json,                               -- of the last time it was forwarded
  primary key (provider_id, bin_id, number),
  foreign key (provider_id, bin_id) references bins on delete cascade
) with (
  autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 100, autovacuum_vacuum_insert_threshold = -1,
  autovacuum_vacuum_cost_delay = 0,
  toast.autovacuum_vacuum_scale_factor = 0, toast.autovacuum_vacuum_threshold = 1000,
  toast.autovacuum_vacuum_insert_threshold = -1, toast.autovacuum_vacuum_cost_delay = 0);
create index bin_requests_forward on bin_requests (forward_due_at) where forward_due_at is not null;

-- Links that show a bin's requests until they expire.
create table bin_shares (
  provider_id bigint not null,
  bin_id      text not null,
  id          bigint not null default bellwire_directory.new_id(),
  digest      bytea not null,                          -- SHA-256 of the link's secret
  created_at  timestamptz(3) not null default now(),
  expires_at  timestamptz(3) not null,
  primary key (provider_id, bin_id, id),
  foreign key (provider_id, bin_id) references bins on delete cascade
);
