-- Locks: bins and bin_requests are locked exclusively for the milliseconds of a column's addition, which rewrites nothing, and
--   bin_requests for writes while its index is built: at most 500 requests per bin.
-- Old code: answers with the default response and forwards nothing.
--
-- Bins as a workbench: names, rules for responses, forwarding, share links.

alter table bins
  add column name         text not null default '',
  add column answer_rules json not null default '[]',  -- the first rule that a request matches gives its response
  add column rule_counts  json not null default '[]',  -- per rule, the requests that it matched and answered
  add column forward_url  text;                        -- each new request is also sent there

alter table bin_requests
  add column answer_status   smallint,                 -- the bin's response; null in requests that old code stored
  add column answer_delay_ms integer,
  add column answer_rule     text,                     -- the rule that answered; null: the default response
  add column forward_due_at  timestamptz,              -- null: nothing to forward; while it is sent, the end of the lease
  add column forward_result  json;                     -- of the last time it was forwarded

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
