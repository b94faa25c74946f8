-- Locks: users, for a moment, to add a column without a value. A new table.
-- Old code: works unchanged. An email address that it changes differs from the confirmed one, and so counts as unconfirmed.
--
-- Single sign-on: the persons of identity providers, each linked to one user.

alter table users add column confirmed_email text; -- the address whose mailbox its user has proved to read

create table identities (
  provider_id                bigint not null,
  authentication_provider_id bigint not null,
  subject                    text not null,           -- of the person at the identity provider
  user_id                    bigint,                  -- of the Developer Portal
  provider_user_id           bigint,                  -- of the Admin Portal
  created_at                 timestamptz not null default now(),
  used_at                    timestamptz not null default now(),
  primary key (provider_id, authentication_provider_id, subject),
  foreign key (provider_id, authentication_provider_id) references authentication_providers on delete cascade,
  foreign key (provider_id, user_id) references users on delete cascade,
  foreign key (provider_id, provider_user_id) references provider_users on delete cascade,
  check (num_nonnulls(user_id, provider_user_id) = 1)
);
create index identities_user_idx on identities (provider_id, user_id) where user_id is not null;
create index identities_provider_user_idx on identities (provider_id, provider_user_id) where provider_user_id is not null;
