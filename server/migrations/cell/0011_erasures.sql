-- Erasure of the personal data of an account or of a developer, and retention of audit records. The application's role can
-- only append to events, payloads, attempts and audit records, so functions of the owner erase. Each of them works only for
-- an erasure that has not ended, on rows of its account, and marks the rows.

create table erasures (
  provider_id   bigint not null references providers on delete cascade,
  id            bigint unique default bellwire_directory.new_id(),
  account_id    bigint not null,
  user_id       bigint,                                -- null: the whole account
  pending       text not null check (pending in ('send', 'cancel')),
  step          text not null default 'wait' check (step in ('wait', 'events', 'traces', 'done')),
  pass          smallint not null default 1,           -- the second one erases responses that were in flight during the first
  last_event    uuid not null default '00000000-0000-0000-0000-000000000000', -- of the pass
  terms         text[] not null default '{}',          -- names and addresses to search for; empty once it is done
  events        bigint not null default 0,             -- erased
  tries         smallint not null default 0,           -- failed tries of the current batch
  error         text,                                  -- of the last failed try
  actor_kind    text not null,
  actor_user_id bigint,
  created_at    timestamptz(3) not null,
  send_until    timestamptz(3),                        -- then, deliveries that still wait are cancelled
  work_at       timestamptz not null,
  finished_at   timestamptz(3),
  primary key (provider_id, id)
);
create index erasures_unfinished_idx on erasures (work_at) where finished_at is null;
create unique index erasures_subject_idx on erasures (provider_id, account_id, coalesce(user_id, 0)) where finished_at is null;

-- Retention of days copies rows. A caller holds this lock until it commits, so that no copy has rows from before.
create function lock_history_days() returns void
  language sql set search_path from current as $$
  select pg_advisory_xact_lock_shared(hashtext('bellwire history days'))
$$;

create function erase_events(its_erasure_id bigint, ids uuid[], documents json[], keys json[], previous_values json[],
    account_names text[]) returns bigint
  language sql security definer set search_path from current as $$
  with erased as (
    update events
    set document = erased.document, key = erased.key, previous = erased.previous, account_name = erased.account_name,
      erased_at = coalesce(events.erased_at, clock_timestamp())
    from unnest(ids, documents, keys, previous_values, account_names) as erased (id, document, key, previous, account_name)
    join erasures on erasures.id = its_erasure_id and erasures.finished_at is null
    where events.provider_id = erasures.provider_id and events.id = erased.id and events.account_id = erasures.account_id
    returning 1
  )
  select count(*) from erased
$$;

create function erase_payloads(its_erasure_id bigint, event_ids uuid[], formats text[], bodies bytea[]) returns void
  language sql security definer set search_path from current as $$
  update payloads set body = erased.body
  from unnest(event_ids, formats, bodies) as erased (event_id, format, body)
  join erasures on erasures.id = its_erasure_id and erasures.finished_at is null
  join events on events.provider_id = erasures.provider_id and events.id = erased.event_id
    and events.account_id = erasures.account_id and events.erased_at is not null
  where payloads.provider_id = erasures.provider_id and payloads.event_id = erased.event_id
    and payloads.format = erased.format and payloads.body <> erased.body
$$;

create function erase_attempts(its_erasure_id bigint, event_ids uuid[]) returns void
  language sql security definer set search_path from current as $$
  update attempts set response_headers = null, response_body = null
  from unnest(event_ids) as erased (event_id)
  join erasures on erasures.id = its_erasure_id and erasures.finished_at is null
  join events on events.provider_id = erasures.provider_id and events.id = erased.event_id
    and events.account_id = erasures.account_id and events.erased_at is not null
  where attempts.provider_id = erasures.provider_id and attempts.event_id = erased.event_id
    and (attempts.response_headers is not null or attempts.response_body is not null)
$$;

-- Keeps numbers and booleans: ids and counts.
create function erase_audit_records(its_erasure_id bigint, ids bigint[]) returns void
  language sql security definer set search_path from current as $$
  update audit_records
  set detail = jsonb_build_object('erased', true) || coalesce((
    select jsonb_object_agg(member.key, member.value) from jsonb_each(audit_records.detail) as member
    where jsonb_typeof(member.value) in ('number', 'boolean')), '{}')
  from erasures
  where erasures.id = its_erasure_id and erasures.finished_at is null
    and audit_records.provider_id = erasures.provider_id and audit_records.id = any(ids)
$$;

