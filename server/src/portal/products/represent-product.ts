import { list, record, value, type Node } from "#platform/document/document.ts";
import type { Json } from "#platform/document/write-json.ts";
import { writeTimestamp, type Provider } from "#portal/providers/index.ts";

import type { Product } from "./product.ts";

/** What a product's documents contain besides the product. */
export interface ProductContext {
  readonly provider: Provider;
  /** The provider's support address, for products without one of their own. */
  readonly supportEmail: string | null;
}

/** A product as the API's XML has it: a service. Its metrics are not served yet, so their list is empty. */
export const representProduct = (product: Product, { provider, supportEmail }: ProductContext): Node =>
  record("service", [
    value("id", product.id),
    value("account_id", provider.id),
    value("name", product.name),
    value("state", product.state),
    value("system_name", product.systemName),
    value("backend_version", authenticationOf(product)),
    value("description", product.description),
    ...switchesOf(product).map(([name, it]) => value(name, it)),
    value("buyer_plan_change_permission", product.buyerPlanChangePermission),
    record(
      "annotations",
      Object.entries(product.annotations).map(([name, text]) => value(name, text)),
    ),
    ...representNotificationSettings(product),
    value("deployment_option", product.deploymentOption),
    value("support_email", product.supportEmail ?? supportEmail),
    list("metrics", [], "open"),
  ]);

/** The switches in the order that both formats have them. */
const switchesOf = (product: Product): readonly (readonly [string, boolean])[] => [
  ["intentions_required", product.intentionsRequired],
  ["buyers_manage_apps", product.buyersManageApps],
  ["buyers_manage_keys", product.buyersManageKeys],
  ["referrer_filters_required", product.referrerFiltersRequired],
  ["custom_keys_enabled", product.customKeysEnabled],
  ["buyer_key_regenerate_enabled", product.buyerKeyRegenerateEnabled],
  ["mandatory_app_key", product.mandatoryAppKey],
  ["buyer_can_select_plan", product.buyerCanSelectPlan],
];

/** XML has each list as text: `[0, 50, 100]`. */
const representNotificationSettings = ({ notificationSettings: settings }: Product): readonly Node[] =>
  settings === null
    ? []
    : [
        record(
          "notification_settings",
          Object.entries(settings).map(([name, percentages]) => value(name, `[${percentages.join(", ")}]`)),
        ),
      ];

/** The same as JSON, without nulls and with links. `adminUrl` is the origin that the API is reached at. */
export function productToJson(product: Product, { provider, supportEmail }: ProductContext, adminUrl: string): Json {
  const self = `${adminUrl}/admin/api/services/${product.id}`;
  const time = (at: Date): string => writeTimestamp(at, provider.timeZone);
  const { description, notificationSettings, buyerPlanChangePermission } = product;
  const email = product.supportEmail ?? supportEmail;
  return {
    service: {
      id: product.id,
      name: product.name,
      state: product.state,
      system_name: product.systemName,
      backend_version: authenticationOf(product),
      deployment_option: product.deploymentOption,
      ...(email === null ? {} : { support_email: email }),
      ...(description === null ? {} : { description }),
      ...Object.fromEntries(switchesOf(product)),
      buyer_plan_change_permission: buyerPlanChangePermission,
      ...(notificationSettings === null ? {} : { notification_settings: { ...notificationSettings } }),
      annotations: product.annotations,
      created_at: time(product.createdAt),
      updated_at: time(product.updatedAt),
      links: [
        { rel: "metrics", href: `${self}/metrics` },
        { rel: "self", href: self },
        { rel: "service_plans", href: `${self}/service_plans` },
        { rel: "application_plans", href: `${self}/application_plans` },
        { rel: "features", href: `${self}/features` },
      ],
    },
  };
}

const authenticationOf = ({ backendVersion, oidcConfiguration }: Product): string =>
  oidcConfiguration ? "oidc" : backendVersion;
