import { type Json, type Node, list } from "#platform/document.ts";
import {
  contractToJson,
  keysToJson,
  referrerFiltersToJson,
  representContract,
  representKeys,
  representReferrerFilters,
  subscriptionToJson,
} from "#portal/applications/index.ts";
import { definitionToJson } from "#portal/fields/index.ts";
import {
  featureToJson,
  limitToJson,
  metricToJson,
  planToJson,
  pricingRuleToJson,
  productToJson,
  representFeature,
  representLimit,
  representMetric,
  representPlan,
  representPricingRule,
  representProduct,
  representSpecification,
  specificationToJson,
} from "#portal/products/index.ts";
import { providerToJson, representProvider } from "#portal/provider-account/index.ts";
import {
  type AuthenticationProvider,
  authenticationProviderToJson,
  representAuthenticationProvider,
} from "#portal/single-sign-on/index.ts";
import {
  exampleHits,
  exampleLimit,
  exampleMethod,
  examplePricingRule,
  exampleProviderSettings,
  exampleProviderUser,
  exampleSpecification,
} from "../../src/http/account-management-api/example-portal.ts";
import { aDefinition, aPlan, aProduct, aProvider } from "../support/build-portal.ts";
import { applications } from "./documents.ts";

const adminUrl = "https://acme-admin.example.com";
const ssoUrls = { developer: "https://acme.example.com", provider: adminUrl };
const provider = aProvider();
const inLisbon = aProvider({ timeZone: "Europe/Lisbon" });
const at = new Date("2026-07-04T06:30:00.250Z");

const plans = [
  aPlan({ id: 61, kind: "account_plan", productId: null, name: "Default", state: "hidden" }),
  aPlan({ id: 64, kind: "account_plan", productId: null, name: "Gold", isDefault: false, costPerMonth: "99.9900" }),
  aPlan({ id: 62, kind: "service_plan", name: "Partners", isDefault: false, approvalRequired: true }),
  aPlan({ id: 63, costPerMonth: "12.5000", trialPeriodDays: 30, updatedAt: at }),
];

const filters = [{ id: 5, applicationId: 71, value: "*.fjord.example", createdAt: at, updatedAt: at }];

const support = {
  id: 91,
  productId: 7,
  planKind: "application_plan",
  name: "24/7 support",
  systemName: "support",
  description: "By phone & mail",
  visible: true,
  createdAt: at,
  updatedAt: at,
} as const;

const staff: AuthenticationProvider = {
  id: 91,
  accountType: "developer",
  kind: "github",
  name: "Staff & friends",
  systemName: "staff",
  clientId: "bellwire",
  clientSecret: "low<tide",
  site: null,
  tokenUrl: null,
  userInfoUrl: null,
  authorizeUrl: null,
  skipSslCertificateVerification: false,
  automaticallyApproveAccounts: true,
  usernameKey: "login",
  identifierKey: "id",
  trustEmail: false,
  published: true,
  createdAt: at,
  updatedAt: at,
};

const realm: AuthenticationProvider = {
  ...staff,
  id: 92,
  accountType: "provider",
  kind: "keycloak",
  site: "https://sso.acme.example/realms/staff",
  tokenUrl: "https://sso.acme.example/token",
  userInfoUrl: "https://sso.acme.example/me",
  authorizeUrl: "https://sso.acme.example/authorize",
};

export const identityProviders = [staff, realm].map((each) => representAuthenticationProvider(each, provider, ssoUrls));

const features = [
  { ...support, id: 90, productId: null, planKind: "account_plan" },
  { ...support, planKind: "service_plan", description: "" },
  { ...support, id: 92, systemName: "feature_9f86d081884c", name: null, description: null },
] as const;

const specifications = [
  { ...exampleSpecification, createdAt: at, updatedAt: at },
  {
    ...exampleSpecification,
    id: 92,
    productId: null,
    systemName: "ferries",
    name: "Ferries & quays",
    description: null,
    published: false,
    body: '{\n  "apis": [{ "path": "/<quay>" }]\n}\n',
    createdAt: at,
    updatedAt: at,
  },
];

const oidcProduct = aProduct({
  id: 9,
  name: "Tides & Winds",
  backendVersion: "oauth",
  oidcConfiguration: {
    id: 9,
    standard_flow_enabled: true,
    implicit_flow_enabled: false,
    service_accounts_enabled: false,
    direct_access_grants_enabled: false,
  },
});

const tides = aProduct({
  description: "Ferries",
  state: "published",
  supportEmail: "tides@acme.example",
  notificationSettings: { web_provider: [0, 50, 100] },
  annotations: { managed_by: "operator" },
});
const context = { provider, supportEmail: "support@acme.example" };

