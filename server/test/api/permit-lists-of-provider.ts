import { notificationNames } from "#access/index.ts";
import { switchNames } from "#http/account-management-api/webhooks.ts";
import {
  type Permit,
  type PermitList,
  type PermitObjects,
  refuses,
  shows,
  showsAs,
  showsBoolean,
  stores,
  uniquePerson,
  wrongConfirmation,
} from "./permit-list.ts";

const serviceValues: readonly Permit[] = [
  shows("name", "Tides & Winds"),
  shows("description", "When the water comes"),
  shows("support_email", "tides@acme.example"),
  ...["self_managed", "service_mesh_istio", "plugin_ruby"].map((each) => shows("deployment_option", each)),
  ...["1", "2", "oidc", "oauth"].map((each) => shows("backend_version", each)),
  showsBoolean("intentions_required", true),
  showsBoolean("buyers_manage_apps", false),
  showsBoolean("referrer_filters_required", true),
  showsBoolean("buyer_can_select_plan", true),
  shows("buyer_plan_change_permission", "direct"),
  shows("buyer_plan_change_permission", "ask the harbour master"),
  showsBoolean("buyers_manage_keys", false),
  showsBoolean("buyer_key_regenerate_enabled", false),
  showsBoolean("mandatory_app_key", false),
  showsBoolean("custom_keys_enabled", false),
  showsAs("state_event", "state", "publish", "published"),
  stores("products", "txt_support", "Ask at the quay"),
  stores("products", "terms", "Fair winds only"),
  shows("notification_settings", { web_provider: ["0", "50", ""] }, { web_provider: [0, 50, 0] }),
  shows("notification_settings", "", {}),
  shows("annotations", { managed_by: "operator" }),
  refuses("annotations", { owner: "x" }, "annotations.name"),
];

const client = { client_id: "portal", client_secret: "low tide" };

const clientValues: readonly Permit[] = [
  shows("client_id", "other"),
  shows("client_secret", "high tide"),
  shows("site", "https://sso.acme.example"),
  refuses("site", "acme"),
  showsBoolean("published", true),
  showsBoolean("skip_ssl_certificate_verification", true),
];

const planValues: readonly Permit[] = [shows("name", "Gold"), shows("approval_required", true)];

/** New plans are hidden. */
const publishing: readonly Permit[] = [
  refuses("state_event", "hide"),
  refuses("state_event", "burn"),
  showsAs("state_event", "state", "publish", "published"),
];

const paidPlanValues: readonly Permit[] = [
  stores("plans", "description", "For the brave"),
  shows("trial_period_days", 30),
  shows("cost_per_month", 12.5),
  shows("setup_fee", 99.99),
];

/** 3scale drops them for service plans. */
const unpaidPlanValues: readonly Permit[] = [
  stores("plans", "description", "For the brave", "description", null),
  shows("trial_period_days", 30, 0),
  shows("cost_per_month", 12.5, 0),
  shows("setup_fee", 99.99, 0),
];

const featureValues: readonly Permit[] = [
  shows("name", "24/7 support"),
  shows("system_name", "around_the_clock"),
  refuses("system_name", "?"),
  shows("description", "By phone and mail"),
];

const eitherId = ([first, second]: readonly [number, number]): readonly Permit[] => [
  showsAs("feature_id", "id", first),
  shows("id", second),
];

/** 3scale drops it. */
const visible = shows("visible", false, true);

const specificationValues = ({ service }: PermitObjects): readonly Permit[] => [
  shows("name", "Tides"),
  refuses("name", ""),
  shows("body", '{"apis":[],"basePath":"https://tides.example"}'),
  refuses("body", ""),
  shows("description", "Tides and ferries"),
  showsBoolean("published", true),
  showsBoolean("skip_swagger_validations", true),
  shows("service_id", service),
  shows("service_id", String(service), service),
  { name: "service_id", send: "", effect: { shows: undefined } },
];

const metricValues: readonly Permit[] = [
  shows("friendly_name", "Traffic"),
  refuses("friendly_name", ""),
  shows("description", "Bytes that were sent"),
];

