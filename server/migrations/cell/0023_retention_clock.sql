-- Retention goes by the database's clock, and by one that cannot leap: each run may advance it by at most a day, and by at most
-- 24 times the time since the run before. A clock that is wrong by months then costs days of history, and operators have hours
-- to notice.
-- Old code while this runs: fine, it does not read the table.  Locks: none.  Transaction: yes.

create table retention_clock (
  only_row   boolean primary key default true check (only_row),
  trusted_at timestamptz not null,  -- the time that retention goes by
  read_at    timestamptz not null   -- the database's clock when trusted_at was last advanced
);
insert into retention_clock (trusted_at, read_at) values (clock_timestamp(), clock_timestamp());
