import type { ProviderUser } from "#access/index.ts";
import { exampleTime, laterExampleTime } from "#platform/times.ts";
import type { Account, AccountDetails } from "#portal/accounts/index.ts";
import type { Application } from "#portal/applications/index.ts";
import type { DocumentSettings, FieldsDefinition } from "#portal/fields/index.ts";
import type {
  ApiSpecification,
  Feature,
  Metric,
  Plan,
  PricingRule,
  Product,
  UsageLimit,
} from "#portal/products/index.ts";
import type { ProviderSettings } from "#portal/provider-account/index.ts";
import type { Provider } from "#portal/providers/index.ts";
import type { AuthenticationProvider } from "#portal/single-sign-on/index.ts";
import type { User } from "#portal/users/index.ts";

/** The objects of the examples in the OpenAPI document. They are never stored. */
export const exampleAdminUrl = "https://acme-admin.example.com";
export const exampleDeveloperUrl = "https://acme.example.com";

export const exampleTimestamps = { createdAt: exampleTime, updatedAt: laterExampleTime };

export const exampleProvider: Provider = {
  id: 2,
  name: "Acme",
  subdomain: "acme",
  state: "approved",
  timeZone: "UTC",
  webHooks: "visible",
  signupsEnabled: true,
  emailActivation: null,
  passwordLengthMin: 12,
  ...exampleTimestamps,
};

const exampleDefinition = (target: FieldsDefinition["target"], name: string, id: number): FieldsDefinition => ({
  id,
  target,
  name,
  label: name === "region" ? "Region" : name,
  required: name !== "region",
  hidden: false,
  readOnly: false,
  choices: name === "region" ? ["emea", "apac"] : [],
  position: id,
  ...exampleTimestamps,
});

export const exampleField = exampleDefinition("Account", "region", 2);

/** The built-in fields, and a custom one. */
export const exampleDocumentSettings: DocumentSettings = {
  provider: exampleProvider,
  definitions: [
    exampleDefinition("Account", "org_name", 1),
    exampleField,
    exampleDefinition("User", "username", 3),
    exampleDefinition("User", "email", 4),
    exampleDefinition("Cinstance", "name", 5),
    exampleDefinition("Cinstance", "description", 6),
  ],
};

export const exampleProduct: Product = {
  id: 7,
  name: "API",
  systemName: "api",
  description: "Tides and ferries",
  backendVersion: "1",
  deploymentOption: "hosted",
  state: "published",
  supportEmail: null,
  intentionsRequired: false,
  txtSupport: null,
  terms: null,
  notificationSettings: null,
  annotations: {},
  mandatoryAppKey: true,
  referrerFiltersRequired: false,
  buyersManageApps: true,
  buyersManageKeys: true,
  customKeysEnabled: true,
  buyerKeyRegenerateEnabled: true,
  buyerCanSelectPlan: false,
  buyerPlanChangePermission: "request",
  oidcConfiguration: null,
  ...exampleTimestamps,
};

const examplePlan = ({ id, kind, ...fields }: Pick<Plan, "id" | "kind"> & Partial<Plan>): Plan => ({
  id,
  kind,
  productId: kind === "account_plan" ? null : exampleProduct.id,
  name: "Default",
  systemName: "default",
  state: "published",
  isDefault: true,
  customizedFrom: null,
  approvalRequired: false,
  setupFee: "0",
  costPerMonth: "0",
  trialPeriodDays: null,
  cancellationPeriodSeconds: 0,
  ...exampleTimestamps,
  ...fields,
});

export const exampleAccountPlan = examplePlan({ id: 9, kind: "account_plan" });
export const exampleServicePlan = examplePlan({ id: 10, kind: "service_plan" });
export const exampleApplicationPlan = examplePlan({
  id: 11,
  kind: "application_plan",
  name: "Basic",
  systemName: "basic",
  costPerMonth: "12.5",
});

export const exampleFeature: Feature = {
  id: 81,
  productId: exampleProduct.id,
  planKind: "application_plan",
  name: "24/7 support",
  systemName: "support",
  description: "By phone and mail",
  visible: true,
  ...exampleTimestamps,
};

export const exampleAccountFeature: Feature = { ...exampleFeature, productId: null, planKind: "account_plan" };

export const exampleSpecification: ApiSpecification = {
  id: 91,
  productId: exampleProduct.id,
  name: "Tides",
  systemName: "tides",
  description: "Tides and ferries",
  published: true,
  skipSwaggerValidations: false,
  body: JSON.stringify({ openapi: "3.1.0", info: { title: "Tides", version: "1" }, paths: {} }),
  version: "3.1",
  ...exampleTimestamps,
};

