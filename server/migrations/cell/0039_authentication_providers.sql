-- Locks: nothing but the catalogue. A new table.
-- Old code: works unchanged, and does not see it. A provider that it deletes takes its rows along.
--
-- Single sign-on: identity providers of the Developer Portal and of the Admin Portal.

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
