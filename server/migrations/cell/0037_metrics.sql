-- Locks: share row exclusive on products and providers, for an instant. Existing rows are only read.
-- Old code: works unchanged. A product that it creates has no metric `hits` until somebody adds one.
--
-- What a product's API counts. A method is a part of the metric `hits` and has its unit.

create table metrics (
  provider_id   bigint not null references providers on delete cascade,
  id            bigint unique default bellwire_directory.new_id(),
  product_id    bigint not null,
  parent_id     bigint,                       -- a method's metric; null for metrics
  system_name   text not null,
  friendly_name text not null,
  unit          text,                         -- null for methods
  description   text,
  created_at    timestamptz not null default now(),
  updated_at    timestamptz not null default now(),
  primary key (provider_id, id),
  unique (provider_id, product_id, system_name),
  unique (provider_id, product_id, friendly_name),
  foreign key (provider_id, product_id) references products on delete cascade,
  foreign key (provider_id, parent_id) references metrics on delete cascade,
  check ((parent_id is null) = (unit is not null))
);
create index metrics_parent_idx on metrics (provider_id, parent_id) where parent_id is not null;

insert into metrics (provider_id, product_id, system_name, friendly_name, unit, description, created_at, updated_at)
select provider_id, id, 'hits', 'Hits', 'hit', 'Number of API hits', created_at, created_at from products;
