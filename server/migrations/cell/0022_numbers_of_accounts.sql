-- An account's events are counted in its own row, which is locked and written by whoever changes it: a row, a lock and two
-- statements less for each change. And one version names all that a provider has set up, where each reader asked for its own.
-- Breaking: older code cannot record events, since it counts in a table that is gone. Stop it first.  Locks: accounts, until
-- every row is written anew, some 10 s for a million; providers, for a rewrite of its few rows; plans, endpoints and
-- fields_definitions, for a moment.  Transaction: yes.

alter table accounts add column last_sequence bigint not null default 0;

update accounts account
set last_sequence = counted.last
from account_sequences counted
where counted.provider_id = account.provider_id and counted.account_id = account.id;

drop table account_sequences;

-- Every event writes the row: with place on its page no index is written.
alter table accounts set (fillfactor = 70);

alter table providers rename column subscriptions_version to configuration_version;

-- Whoever changes plans and their provider locks the provider first; whoever changes endpoints or definitions of fields and
-- their provider locks it last: so none waits for another for ever.
create function renew_configuration_version() returns trigger
  language plpgsql set search_path from current as $$
begin
  update providers set configuration_version = gen_random_uuid() where id = coalesce(new.provider_id, old.provider_id);
  return null;
end $$;

drop trigger endpoints_subscriptions_version on endpoints;
-- Not of columns that sending alone obeys, some of which engines write.
create trigger endpoints_configuration_version after insert or delete
  or update of active, event_types, provider_actions, all_actors, format, include_credentials, ordering, deleted_at on endpoints
  for each row execute function renew_configuration_version();

drop trigger fields_definitions_version on fields_definitions;
create trigger fields_definitions_configuration_version after insert or update or delete on fields_definitions
  for each row execute function renew_configuration_version();

-- A new plan is nobody's, and one that is somebody's cannot go.
create trigger plans_configuration_version after update on plans
  for each row execute function renew_configuration_version();

drop trigger providers_subscriptions_version on providers;
create function renew_own_configuration_version() returns trigger
  language plpgsql set search_path from current as $$
begin
  new.configuration_version := gen_random_uuid();
  return new;
end $$;
create trigger providers_configuration_version before update of event_source, web_hooks on providers
  for each row execute function renew_own_configuration_version();

drop function renew_subscriptions_version(), renew_own_subscriptions_version(), renew_fields_version();
alter table providers drop column fields_version;
