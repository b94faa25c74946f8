-- Names what decides which of a provider's endpoints get an event, and how: whoever has read it once knows by the name whether
-- it still is so.
-- Old code while this runs: fine, it does not look here.  Locks: providers, for a rewrite of its few rows; endpoints, for a
-- moment.  Transaction: yes.

alter table providers add column subscriptions_version uuid not null default gen_random_uuid();

-- Whoever changes both an endpoint and its provider does it in this order, so that none waits for another for ever.
create function renew_subscriptions_version() returns trigger
  language plpgsql set search_path from current as $$
begin
  update providers set subscriptions_version = gen_random_uuid() where id = coalesce(new.provider_id, old.provider_id);
  return null;
end $$;

-- Not of columns that sending alone obeys, some of which engines write.
create trigger endpoints_subscriptions_version after insert or delete
  or update of active, event_types, provider_actions, all_actors, format, include_credentials, ordering, deleted_at on endpoints
  for each row execute function renew_subscriptions_version();

create function renew_own_subscriptions_version() returns trigger
  language plpgsql set search_path from current as $$
begin
  new.subscriptions_version := gen_random_uuid();
  return new;
end $$;

create trigger providers_subscriptions_version before update of event_source, web_hooks on providers
  for each row execute function renew_own_subscriptions_version();
