-- Locks: accounts and applications for writes, while each is scanned once: half a second for a million rows.
-- Old code: unaffected; it scans the provider's rows as before.
--
-- The Admin Portal counts what waits for approval on each visit, and lists what is suspended or rejected. Almost all accounts are
-- approved, and almost all applications live, so a sign-up adds no entry.

create index accounts_state_idx on accounts (provider_id, state, id) where state <> 'approved';
create index applications_state_idx on applications (provider_id, state, id) where state <> 'live';
