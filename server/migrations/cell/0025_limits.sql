-- Limits that differ for one provider from those of docs/reference/limits.md, and counters of the changes of each account.
-- The counters are unlogged: a crash of the server or a failover resets them.
-- Old code while this runs: neither reads nor writes them.  Locks: providers, for a moment.  Transaction: yes.

alter table providers add column limits jsonb not null default '{}';  -- {"endpoints-per-provider": 5000}

create unlogged table change_counters (
  provider_id bigint not null,
  account_id  bigint not null,
  ends_at     timestamptz not null,
  changes     integer not null,                      -- null is refused: that is how a change beyond the limit fails
  bytes       bigint not null,
  primary key (provider_id, account_id)
);
create index change_counters_ends_idx on change_counters (ends_at);