export const exampleHits: Metric = {
  id: 13,
  productId: exampleProduct.id,
  parentId: null,
  systemName: "hits",
  friendlyName: "Hits",
  unit: "hit",
  description: "Number of API hits",
  ...exampleTimestamps,
};

export const exampleMethod: Metric = {
  ...exampleHits,
  id: 14,
  parentId: exampleHits.id,
  systemName: "ferry_times",
  friendlyName: "Ferry times",
  description: null,
};

const exampleTerm = {
  planId: exampleApplicationPlan.id,
  metricId: exampleHits.id,
  metricParentId: null,
  ...exampleTimestamps,
};

export const exampleLimit: UsageLimit = { id: 15, period: "minute", value: 100, ...exampleTerm };
export const examplePricingRule: PricingRule = { id: 16, min: 1001, max: null, costPerUnit: "0.01", ...exampleTerm };

export const exampleAccount: Account = {
  id: 31,
  lastSequence: 0,
  lastRecordedIn: 0,
  lastEventId: "00000000-0000-0000-0000-000000000000",
  orgName: "Harbour & Sons",
  state: "approved",
  stateChangedAt: exampleTime,
  deletionAt: null,
  planId: exampleAccountPlan.id,
  annotations: {},
  fields: { region: "emea" },
  monthlyBillingEnabled: true,
  monthlyChargingEnabled: true,
  creditCardToken: null,
  creditCardPartialNumber: null,
  creditCardExpiresOn: null,
  ...exampleTimestamps,
};

export const exampleUser: User = {
  id: 21,
  accountId: exampleAccount.id,
  username: "mira",
  email: "mira@harbour.example",
  role: "admin",
  state: "active",
  activatedAt: exampleTime,
  casIdentifier: null,
  openId: null,
  fields: {},
  ...exampleTimestamps,
};

export const exampleAccountDetails: AccountDetails = {
  account: exampleAccount,
  plans: [exampleAccountPlan, exampleServicePlan, exampleApplicationPlan],
  users: [exampleUser],
};

export const exampleApplication: Application = {
  id: 41,
  accountId: exampleAccount.id,
  product: exampleProduct,
  plan: exampleApplicationPlan,
  name: "Ferry times",
  description: "On the quay's screens",
  state: "live",
  userKey: "5d0a9be17c3f4e28b6a1f0c2d4e68791",
  applicationId: "5f2c1b7a",
  keys: [{ value: "3b1f7c52a9e04d1f8c6b2a7d5e9f0a13", ...exampleTimestamps }],
  referrerFilters: ["*.harbour.example"],
  providerVerificationKey: "0f1e2d3c4b5a69788796a5b4c3d2e1f0",
  redirectUrl: null,
  createOrigin: null,
  acceptedAt: null,
  firstTrafficAt: null,
  firstDailyTrafficAt: null,
  fields: {},
  ...exampleTimestamps,
};

export const exampleProviderUser: ProviderUser = {
  id: 3,
  username: "grace",
  email: "grace@acme.example",
  role: "member",
  sections: ["partners", "plans"],
  serviceIds: [7],
  state: "active",
  ...exampleTimestamps,
};

export const exampleAuthenticationProvider: AuthenticationProvider = {
  id: 91,
  accountType: "developer",
  kind: "keycloak",
  name: "Staff",
  systemName: "staff",
  clientId: "bellwire",
  clientSecret: "6f1c07b2a9",
  site: "https://sso.acme.example/realms/staff",
  tokenUrl: null,
  userInfoUrl: null,
  authorizeUrl: null,
  skipSslCertificateVerification: false,
  automaticallyApproveAccounts: false,
  usernameKey: "login",
  identifierKey: "id",
  trustEmail: false,
  published: true,
  ...exampleTimestamps,
};

export const exampleProviderSettings: ProviderSettings = {
  name: exampleProvider.name,
  timeZone: exampleProvider.timeZone,
  webHooks: exampleProvider.webHooks,
  signupsEnabled: exampleProvider.signupsEnabled,
  emailActivation: exampleProvider.emailActivation,
  passwordLengthMin: exampleProvider.passwordLengthMin,
  userAccountAreaEnabled: true,
  hideService: false,
  publicSearch: false,
  accountPlansUiVisible: true,
  changeAccountPlanPermission: "request",
  servicePlansUiVisible: false,
  changeServicePlanPermission: "request",
  enforceSso: false,
  accountApprovalRequired: false,
  fromEmail: "no-reply@acme.example",
  supportEmail: "support@acme.example",
  financeSupportEmail: null,
  siteAccessCode: "3f1c07b2a9",
};
