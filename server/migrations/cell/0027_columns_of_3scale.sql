-- Columns for what 3scale's clients send and read back: applications without a name, more of a product, team members without
-- a password, a site access code. Older code keeps running. Locks: applications, products, plans, providers, provider_users
-- and service_subscriptions exclusively for a moment (no rewrite of the large ones; providers is written once).
-- Transaction: yes.

alter table applications
  alter column name drop not null,
  add column accepted_at timestamptz;

alter table products
  add column state text not null default 'incomplete'
    constraint products_state_check check (state in ('incomplete', 'hidden', 'offline', 'published', 'deprecated')),
  add column support_email text,
  add column intentions_required boolean not null default false,
  add column txt_support text,
  add column terms text,
  add column notification_settings jsonb,
  add column annotations jsonb not null default '{}',
  drop constraint products_buyer_plan_change_permission_check;

alter table plans add column description text;

alter table providers
  alter column hide_service drop not null,
  alter column hide_service drop default,
  add column service_plans_ui_visible boolean not null default false,
  alter column site_access_code set default substr(replace(gen_random_uuid()::text, '-', ''), 1, 10);

update providers set site_access_code = default where site_access_code is null;

alter table provider_users alter column password_hash drop not null;
