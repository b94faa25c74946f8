-- Moves of providers between cells (docs/decisions/0037-cells.md). The column `provider` is not called provider_id, because these
-- rows belong to the move and do not move.

create table provider_moves (
  provider   bigint not null,
  id         uuid not null,
  -- In the cell that the provider leaves: copying; draining (engines let go of its lanes); frozen (changes are refused); left.
  -- In the cell that it enters: arrived, committed with the copy, or abandoned, which keeps the copy from committing.
  state      text not null check (state in ('copying', 'draining', 'frozen', 'left', 'arrived', 'abandoned')),
  changed_at timestamptz not null default clock_timestamp(),
  primary key (provider, id)
);
create unique index provider_moves_leaving_idx on provider_moves (provider) where state in ('copying', 'draining', 'frozen', 'left');

-- Rows that changed since they were copied, by primary key.
create table moved_changes (
  number   bigint primary key default bellwire_directory.new_id(),
  provider bigint not null,
  relation text not null,
  key      jsonb not null
);

-- The trigger of a table after each change of a row of the provider that moves. Arguments: the provider, the table, the columns of
-- its primary key. Refuses the change once the cell is frozen for the provider: `provider move` waits for the lock, so no change
-- is under way when it reads the last ones. Changes of the move itself do not count.
create function record_moved_change() returns trigger
  language plpgsql security definer set search_path from current as $$
declare
  moving bigint := tg_argv[0];
  move_state text;
  new_key jsonb;
  old_key jsonb;
begin
  if current_setting('bellwire_move.provider', true) = tg_argv[0] then
    return null;
  end if;
  perform pg_advisory_xact_lock_shared(hashtextextended('bellwire move', moving));
  select state into move_state from provider_moves
  where provider = moving and state in ('copying', 'draining', 'frozen', 'left');
  if move_state in ('frozen', 'left') then
    raise exception 'Provider % is moving to another cell.', moving using errcode = 'BW002';
  elsif move_state is null then
    return null;
  end if;
  if tg_op <> 'DELETE' then
    select jsonb_agg(to_jsonb(new) -> name order by place) into new_key from unnest(tg_argv[2:]) with ordinality as key (name, place);
  end if;
  if tg_op <> 'INSERT' then
    select jsonb_agg(to_jsonb(old) -> name order by place) into old_key from unnest(tg_argv[2:]) with ordinality as key (name, place);
  end if;
  insert into moved_changes (provider, relation, key)
  select moving, tg_argv[1], key from (select new_key union select old_key) as changed (key) where key is not null;
  return null;
end $$;

-- Keeps engines from claiming the lanes of the provider that moves. Argument: the provider.
create function keep_lane_free() returns trigger
  language plpgsql security definer set search_path from current as $$
begin
  if exists (select from provider_moves where provider = tg_argv[0]::bigint and state in ('draining', 'frozen', 'left')) then
    return null;
  end if;
  return new;
end $$;

-- Makes all further transaction numbers larger than `above`. Nobody writes a number meanwhile: writers that wait replan their
-- statement and take a new number.
create function raise_transaction_numbers(above bigint) returns void
  language plpgsql security definer set search_path from current as $$
begin
  lock table events, deliveries, attempts, replays, lanes, lane_reports in share row exclusive mode;
  perform pg_advisory_xact_lock(hashtext('bellwire numbers'));
  if transaction_number() <= above then
    execute format('create or replace function transaction_numbers_skipped() returns bigint
      language sql stable parallel safe return %s', transaction_numbers_skipped() + above - transaction_number() + 1000000000);
  end if;
end $$;

-- Some records at a time; never those of the last 30 days. Leaves out the records of a provider whose changes are refused: one that it
-- left behind would keep the old records of all others for ever.
create function delete_old_audit_records(before timestamptz) returns bigint
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
