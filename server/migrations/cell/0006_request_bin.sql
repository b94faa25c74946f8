-- Request bins: built-in receivers that show the requests they received.

create table bins (
  provider_id     bigint not null references providers on delete cascade,
  id              text not null unique,               -- 130 random bits: knowing it is the right to send to the bin
  answer_status   smallint not null default 200 check (answer_status between 200 and 599),
  answer_delay_ms integer not null default 0 check (answer_delay_ms between 0 and 120000),
  requests_caught integer not null default 0,         -- numbers the requests, deleted ones too
  created_at      timestamptz not null default now(),
  view_key        text not null default replace(gen_random_uuid()::text, '-', ''), -- knowing it is the right to view the requests
  bytes_caught    bigint not null default 0,          -- of all requests, deleted ones too
  allowance       bigint not null default 16777216,   -- token bucket: bytes that the bin may take at allowance_at
  allowance_at    timestamptz not null default now(),
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
  primary key (provider_id, bin_id, number),
  foreign key (provider_id, bin_id) references bins on delete cascade
) with (
  autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 100, autovacuum_vacuum_insert_threshold = -1,
  autovacuum_vacuum_cost_delay = 0,
  toast.autovacuum_vacuum_scale_factor = 0, toast.autovacuum_vacuum_threshold = 1000,
  toast.autovacuum_vacuum_insert_threshold = -1, toast.autovacuum_vacuum_cost_delay = 0);
