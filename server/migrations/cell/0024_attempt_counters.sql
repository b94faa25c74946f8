-- Counts sign-ins, sign-ups, wrong credentials and the like, for all processes on a database. Unlogged: a crash of the server
-- or a failover empties it, which gives everybody their attempts again and costs no write-ahead log.
-- Old code while this runs: counts in its own memory, as before.  Locks: a new table only.  Transaction: yes.

create unlogged table attempt_counters (
  digest   bytea primary key,                        -- sha-256 of the limit's name and of whom it is about: no addresses, no names
  attempts integer not null,
  ends_at  timestamptz not null
);
create index attempt_counters_ends_idx on attempt_counters (ends_at);
