-- Transactions behind a pooler in transaction mode.
--
-- Locks: none.
-- Old code: does not call the function.

-- Each transaction behind a pooler begins with this call. The pooler connects to another server by itself, for example after a
-- failover, and its clients' connections stay. The new server must be checked before it is used (0003_failover.sql): so this fails
-- on any server but the known one, before the transaction reads or writes anything.
create function require_server(known timestamptz) returns void
  language plpgsql stable as $$
begin
  if pg_postmaster_start_time() <> known then
    raise exception 'another server answers behind the pooler' using errcode = 'BW001';
  end if;
end $$;
