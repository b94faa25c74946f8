-- Deletions of providers (docs/decisions/0039-deleted-providers.md).
--
-- Locks: access exclusive on tenants, for milliseconds.
-- Old code: answers requests for a provider that is being deleted with 403, because it is suspended, until its rows are gone.

alter table tenants add column deleting_since timestamptz; -- no host serves the provider any more, and its rows are being deleted
