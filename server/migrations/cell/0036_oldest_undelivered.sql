-- The oldest undelivered event of each endpoint, for /metrics. Rows of no order that were not attempted yet are left out: they are
-- due in the order of their events, so due_lane_idx finds the oldest. So are those that somebody retried or replays.
-- Locks `due` against writes while the index is built: about a second for a million rows.
create index due_oldest_idx on due (endpoint_id, event_id)
  where (ordering_key is not null or attempts_made > 0) and round_start = 0 and replay = 0;
