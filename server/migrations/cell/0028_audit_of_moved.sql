-- Locks: none.
-- Old code: works unchanged.
--
-- As before (0014_erasures.sql), and leaves out the records of a provider whose changes are refused (0018_moves.sql): one that it left
-- behind would keep the old records of all others for ever.

create or replace function delete_old_audit_records(before timestamptz) returns bigint
  language sql security definer set search_path from current as $$
  with old as (
    select provider_id, id from audit_records
    where at < least(before, now() - interval '30 days')
      and provider_id not in (select provider from provider_moves where state in ('frozen', 'left'))
    order by at
    limit 1000
    for update skip locked
  ), gone as (
    delete from audit_records using old
    where audit_records.provider_id = old.provider_id and audit_records.id = old.id
    returning 1
  )
  select count(*) from gone
$$;
