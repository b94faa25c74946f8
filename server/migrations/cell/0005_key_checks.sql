-- Which keys encrypted something here: a start without one of them is stopped.
-- Old code while this runs: fine, it does not look here.  Locks: new table only.  Transaction: yes.

create table key_checks (
  key_id     bytea primary key,                        -- of a hash of the key
  sentinel   bytea not null,                           -- encrypted with it
  created_at timestamptz not null default now()
);
