-- Locks: accounts and alert_schedules exclusively for milliseconds.
-- Old code: records events that may stand in the feed before earlier ones of their account, as before, and numbers events about
-- endpoints from those that are stored.
--
-- The feed is ordered by the transactions that recorded its events. A transaction gets its number with its first write or row lock, so one
-- that then waits for an account has a smaller number than the one that it waits for. Its events follow those all the same: they are
-- recorded under the number of the account's last event, if that is larger.

lock table accounts, alert_schedules;
-- Transaction number under which the account's last event was recorded.
alter table accounts add column last_recorded_in bigint not null default 0;

-- Numbers events about endpoints, which belong to no account. They went on from the last stored one, and began anew once retention had
-- removed all.
alter table alert_schedules add column last_sequence bigint not null default 0;

-- Along events_account_idx, provider by provider: in one pass, versions before 18 would read all events while changes wait.
update alert_schedules schedule set last_sequence = coalesce((
  select max(sequence) from events where events.provider_id = schedule.provider_id and events.account_id = 0), 0);
