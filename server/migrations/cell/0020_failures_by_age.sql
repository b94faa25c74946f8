-- The list of failures over all endpoints of a provider, by age: without this it reads and sorts all there are for each page.
-- Old code while this runs: fine.  Locks: failures, a share lock while the index is built, a second for a million rows.
-- Transaction: yes.

create index failures_age_idx on failures (provider_id, failed_at, event_id, endpoint_id);
