-- When deliveries to an endpoint began to fail for good, and when they got through again: what the provider's admins are
-- written about, once each.
-- Old code while this runs: there is none.  Locks: new tables only.  Transaction: yes.

create table outages (
  provider_id bigint not null references providers on delete cascade,
  endpoint_id bigint not null,
  began_at    timestamptz(3) not null,                 -- when the first delivery failed
  ended_at    timestamptz(3),                          -- null: it lasts
  primary key (provider_id, endpoint_id, began_at)
);
create unique index outages_open_idx on outages (endpoint_id) where ended_at is null;
