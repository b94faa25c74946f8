-- Locks: endpoints exclusively, while it is scanned once: milliseconds.
-- Old code: works unchanged. It reads the nulls only in `bellwire rekey`, which skips them.
--
-- Once its deletion can no longer be undone, an endpoint keeps only what its history and statistics show. Those that were deleted by
-- earlier versions are erased by the first housekeeping. The check keeps an erased endpoint from being used again.

alter table endpoints
  alter column url drop not null,
  alter column secret drop not null,
  add constraint endpoints_erased_check check (case when deleted_at is null then num_nulls(url, secret) = 0 else true end);

create index endpoints_unerased_idx on endpoints (deleted_at) where deleted_at is not null and secret is not null;
