import { record, value, type Node } from "#platform/document/document.ts";
import { documentToJson, type Json } from "#platform/document/write-json.ts";
import { writeTimestamp, type Provider } from "#portal/providers/index.ts";

import type { Product } from "./product.ts";

/** A product as the API's XML has it: a service. Nothing here publishes one, so its state is that of a new one. */
export function representProduct(product: Product, { id, timeZone }: Provider): Node {
  return record("service", [
    value("id", product.id),
    value("account_id", id),
    value("name", product.name),
    value("state", "incomplete"),
    value("system_name", product.systemName),
    value("backend_version", authenticationOf(product)),
    value("deployment_option", product.deploymentOption),
    value("description", product.description),
    value("intentions_required", false),
    value("buyers_manage_apps", product.buyersManageApps),
    value("buyers_manage_keys", product.buyersManageKeys),
    value("referrer_filters_required", product.referrerFiltersRequired),
    value("custom_keys_enabled", product.customKeysEnabled),
    value("buyer_key_regenerate_enabled", product.buyerKeyRegenerateEnabled),
    value("mandatory_app_key", product.mandatoryAppKey),
    value("buyer_can_select_plan", product.buyerCanSelectPlan),
    value("buyer_plan_change_permission", product.buyerPlanChangePermission),
    value("created_at", writeTimestamp(product.createdAt, timeZone)),
    value("updated_at", writeTimestamp(product.updatedAt, timeZone)),
  ]);
}

/** The same as JSON: without what is not there, and with links. `adminUrl` is the origin that the API is reached at. */
export function productToJson(product: Product, provider: Provider, adminUrl: string): Json {
  const document = representProduct(product, provider);
  const children = "record" in document ? document.record : [];
  const self = `${adminUrl}/admin/api/services/${product.id}`;
  const told = children
    .map((child): [string, Json] => [child.name, documentToJson(child)])
    .filter(([name, it]) => name !== "account_id" && it !== null);
  return {
    service: {
      ...Object.fromEntries(told),
      links: [
        { rel: "self", href: self },
        { rel: "application_plans", href: `${self}/application_plans` },
      ],
    },
  };
}

const authenticationOf = ({ backendVersion, oidcConfiguration }: Product): string =>
  oidcConfiguration ? "oidc" : backendVersion;
