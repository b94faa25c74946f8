-- The application's role may add audit records and change none. One act is larger than a transaction: retrying or deleting
-- every failure. Its record says how many there were so far, so the owner's function may raise that number, for a day.
-- Old code while this runs: fine; once its rights are taken (at the next start), retrying more than 10,000 failures at once
-- fails in it.  Locks: none.  Transaction: yes.

create function raise_audit_count(its_provider_id bigint, its_id bigint, count_so_far bigint) returns void
  language sql security definer set search_path from current as $$
  update audit_records
  set detail = jsonb_set(detail, '{count}', to_jsonb(count_so_far))
  where provider_id = its_provider_id and id = its_id and at > now() - interval '1 day'
    and (detail ->> 'count')::bigint < count_so_far
$$;
