-- The link of an activation mail ends, as those of other mails do.
-- Old code while this runs: fine, it does not look here, and what it inserts has a fortnight.  Locks: users, for a moment: those
-- that are there share one time, so no row is written, and links that are on their way have a fortnight more.  Transaction: yes.

alter table users add column activation_until timestamptz default now() + interval '14 days';
