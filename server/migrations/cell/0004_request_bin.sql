-- Bins: built-in receivers that show what they caught.
-- Old code while this runs: there is none.  Locks: new tables only.  Transaction: yes.

create table bins (
  provider_id     bigint not null references providers on delete cascade,
  id              text not null unique,               -- 130 random bits: who knows it may look in and write to it
  answer_status   smallint not null default 200 check (answer_status between 200 and 599),
  answer_delay_ms integer not null default 0 check (answer_delay_ms between 0 and 120000),
  requests_caught integer not null default 0,         -- numbers the requests, also those that are no longer kept
  created_at      timestamptz not null default now(),
  primary key (provider_id, id)
);

create table bin_requests (
  provider_id bigint not null,
  bin_id      text not null,
  number      integer not null,                       -- 1, 2, 3 … in the order of commits, so that a cursor skips nothing
  received_at timestamptz(3) not null default clock_timestamp(),
  method      text not null,
  path        text not null,
  query       text not null,
  headers     json not null,                          -- [[name, value], …] as they came
  body        bytea not null,
  primary key (provider_id, bin_id, number),
  foreign key (provider_id, bin_id) references bins on delete cascade
);
