-- Locks: none.
-- Old code: works unchanged.
--
-- An erasure names the events of a batch and their provider before it joins anything, so PostgreSQL opens their days only. It looked up
-- each event in each day of the history: a batch of 200 took five seconds of 30 days, and an account with 50,000 events 20 minutes.

create or replace function erase_events(
  its_erasure_id bigint, ids uuid[], documents json[], keys json[], previous_values json[], account_names text[]
) returns bigint language sql security definer set search_path from current as $$
  with erased as (
    update events
    set document = erased.document, key = erased.key, previous = erased.previous, account_name = erased.account_name,
      erased_at = coalesce(events.erased_at, clock_timestamp())
    from unnest(ids, documents, keys, previous_values, account_names) as erased (id, document, key, previous, account_name)
    where events.provider_id = (select provider_id from erasures where id = its_erasure_id and finished_at is null)
      and events.account_id = (select account_id from erasures where id = its_erasure_id)
      and events.id = erased.id and events.id = any(ids)
    returning 1
  )
  select count(*) from erased
$$;

create or replace function erase_payloads(its_erasure_id bigint, event_ids uuid[], formats text[], bodies bytea[])
returns void language sql security definer set search_path from current as $$
  update payloads set body = erased.body
  from unnest(event_ids, formats, bodies) as erased (event_id, format, body)
  where payloads.provider_id = (select provider_id from erasures where id = its_erasure_id and finished_at is null)
    and payloads.event_id = erased.event_id and payloads.event_id = any(event_ids)
    and payloads.format = erased.format and payloads.body <> erased.body
    and erased.event_id in (
      select id from events
      where events.provider_id = (select provider_id from erasures where id = its_erasure_id)
        and events.account_id = (select account_id from erasures where id = its_erasure_id)
        and events.erased_at is not null and events.id = any(event_ids))
$$;

create or replace function erase_attempts(its_erasure_id bigint, event_ids uuid[]) returns void
  language sql security definer set search_path from current as $$
  update attempts set response_headers = null, response_body = null
  where attempts.provider_id = (select provider_id from erasures where id = its_erasure_id and finished_at is null)
    and attempts.event_id = any(event_ids)
    and (attempts.response_headers is not null or attempts.response_body is not null)
    and attempts.event_id in (
      select id from events
      where events.provider_id = (select provider_id from erasures where id = its_erasure_id)
        and events.account_id = (select account_id from erasures where id = its_erasure_id)
        and events.erased_at is not null and events.id = any(event_ids))
$$;
