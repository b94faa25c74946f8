-- Another account plan that a developer asks for, where the provider decides. Gone once it is decided.
-- Old code while this runs: changes account plans and leaves what was asked for.  Locks: new table only.  Transaction: yes.

create table account_plan_requests (
  provider_id bigint not null,
  account_id  bigint not null,
  plan_id     bigint not null,
  user_id     bigint,                                -- who asks; the user may be gone by now
  created_at  timestamptz not null default now(),
  primary key (provider_id, account_id),
  foreign key (provider_id, account_id) references accounts on delete cascade,
  foreign key (provider_id, plan_id) references plans on delete cascade
);
create index account_plan_requests_plan_idx on account_plan_requests (provider_id, plan_id);
