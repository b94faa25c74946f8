-- Locks: nothing but the catalogue. A new table.
-- Old code: works unchanged, and does not see it. An account or a provider that it deletes takes its messages along.
--
-- Messages between the provider and its accounts. Each side deletes a message for itself; the second deletion removes the row.

create table messages (
  provider_id      bigint not null,
  id               bigint unique default bellwire_directory.new_id(),
  account_id       bigint not null,
  sender           text not null check (sender in ('provider', 'account')),
  user_id          bigint,                             -- of the sender; null for a program with the provider key
  subject          text not null,
  body             text,
  read_at          timestamptz,                        -- by the other side
  kept_by_provider boolean not null default true,
  kept_by_account  boolean not null default true,
  created_at       timestamptz not null default now(),
  primary key (provider_id, id),
  foreign key (provider_id, account_id) references accounts on delete cascade
);
create index messages_account_idx on messages (provider_id, account_id, created_at, id);
-- The provider's lists: unread messages first, then the newest.
create index messages_provider_idx on messages (provider_id, sender, (sender = 'account' and read_at is null), created_at, id)
  where kept_by_provider;
-- Counted for each page of a developer.
create index messages_unread_idx on messages (provider_id, account_id)
  where sender = 'provider' and read_at is null and kept_by_account;
