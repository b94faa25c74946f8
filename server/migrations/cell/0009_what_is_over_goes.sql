-- What leads to mails and replays that are older than the history is kept.
-- Old code while this runs: writes to the two tables wait.  Locks: share locks on mails and replays while each index is
-- built, some seconds for a million rows.  Transaction: yes.

create index mails_created_idx on mails (created_at);
create index replays_finished_idx on replays (finished_at) where finished_at is not null;
