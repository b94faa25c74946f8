-- Locks: none.
-- Old code: works unchanged, and ignores the keys of requests.

-- Requests of the APIs that have changed something, by the key of their Idempotency-Key header. A row is written in the transaction of
-- its change, so it exists if and only if the change was made. Without a foreign key: the insert is the first statement of a transaction,
-- and would lock the provider before what the change locks.
create table idempotency_keys (
  provider_id  bigint not null,
  caller       text not null,                        -- the actor: a key belongs to a user, or to the provider key
  key          text not null,
  digest       bytea not null,                       -- SHA-256 of the method, the URL and the body
  recorded_at  timestamptz not null default now(),
  response     bytea,                                -- encrypted; null until it is known, if it is too long, and once it is forgotten
  primary key (provider_id, caller, key)
);
create index idempotency_keys_recorded_idx on idempotency_keys (recorded_at);