const hits = { ...exampleHits, createdAt: at, updatedAt: at };
const departures = { ...exampleMethod, createdAt: at, updatedAt: at };
const limit = { ...exampleLimit, createdAt: at, updatedAt: at };
const pricingRule = { ...examplePricingRule, max: 2000, createdAt: at, updatedAt: at };
const terms = { provider: inLisbon, adminUrl, productId: 7 };

const subscription = {
  subscription: {
    id: 81,
    accountId: 41,
    productId: 7,
    planId: 62,
    state: "live",
    requestedPlanId: null,
    acceptedAt: null,
    createdAt: at,
    updatedAt: at,
  },
  plan: aPlan({ id: 62, kind: "service_plan", setupFee: "10.0000" }),
} as const;

const approved = {
  ...subscription,
  subscription: { ...subscription.subscription, acceptedAt: new Date("2026-07-05T08:00:00Z") },
};

const application = applications["app-id"].updated;

const grace = { ...exampleProviderUser, createdAt: at, updatedAt: at };
const contacts = { supportEmail: "support@acme.example", financeSupportEmail: "support@acme.example" };
const acme = {
  provider,
  settings: exampleProviderSettings,
  contacts,
  noReplyAddress: "no-reply@acme.example",
  users: [grace],
};
const origins = { admin: adminUrl, developer: "https://acme.example.com" };

/** Documents of the API by the name of their golden file. */
export const asXml: readonly (readonly [file: string, document: Node])[] = [
  [
    "plans",
    list(
      "plans",
      plans.map((plan) => representPlan(plan)),
      "open",
    ),
  ],
  [
    "features",
    list(
      "features",
      features.map((feature) => representFeature(feature, provider)),
      "open",
    ),
  ],
  [
    "api-docs",
    list(
      "api_docs",
      specifications.map((each) => representSpecification(each, inLisbon)),
      "open",
    ),
  ],
  ["keys", representKeys(application.keys, provider)],
  ["keys-in-lisbon", representKeys([{ value: "summer", createdAt: at, updatedAt: at }], inLisbon)],
  ["referrer-filters", representReferrerFilters(filters, inLisbon)],
  ["service", representProduct(tides, context, [hits, departures].map(representMetric))],
  ["service-oidc", representProduct(oidcProduct, context, [])],
  ["metric", representMetric(hits)],
  ["method", representMetric(departures)],
  ["limit", representLimit(limit)],
  ["pricing-rule", representPricingRule(pricingRule)],
  ["pricing-rule-without-max", representPricingRule({ ...pricingRule, max: null })],
  ["service-contract", representContract(subscription, provider, at)],
  ["service-contract-approved", representContract(approved, inLisbon, at)],
  ["provider", representProvider(acme, origins)],
];

export const asJson: readonly (readonly [file: string, json: Json])[] = [
  ["plans", { plans: plans.map((plan) => planToJson(plan, provider, adminUrl)) }],
  ["api-docs", { api_docs: specifications.map((each) => specificationToJson(each, inLisbon)) }],
  ["features", { features: features.map((feature) => featureToJson(feature, inLisbon, adminUrl)) }],
  [
    "authentication-providers",
    { authentication_providers: [staff, realm].map((each) => authenticationProviderToJson(each, inLisbon, ssoUrls)) },
  ],
  ["keys", keysToJson(application, provider, adminUrl)],
  ["referrer-filters", referrerFiltersToJson(filters, { application, provider, adminUrl })],
  ["service", productToJson(tides, context, adminUrl)],
  ["metric", metricToJson(hits, "metric", inLisbon, adminUrl)],
  ["method", metricToJson(departures, "method", inLisbon, adminUrl)],
  ["method-as-metric", metricToJson(departures, "metric", inLisbon, adminUrl)],
  ["limit", limitToJson(limit, terms)],
  ["limit-of-method", limitToJson({ ...limit, metricId: 14, metricParentId: 13 }, terms)],
  ["pricing-rule", pricingRuleToJson(pricingRule, terms)],
  ["pricing-rule-without-max", pricingRuleToJson({ ...pricingRule, max: null }, terms)],
  ["service-oidc", productToJson(oidcProduct, context, adminUrl)],
  ["service-contract", contractToJson(subscription, provider, at)],
  ["service-contract-approved", contractToJson(approved, inLisbon, at)],
  ["service-subscription", subscriptionToJson(subscription, provider, at)],
  ["service-subscription-approved", subscriptionToJson(approved, inLisbon, at)],
  ["provider", providerToJson(acme, origins)],
  ["fields-definition", definitionToJson(aDefinition("Cinstance", "stage", { choices: ["alpha", "beta"] }), provider)],
];
