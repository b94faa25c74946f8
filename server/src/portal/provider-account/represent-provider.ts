import type { ProviderUser } from "#access/index.ts";
import { list, record, value, type Node } from "#platform/document/document.ts";
import type { Json } from "#platform/document/write-json.ts";
import { writeTimestamp, type Provider } from "#portal/providers/index.ts";

import type { ContactAddresses } from "./provider-settings-table.ts";
import type { ProviderSettings } from "./provider-settings.ts";
import { representProviderUser } from "./represent-provider-user.ts";

/** The settings as the API has them. */
export const settingsToJson = (its: ProviderSettings): Json => ({
  settings: {
    useraccountarea_enabled: its.userAccountAreaEnabled,
    ...(its.hideService === null ? {} : { hide_service: its.hideService }),
    signups_enabled: its.signupsEnabled,
    account_approval_required: its.accountApprovalRequired,
    public_search: its.publicSearch,
    account_plans_ui_visible: its.accountPlansUiVisible,
    change_account_plan_permission: its.changeAccountPlanPermission,
    service_plans_ui_visible: its.servicePlansUiVisible,
    change_service_plan_permission: its.changeServicePlanPermission,
    enforce_sso: its.enforceSso,
    email_activation: its.emailActivation,
    password_length_min: its.passwordLengthMin,
    time_zone: its.timeZone,
    web_hooks: its.webHooks,
  },
});

/** Where the two sides of a provider are, as origins: `https://acme-admin.example.com`. */
interface Origins {
  readonly admin: string;
  readonly developer: string;
}

/** A provider with what its documents tell of it. */
export interface WholeProvider {
  readonly provider: Provider;
  readonly settings: ProviderSettings;
  readonly contacts: ContactAddresses;
  /** Where mails come from while the provider names no address. */
  readonly noReplyAddress: string;
  /** Its own users, or those of them that the reader may know of. */
  readonly users: readonly ProviderUser[];
}

/** A provider is an account of its own in documents. It has bought no plans and stored no credit card: nobody bills it. */
export function representProvider(whole: WholeProvider, origins: Origins): Node {
  const { provider, settings, users } = whole;
  const time = (at: Date): string => writeTimestamp(at, provider.timeZone);
  return record("account", [
    value("id", provider.id),
    value("created_at", time(provider.createdAt)),
    value("updated_at", time(provider.updatedAt)),
    value("state", provider.state),
    record("annotations", []),
    value("admin_domain", hostOf(origins.admin)),
    value("domain", hostOf(origins.developer)),
    value("admin_base_url", origins.admin),
    value("base_url", origins.developer),
    ...addressesOf(whole).map(([name, it]) => value(name, it)),
    value("org_name", settings.name),
    record("extra_fields", []),
    ...Object.entries(billingOf(provider)).map(([name, it]) => value(name, it)),
    value("credit_card_stored", false),
    list("plans", [], "alone"),
    list(
      "users",
      users.map((user) => representProviderUser(user, provider)),
      "alone",
    ),
  ]);
}

export function providerToJson(whole: WholeProvider, origins: Origins): Json {
  const { provider, settings } = whole;
  const time = (at: Date): string => writeTimestamp(at, provider.timeZone);
  return {
    account: {
      id: provider.id,
      created_at: time(provider.createdAt),
      updated_at: time(provider.updatedAt),
      admin_domain: hostOf(origins.admin),
      domain: hostOf(origins.developer),
      admin_base_url: origins.admin,
      base_url: origins.developer,
      ...Object.fromEntries(addressesOf(whole).filter(([, it]) => it !== null)),
      credit_card_stored: false,
      ...billingOf(provider),
      state: provider.state,
      annotations: {},
      links: [{ rel: "users", href: `${origins.admin}/admin/api/users` }],
      org_name: settings.name,
    },
  };
}

const addressesOf = ({
  settings,
  contacts,
  noReplyAddress,
}: WholeProvider): readonly (readonly [name: string, it: string | null])[] => [
  ["from_email", settings.fromEmail ?? noReplyAddress],
  ["support_email", contacts.supportEmail],
  ["finance_support_email", contacts.financeSupportEmail],
  ["site_access_code", settings.siteAccessCode],
];

/** As of a new account; left out, as with every account, of one that is suspended or about to go. */
const billingOf = ({ state }: Provider): Readonly<Record<string, boolean>> =>
  state === "approved" ? { monthly_billing_enabled: true, monthly_charging_enabled: true } : {};

const hostOf = (origin: string): string => origin.replace(/^https?:\/\//, "");
