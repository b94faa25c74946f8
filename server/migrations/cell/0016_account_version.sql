-- Names what an account says, with its users and on which plans it is: whoever has read it once knows by the name whether it
-- still says so.
-- Old code while this runs: fine, it does not look here.  Locks: accounts, users, service_subscriptions and applications, for a
-- moment each: those that are there share a name, so no row is written, and each has its own with its id.  Transaction: yes.

alter table accounts add column version uuid not null default '00000000-0000-0000-0000-000000000000';
alter table accounts alter column version set default gen_random_uuid();

-- Unless who changes the row names the new version, to know it.
create trigger accounts_version before update on accounts
  for each row when (new.version = old.version) execute function renew_version();

-- Everybody locks the account before they change what belongs to it, so this waits for nobody.
create function renew_version_of_account() returns trigger
  language plpgsql set search_path from current as $$
begin
  update accounts set version = gen_random_uuid()
  where provider_id = coalesce(new.provider_id, old.provider_id) and id = coalesce(new.account_id, old.account_id);
  return null;
end $$;

-- Not of columns that no document tells: a lost password is asked for without the account's lock.
create trigger users_account_version after insert or delete
  or update of username, email, role, state, activated_at, cas_identifier, open_id, fields, created_at, updated_at on users
  for each row execute function renew_version_of_account();

create trigger service_subscriptions_account_version after insert or delete or update of plan_id on service_subscriptions
  for each row execute function renew_version_of_account();

create trigger applications_account_version after insert or delete on applications
  for each row execute function renew_version_of_account();

create trigger applications_account_version_of_plan after update of plan_id on applications
  for each row when (new.plan_id <> old.plan_id) execute function renew_version_of_account();
