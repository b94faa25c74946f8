-- Files that were put back in place keep cluster and timeline. A process that was there before knows more of the write-ahead log
-- than the database then has: that is how it notices.
-- Old code while this runs: fine.  Locks: none.  Transaction: yes.

-- Asked on each new connection, with what this process has seen last: how far the log had been flushed, and how often the database
-- was switched. Says whether numbers were skipped for it, and what to know from now on. Of many processes the first one skips: the
-- others find that the database was switched since.
create function follow_wal(seen pg_lsn, known_switches bigint)
  returns table (is_first boolean, lsn pg_lsn, switches bigint)
  language plpgsql security definer set search_path from current as $$
begin
  is_first := follow_timeline();
  if not is_first and pg_current_wal_flush_lsn() < seen then
    perform pg_advisory_xact_lock(hashtext('bellwire numbers'));
    if (select count(*) from database_switches) <= known_switches then
      perform skip_numbers(false);
      insert into database_switches (cluster, timeline) select cluster, timeline from transaction_numbers;
      is_first := true;
    end if;
  end if;
  return query select is_first, pg_current_wal_flush_lsn(), (select count(*) from database_switches);
end $$;
