import { callersChanged } from "#access/index.ts";
import type { Database, Transaction } from "#platform/database/database.ts";

import type { ProviderSettings } from "./provider-settings.ts";

const readStatement = `
  select provider.name, provider.time_zone as "timeZone", web_hooks as "webHooks", signups_enabled as "signupsEnabled",
    email_activation as "emailActivation", password_length_min as "passwordLengthMin",
    user_account_area_enabled as "userAccountAreaEnabled", hide_service as "hideService",
    public_search as "publicSearch", account_plans_ui_visible as "accountPlansUiVisible",
    change_account_plan_permission as "changeAccountPlanPermission",
    service_plans_ui_visible as "servicePlansUiVisible",
    change_service_plan_permission as "changeServicePlanPermission", enforce_sso as "enforceSso",
    from_email as "fromEmail", support_email as "supportEmail", finance_support_email as "financeSupportEmail",
    site_access_code as "siteAccessCode",
    coalesce((
      select approval_required
      from plans
      where plans.provider_id = provider.id and kind = 'account_plan' and customized_from is null
      order by is_default desc, id
      limit 1), false) as "accountApprovalRequired"
  from providers as provider
  where provider.id = $1`;

export async function readProviderSettings(db: Database, providerId: number): Promise<ProviderSettings> {
  const [settings] = await db.query<ProviderSettings>(readStatement, [providerId]);
  if (!settings) throw new Error(`Provider ${providerId} is gone.`);
  return settings;
}

/** The settings as they are, and as they stay until this transaction changes them or ends. */
export const lockProviderSettings = async (tx: Transaction, providerId: number): Promise<ProviderSettings> => {
  await tx.query(`select from providers where id = $1 for no key update`, [providerId]);
  return readProviderSettings(tx, providerId);
};

const updateStatement = `
  update providers
  set name = $2, time_zone = $3, web_hooks = $4, signups_enabled = $5, email_activation = $6, password_length_min = $7,
    user_account_area_enabled = $8, hide_service = $9, public_search = $10, account_plans_ui_visible = $11,
    change_account_plan_permission = $12, change_service_plan_permission = $13, enforce_sso = $14, from_email = $15,
    support_email = $16, finance_support_email = $17, site_access_code = $18, updated_at = $19,
    service_plans_ui_visible = $20
  where id = $1`;

const approvalStatement = `
  update plans
  set approval_required = $2, updated_at = $3
  where provider_id = $1 and kind = 'account_plan' and customized_from is null and approval_required <> $2
    and not exists (
      select from plans as other
      where other.provider_id = $1 and other.kind = 'account_plan' and other.customized_from is null
        and other.id <> plans.id)`;

/** Writes locked settings. Approval is a matter of the account plan, and is left to the plans where there are several. */
export async function updateProviderSettings(
  tx: Transaction,
  providerId: number,
  its: ProviderSettings,
  now: Date,
): Promise<void> {
  await tx.query(updateStatement, [
    providerId,
    its.name,
    its.timeZone,
    its.webHooks,
    its.signupsEnabled,
    its.emailActivation,
    its.passwordLengthMin,
    its.userAccountAreaEnabled,
    its.hideService,
    its.publicSearch,
    its.accountPlansUiVisible,
    its.changeAccountPlanPermission,
    its.changeServicePlanPermission,
    its.enforceSso,
    its.fromEmail,
    its.supportEmail,
    its.financeSupportEmail,
    its.siteAccessCode,
    now,
    its.servicePlansUiVisible,
  ]);
  callersChanged(tx, providerId);
  await tx.query(approvalStatement, [providerId, its.accountApprovalRequired, now]);
}

/** Whom documents name as the provider's contacts. */
export interface ContactAddresses {
  readonly supportEmail: string | null;
  readonly financeSupportEmail: string | null;
}

// Served by the primary keys of both tables.
const contactsStatement = `
  select coalesce(nullif(support_email, ''), first_admin.email) as "supportEmail",
    coalesce(nullif(finance_support_email, ''), nullif(support_email, ''), first_admin.email) as "financeSupportEmail"
  from providers as provider
  left join lateral (
    select email
    from provider_users
    where provider_id = provider.id and role = 'admin' and email is not null
    order by id
    limit 1) as first_admin on true
  where provider.id = $1`;

/** The addresses with those that take their places while they are blank: the support address, then the first admin's. */
export async function readContactAddresses(db: Database, providerId: number): Promise<ContactAddresses> {
  const [addresses] = await db.query<ContactAddresses>(contactsStatement, [providerId]);
  if (!addresses) throw new Error(`Provider ${providerId} is gone.`);
  return addresses;
}