/** The permit lists of a provider's services, plans, settings and users. */
export const listsOfProvider: readonly PermitList[] = [
  {
    controller: "users create",
    title: "User Create (provider account)",
    base: (_made, n) => uniquePerson(n),
    permits: ({ service }) => [
      shows("username", "grace"),
      shows("email", "grace@acme.example"),
      refuses("password", "short"),
      wrongConfirmation,
      refuses("cas_identifier", "grace"),
      stores("provider_users", "member_permission_ids", ["plans", "nonsense"], "sections", ["plans"]),
      stores("provider_users", "member_permission_service_ids", [service, 0], "service_ids", [service]),
      stores("provider_users", "member_permission_service_ids", String(service), "service_ids", [service]),
    ],
  },
  {
    controller: "users update",
    title: "User Update (provider account)",
    at: ({ member }) => [member],
    permits: ({ service }) => [
      shows("username", "hopper"),
      shows("email", "hopper@acme.example"),
      refuses("password", "short"),
      wrongConfirmation,
      refuses("cas_identifier", "grace"),
      stores("provider_users", "member_permission_ids", ["finance"], "sections", ["finance"]),
      stores("provider_users", "member_permission_service_ids", [service], "service_ids", [service]),
    ],
  },
  {
    controller: "member_permissions",
    title: "User Permissions Update",
    at: ({ member }) => [member],
    permits: ({ service }) => [
      shows("allowed_sections", ["portal", "monitoring", "services"], ["monitoring", "portal"]),
      shows("allowed_service_ids", [service, 0], [service]),
      shows("allowed_service_ids", service, [service]),
      shows("allowed_service_ids", ["[]"], []),
      shows("allowed_service_ids", "", null),
    ],
  },
  {
    controller: "services create",
    title: "Service Create",
    base: (_made, n) => ({ name: `Product ${n}` }),
    permits: () => [...serviceValues, shows("system_name", "tide_api")],
  },
  {
    controller: "services update",
    title: "Service Update",
    at: ({ service }) => [service],
    permits: () => [...serviceValues, shows("system_name", "sent_and_dropped", "api")],
  },
  {
    controller: "account_plans create",
    title: "Account Plan Create",
    base: (_made, n) => ({ name: `Plan ${n}` }),
    permits: () => [...planValues, ...publishing, stores("plans", "system_name", "gold_one")],
  },
  {
    controller: "account_plans update",
    title: "Account Plan Update",
    at: ({ accountPlan }) => [accountPlan],
    permits: () => [...planValues, showsAs("state_event", "state", "hide", "hidden")],
  },
  {
    controller: "service_plans create",
    title: "Service Plan Create",
    at: ({ service }) => [service],
    base: (_made, n) => ({ name: `Plan ${n}` }),
    permits: () => [...planValues, ...publishing, ...unpaidPlanValues, stores("plans", "system_name", "gold_one")],
  },
  {
    controller: "service_plans update",
    title: "Service Plan Update",
    at: ({ service, servicePlan }) => [service, servicePlan],
    permits: () => [...planValues, ...unpaidPlanValues, showsAs("state_event", "state", "hide", "hidden")],
  },
  {
    controller: "application_plans create",
    title: "Application Plan Create",
    at: ({ service }) => [service],
    base: (_made, n) => ({ name: `Plan ${n}` }),
    permits: () => [...planValues, ...publishing, ...paidPlanValues, shows("system_name", "gold_one")],
  },
  {
    controller: "application_plans update",
    title: "Application Plan Update",
    at: ({ service, hiddenPlan }) => [service, hiddenPlan],
    permits: () => [...planValues, ...publishing, ...paidPlanValues],
  },
  {
    controller: "account_features create",
    title: "Account Feature Create",
    base: (_made, n) => ({ name: `Feature ${n}` }),
    permits: () => [...featureValues, visible, shows("scope", "ServicePlan", "account_plan")],
  },
  {
    controller: "account_features update",
    title: "Account Feature Update",
    at: ({ accountFeature }) => [accountFeature],
    permits: () => [...featureValues, visible, shows("scope", "ServicePlan", "account_plan")],
  },
  {
    controller: "service_features create",
    title: "Service Feature Create",
    at: ({ service }) => [service],
    base: (_made, n) => ({ name: `Feature ${n}` }),
    permits: () => [
      ...featureValues,
      visible,
      shows("scope", "ServicePlan", "service_plan"),
      shows("scope", "ApplicationPlan", "application_plan"),
      refuses("scope", "AccountPlan"),
    ],
  },
  {
    controller: "service_features update",
    title: "Service Feature Update",
    at: ({ service, planFeature }) => [service, planFeature],
    permits: () => [...featureValues, visible, shows("scope", "ServicePlan", "application_plan")],
  },
  {
    controller: "account_plan_features",
    title: "Account Plan Features Create",
    at: ({ accountPlan }) => [accountPlan],
    permits: ({ freeFeatures }) => eitherId(freeFeatures.account_plan),
  },
  {
    controller: "service_plan_features",
    title: "Service Plan Feature Add",
    at: ({ servicePlan }) => [servicePlan],
    permits: ({ freeFeatures }) => eitherId(freeFeatures.service_plan),
  },
  {
    controller: "application_plan_features",
    title: "Application Plan Feature Create",
    at: ({ applicationPlan }) => [applicationPlan],
    permits: ({ freeFeatures }) => eitherId(freeFeatures.application_plan),
  },
  {
    controller: "api_docs_services create",
    title: "ActiveDocs Spec Create",
    base: (_made, n) => ({ name: `Specification ${n}`, body: '{"apis":[]}' }),
    permits: (made) => [...specificationValues(made), shows("system_name", "tides_and_ferries")],
  },
  {
    controller: "api_docs_services update",
    title: "ActiveDocs Spec Update",
    at: ({ specification }) => [specification],
    permits: (made) => [...specificationValues(made), shows("system_name", "sent_and_dropped", "quay_api")],
  },
  {
    controller: "metrics create",
    title: "Service Metric Create",
    at: ({ service }) => [service],
    base: (_made, n) => ({ friendly_name: `Metric ${n}`, unit: "MB" }),
    permits: () => [...metricValues, shows("unit", "GB"), shows("system_name", "all_traffic")],
  },
  {
    controller: "metrics update",
    title: "Service Metric Update",
    at: ({ service, metric }) => [service, metric],
    permits: () => [...metricValues, shows("unit", "GB"), shows("system_name", "sent_and_dropped", "hits")],
  },
  {
    controller: "metric_methods create",
    title: "Service Method Create",
    at: ({ service, metric }) => [service, metric],
    base: (_made, n) => ({ friendly_name: `Method ${n}` }),
    permits: () => [
      ...metricValues,
      stores("metrics", "unit", "GB", "unit", null), // a method has the unit of its metric
      shows("system_name", "all_traffic"),
    ],
  },
  {
    controller: "metric_methods update",
    title: "Service Method Update",
    at: ({ service, metric, method }) => [service, metric, method],
    permits: () => [
      ...metricValues,
      stores("metrics", "unit", "GB", "unit", null),
      shows("system_name", "sent_and_dropped", "tides"),
    ],
  },
  {
    controller: "application_plan_metric_limits create",
    title: "Limit Create",
    at: ({ applicationPlan, method }) => [applicationPlan, method],
    base: () => ({ period: "year" }),
    permits: () => [
      shows("value", "15", 15),
      ...["eternity", "month", "week", "day", "hour", "minute"].map((period) => shows("period", period)),
      refuses("period", "year"),
      refuses("period", "century"),
    ],
  },
  {
    controller: "application_plan_metric_limits update",
    title: "Limit Update",
    at: ({ applicationPlan, metric, limit }) => [applicationPlan, metric, limit],
    permits: () => [
      shows("period", "week"),
      refuses("period", ""),
      shows("value", 20),
      shows("value", -1, 0),
      shows("value", "", 0),
    ],
  },
  {
    controller: "application_plan_metric_pricing_rules create",
    title: "Pricing Rule Create",
    at: ({ applicationPlan, method }) => [applicationPlan, method],
    base: (_made, n) => ({ min: 100 * n + 1, max: 100 * n + 9 }),
    permits: () => [
      shows("cost_per_unit", "5.55"),
      refuses("cost_per_unit", "0.00001"),
      refuses("cost_per_unit", ""),
      shows("min", 308),
      refuses("min", 0),
      refuses("min", ""),
      shows("max", "650", 650),
      refuses("max", 1),
      stores("pricing_rules", "max", "", "max", null),
    ],
  },
  {
    controller: "providers",
    title: "Provider Account Update",
    permits: () => [
      shows("from_email", "post@acme.example"),
      shows("from_email", ""),
      shows("from_email", null, "no-reply@bellwire.test"),
      shows("support_email", "help@acme.example"),
      shows("finance_support_email", "money@acme.example"),
      shows("site_access_code", "sesame"),
    ],
  },
  {
    controller: "settings",
    title: "Settings Update",
    permits: () => [
      showsBoolean("useraccountarea_enabled", false),
      showsBoolean("hide_service", true),
      showsBoolean("signups_enabled", false),
      showsBoolean("account_approval_required", true),
      showsBoolean("public_search", true),
      showsBoolean("account_plans_ui_visible", true),
      shows("change_account_plan_permission", "direct"),
      showsBoolean("service_plans_ui_visible", true),
      shows("change_service_plan_permission", "none"),
      refuses("enforce_sso", true),
      showsBoolean("enforce_sso", false),
    ],
  },
  {
    controller: "authentication_providers create",
    title: "Authentication Provider Developer Portal Create",
    base: (_made, n) => ({ kind: `custom${n}`, ...client }),
    permits: () => [
      shows("kind", "forgejo"),
      shows("name", "Staff"),
      shows("system_name", "staff_of_acme"),
      refuses("system_name", "a/b"),
      ...clientValues,
      shows("token_url", "https://sso.acme.example/token"),
      shows("user_info_url", "https://sso.acme.example/me"),
      shows("authorize_url", "https://sso.acme.example/authorize"),
      shows("identifier_key", "uuid"),
      shows("username_key", "nick"),
      showsBoolean("trust_email", true),
      showsBoolean("automatically_approve_accounts", true),
      {
        ...showsAs("branding_state_event", "branding_state", "custom_brand", "custom_branded"),
        also: { kind: "github" },
      },
      { ...refuses("branding_state_event", "brand_as_threescale"), also: { kind: "github" } },
      refuses("branding_state_event", "custom_brand"),
    ],
  },
  {
    controller: "authentication_providers update",
    title: "Authentication Provider Developer Portal Update",
    at: ({ authenticationProvider }) => [authenticationProvider],
    permits: () => [...clientValues, showsBoolean("automatically_approve_accounts", true)],
  },
  {
    controller: "account/authentication_providers create",
    title: "Authentication Provider Admin Portal Create",
    base: () => ({ kind: "auth0", site: "https://acme.auth0.example", ...client }),
    permits: () => [
      shows("kind", "keycloak"),
      refuses("kind", "github"),
      shows("name", "Team"),
      shows("system_name", "team_of_acme"),
      ...clientValues,
      shows("trust_email", true, false),
      shows("automatically_approve_accounts", true, false),
    ],
  },
  {
    controller: "account/authentication_providers update",
    title: "Authentication Provider Admin Portal Update",
    at: ({ ownAuthenticationProvider }) => [ownAuthenticationProvider],
    permits: () => [...clientValues, shows("automatically_approve_accounts", true, false)],
  },
  {
    controller: "fields_definitions create",
    title: "Fields Definition Create",
    base: (_made, n) => ({ target: "Account", name: `field${n}`, label: "Label" }),
    permits: () => [
      shows("target", "Cinstance"),
      shows("name", "colour"),
      shows("label", "Colour"),
      showsBoolean("required", true),
      showsBoolean("hidden", true),
      showsBoolean("read_only", true),
      shows("choices", ["red", "green"]),
    ],
  },
  {
    controller: "fields_definitions update",
    title: "Fields Definition Update",
    at: ({ ownField }) => [ownField],
    permits: () => [
      shows("label", "Colour"),
      showsBoolean("hidden", true),
      showsBoolean("read_only", true),
      { ...showsBoolean("required", true), also: { hidden: false, read_only: false } },
      shows("choices", ["red", "green"]),
      shows("position", 1),
      // Neither can be updated.
      shows("target", "User", "Account"),
      shows("name", "colour", "region"),
    ],
  },
  {
    controller: "access_tokens",
    title: "Personal Access Token Create",
    base: () => ({ name: "CRM", permission: "ro", scopes: ["account_management"] }),
    permits: () => [
      shows("name", "Billing"),
      shows("permission", "rw"),
      shows("scopes", ["finance", "stats"]),
      shows("expires_at", "2030-01-01T12:00:00Z"),
    ],
  },
  {
    controller: "personal/notification_preferences",
    title: "Notification Preferences Update",
    permits: () => notificationNames.map((name) => showsBoolean(name, true)),
  },
  {
    controller: "web_hooks",
    title: "WebHooks Update",
    base: () => ({ url: "https://hooks.example/3s" }),
    permits: () => [
      shows("url", "https://hooks.example/other"),
      showsBoolean("active", true),
      showsBoolean("provider_actions", true),
      ...switchNames.map((name) => showsBoolean(name, true)),
    ],
  },
];
