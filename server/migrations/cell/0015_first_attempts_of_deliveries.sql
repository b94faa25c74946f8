-- Nearly every delivery ends with its first attempt: the two become one row, which is written once and indexed once.
-- Old code while this runs: goes on, and does not show attempts that newer code has written.  Locks: deliveries, for a moment.
-- Transaction: yes.

-- All empty, unless the first attempt delivered. That attempt is then in no other place.
alter table deliveries
  add column first_at timestamp(3) with time zone,
  add column first_status smallint,
  add column first_latency_ms integer,
  add column first_headers json,
  add column first_body bytea,
  add column recorded_in bigint;

-- As attempts_feed_idx: those who follow the attempts look at the newest blocks.
create index deliveries_feed_idx on deliveries using brin (recorded_in) with (pages_per_range = 16, autosummarize = on);
