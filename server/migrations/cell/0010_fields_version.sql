-- Names the state of a provider's fields definitions: whoever has read them once knows by it whether they still are so.
-- Old code while this runs: fine, it does not look here.  Locks: providers, for a rewrite of its few rows.  Transaction: yes.

alter table providers add column fields_version uuid not null default gen_random_uuid();

create function renew_fields_version() returns trigger
  language plpgsql set search_path from current as $$
begin
  update providers set fields_version = gen_random_uuid() where id = coalesce(new.provider_id, old.provider_id);
  return null;
end $$;

create trigger fields_definitions_version after insert or update or delete on fields_definitions
  for each row execute function renew_fields_version();
