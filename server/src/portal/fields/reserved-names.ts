import type { FieldTarget } from "./fields-definition.ts";

// What objects have, and programs send, of their own. An invented field of that name would be taken for it.
const ofAll = `id state created_at updated_at fields extra_fields links type tenant_id access_token provider_key password
  password_confirmation current_password form_token`;

const ofTarget: Readonly<Record<FieldTarget, string>> = {
  Account: `name username email annotations plans users applications provider_account_id account_plan_id
    service_plan_id application_plan_id plan_id plan_ids deletion_date state_changed_at domain admin_domain subdomain
    from_email support_email site_access_code monthly_billing_enabled monthly_charging_enabled credit_card_stored
    credit_card_token credit_card_partial_number credit_card_expires_on`,
  User: `account_id org_name role cas_identifier open_id activated_at activation_code annotations account_plan_id
    service_plan_id application_plan_id plan_ids additional_fields`,
  Cinstance: `account_id user_account_id service_id service_name plan_id plan_name org_name enabled user_key
    application_id app_id application_key key keys client_id client_secret provider_verification_key redirect_url
    referrer_filters oidc_configuration plan first_traffic_at first_daily_traffic_at create_origin accepted_at`,
};

const namesOf = (target: FieldTarget): ReadonlySet<string> => new Set(`${ofAll} ${ofTarget[target]}`.split(/\s+/));

const reserved: Readonly<Record<FieldTarget, ReadonlySet<string>>> = {
  Account: namesOf("Account"),
  User: namesOf("User"),
  Cinstance: namesOf("Cinstance"),
};

/** Whether a name means something else already. */
export const isReserved = (target: FieldTarget, name: string): boolean => reserved[target].has(name);
