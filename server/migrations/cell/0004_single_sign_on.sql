-- Single sign-on: identity providers of the Developer Portal and of the Admin Portal, and their persons.

create table authentication_providers (
  provider_id                        bigint not null references providers on delete cascade,
  id                                 bigint unique default bellwire_directory.new_id(),
  account_type                       text not null check (account_type in ('developer', 'provider')), -- the portal
  kind                               text not null,       -- keycloak, auth0, github, or any other for plain OAuth 2
  name                               text not null,
  system_name                        text not null,       -- in the path of the callback
  client_id                          text not null,
  client_secret                      bytea not null,      -- encrypted
  site                               text,                -- the issuer of keycloak and auth0
  token_url                          text,
  user_info_url                      text,
  authorize_url                      text,
  identifier_key                     text not null,       -- in the user info of other kinds
  username_key                       text,
  trust_email                        boolean not null default false, -- counts as verified without a claim
  published                          boolean not null default false,
  skip_ssl_certificate_verification  boolean not null default false,
  automatically_approve_accounts     boolean not null default false,
  created_at                         timestamptz not null default now(),
  updated_at                         timestamptz not null default now(),
  primary key (provider_id, id)
);
create unique index authentication_providers_system_name_idx on authentication_providers (provider_id, system_name);
create unique index authentication_providers_kind_idx on authentication_providers (provider_id, kind)
  where account_type = 'developer';

-- The persons of identity providers, each linked to one user.
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
