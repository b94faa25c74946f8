-- Ids come from the directory's function, which says what they hold. What is there keeps its id; new ids are larger.
-- Old code while this runs: fine, but once ids have 16 digits (from autumn 2027 on) it takes them for no ids at all.
-- Locks: each of these tables for a moment, to itself.  Transaction: yes.

alter table access_tokens alter column id drop identity, alter column id set default bellwire_directory.new_id();
alter table accounts alter column id drop identity, alter column id set default bellwire_directory.new_id();
alter table applications alter column id drop identity, alter column id set default bellwire_directory.new_id();
alter table audit_records alter column id drop identity, alter column id set default bellwire_directory.new_id();
alter table endpoints alter column id drop identity, alter column id set default bellwire_directory.new_id();
alter table fields_definitions alter column id drop identity, alter column id set default bellwire_directory.new_id();
alter table invitations alter column id drop identity, alter column id set default bellwire_directory.new_id();
alter table mails alter column id drop identity, alter column id set default bellwire_directory.new_id();
alter table plans alter column id drop identity, alter column id set default bellwire_directory.new_id();
alter table products alter column id drop identity, alter column id set default bellwire_directory.new_id();
alter table provider_users alter column id drop identity, alter column id set default bellwire_directory.new_id();
alter table referrer_filters alter column id drop identity, alter column id set default bellwire_directory.new_id();
alter table replays alter column id drop identity, alter column id set default bellwire_directory.new_id();
alter table service_subscriptions alter column id drop identity, alter column id set default bellwire_directory.new_id();
alter table users alter column id drop identity, alter column id set default bellwire_directory.new_id();
