import {
  mergeErrors,
  readChoice,
  readName,
  readText,
  readTruth,
  wrongOf,
  type FieldErrors,
  type FieldInput,
} from "#portal/fields/index.ts";

import { planChangePermissions, type OidcConfiguration, type Product } from "./product.ts";

const descriptionLengthMax = 65_535;
const authentications = ["1", "2", "oauth", "oidc"] as const;

/** A product after an input, and what is wrong with it. What the input does not name stays; the system name always does. */
export function judgeProduct(
  before: Product,
  input: FieldInput,
): { readonly product: Product; readonly errors: FieldErrors } {
  const read = {
    name: readName(input, "name"),
    description: readText(input, "description", descriptionLengthMax),
    backend_version: readChoice(input, "backend_version", authentications),
    deployment_option: readText(input, "deployment_option"),
    buyer_plan_change_permission: readChoice(input, "buyer_plan_change_permission", planChangePermissions),
  };
  const truths = {
    mandatory_app_key: readTruth(input, "mandatory_app_key"),
    referrer_filters_required: readTruth(input, "referrer_filters_required"),
    buyers_manage_apps: readTruth(input, "buyers_manage_apps"),
    buyers_manage_keys: readTruth(input, "buyers_manage_keys"),
    custom_keys_enabled: readTruth(input, "custom_keys_enabled"),
    buyer_key_regenerate_enabled: readTruth(input, "buyer_key_regenerate_enabled"),
    buyer_can_select_plan: readTruth(input, "buyer_can_select_plan"),
  };
  const product: Product = {
    ...before,
    ...authenticatedBy(before, read.backend_version.value),
    name: read.name.value ?? before.name,
    description: read.description.value === undefined ? before.description : read.description.value || null,
    deploymentOption: read.deployment_option.value || before.deploymentOption,
    buyerPlanChangePermission: read.buyer_plan_change_permission.value ?? before.buyerPlanChangePermission,
    mandatoryAppKey: truths.mandatory_app_key.value ?? before.mandatoryAppKey,
    referrerFiltersRequired: truths.referrer_filters_required.value ?? before.referrerFiltersRequired,
    buyersManageApps: truths.buyers_manage_apps.value ?? before.buyersManageApps,
    buyersManageKeys: truths.buyers_manage_keys.value ?? before.buyersManageKeys,
    customKeysEnabled: truths.custom_keys_enabled.value ?? before.customKeysEnabled,
    buyerKeyRegenerateEnabled: truths.buyer_key_regenerate_enabled.value ?? before.buyerKeyRegenerateEnabled,
    buyerCanSelectPlan: truths.buyer_can_select_plan.value ?? before.buyerCanSelectPlan,
  };
  return { product, errors: mergeErrors(wrongOf(read), wrongOf(truths)) };
}

/** OpenID Connect is OAuth with a configuration. */
function authenticatedBy(
  before: Product,
  wanted: (typeof authentications)[number] | undefined,
): Pick<Product, "backendVersion" | "oidcConfiguration"> {
  if (wanted === undefined) return before;
  if (wanted !== "oidc") return { backendVersion: wanted, oidcConfiguration: null };
  return { backendVersion: "oauth", oidcConfiguration: before.oidcConfiguration ?? newOidcConfiguration(before.id) };
}

const newOidcConfiguration = (id: number): OidcConfiguration => ({
  id,
  standard_flow_enabled: true,
  implicit_flow_enabled: false,
  service_accounts_enabled: false,
  direct_access_grants_enabled: false,
});
