-- Locks: nothing but the catalogue. A new table.
-- Old code: works unchanged, and does not see it. A product or a provider that it deletes takes its specifications along.
--
-- API specifications, 3scale's ActiveDocs: documents in OpenAPI that the portals show interactively.

create table api_specifications (
  provider_id bigint not null references providers on delete cascade,
  id          bigint unique default bellwire_directory.new_id(),
  product_id  bigint,                                  -- null: of no product
  system_name text not null,
  name        text not null,
  description text,
  body        text not null,                           -- JSON as it was sent, up to 1 MiB
  version     text not null,                           -- of the format, such as 3.0: read from the body
  published   boolean not null default false,          -- in the Developer Portal
  skip_swagger_validations boolean not null default false,
  created_at  timestamptz not null default now(),
  updated_at  timestamptz not null default now(),
  primary key (provider_id, id),
  foreign key (provider_id, product_id) references products on delete cascade
);
create unique index api_specifications_system_name_idx on api_specifications (provider_id, system_name);
create index api_specifications_product_idx on api_specifications (provider_id, product_id);
