-- Which products a member of the provider's own users may see and change.
-- Old code while this runs: reads columns by name and narrows nobody.  Locks: a moment's exclusive one on provider_users;
-- a column without a default rewrites nothing.  Transaction: yes.

alter table provider_users add column service_ids bigint[]; -- null: all, also those that are still to come
