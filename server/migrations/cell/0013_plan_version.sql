-- Names what a plan says: whoever has read it once knows by the name whether it still says so.
-- Old code while this runs: fine, it does not look here.  Locks: plans, for a rewrite of its few rows.  Transaction: yes.

alter table plans add column version uuid not null default gen_random_uuid();

-- On the row itself, so that nobody who changes a plan waits for who changes another.
create function renew_version() returns trigger
  language plpgsql set search_path from current as $$
begin
  new.version := gen_random_uuid();
  return new;
end $$;

create trigger plans_version before update on plans for each row execute function renew_version();
