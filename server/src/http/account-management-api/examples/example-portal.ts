import { exampleTime, laterExampleTime } from "#platform/clock/example-times.ts";
import type { Account } from "#portal/accounts/index.ts";
import type { Application } from "#portal/applications/index.ts";
import type { DocumentSettings, FieldsDefinition } from "#portal/fields/index.ts";
import type { Plan, Product } from "#portal/products/index.ts";
import type { Provider } from "#portal/providers/index.ts";
import type { User } from "#portal/users/index.ts";
import type { WholeAccount } from "#portal/whole-accounts/index.ts";

/** The portal that the documentation tells of. It was never stored; what it looks like, the representers say. */

export const adminUrl = "https://acme-admin.example.com";
export const developerUrl = "https://acme.example.com";

export const times = { createdAt: exampleTime, updatedAt: laterExampleTime };

export const provider: Provider = {
  id: 2,
  name: "Acme",
  subdomain: "acme",
  state: "approved",
  timeZone: "UTC",
  webHooks: "visible",
  signupsEnabled: true,
  emailActivation: null,
  passwordLengthMin: 12,
  ...times,
};

const definitionOf = (target: FieldsDefinition["target"], name: string, id: number): FieldsDefinition => ({
  id,
  target,
  name,
  label: name === "region" ? "Region" : name,
  required: name !== "region",
  hidden: false,
  readOnly: false,
  choices: name === "region" ? ["emea", "apac"] : [],
  position: id,
  ...times,
});

export const region = definitionOf("Account", "region", 2);

/** What is kept of everybody, and one field that Acme has added. */
export const settings: DocumentSettings = {
  provider,
  definitions: [
    definitionOf("Account", "org_name", 1),
    region,
    definitionOf("User", "username", 3),
    definitionOf("User", "email", 4),
    definitionOf("Cinstance", "name", 5),
    definitionOf("Cinstance", "description", 6),
  ],
};

export const product: Product = {
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
  ...times,
};

const planOf = ({ id, kind, ...its }: Pick<Plan, "id" | "kind"> & Partial<Plan>): Plan => ({
  id,
  kind,
  productId: kind === "account_plan" ? null : product.id,
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
  ...times,
  ...its,
});

export const accountPlan = planOf({ id: 9, kind: "account_plan" });
export const servicePlan = planOf({ id: 10, kind: "service_plan" });
export const applicationPlan = planOf({
  id: 11,
  kind: "application_plan",
  name: "Basic",
  systemName: "basic",
  costPerMonth: "12.5",
});

export const account: Account = {
  id: 31,
  version: "0193f2a4-5c6e-7d10-8a3b-4c5d6e7f8091",
  lastSequence: 0,
  orgName: "Harbour & Sons",
  state: "approved",
  stateChangedAt: exampleTime,
  deletionAt: null,
  planId: accountPlan.id,
  annotations: {},
  fields: { region: "emea" },
  monthlyBillingEnabled: true,
  monthlyChargingEnabled: true,
  creditCardToken: null,
  creditCardPartialNumber: null,
  creditCardExpiresOn: null,
  ...times,
};

export const user: User = {
  id: 21,
  accountId: account.id,
  username: "mira",
  email: "mira@harbour.example",
  role: "admin",
  state: "active",
  activatedAt: exampleTime,
  casIdentifier: null,
  openId: null,
  fields: {},
  ...times,
};

export const wholeAccount: WholeAccount = {
  account,
  plans: [accountPlan, servicePlan, applicationPlan],
  users: [user],
};

export const application: Application = {
  id: 41,
  accountId: account.id,
  product,
  plan: applicationPlan,
  name: "Ferry times",
  description: "On the quay's screens",
  state: "live",
  userKey: "5d0a9be17c3f4e28b6a1f0c2d4e68791",
  applicationId: "5f2c1b7a",
  keys: [{ value: "3b1f7c52a9e04d1f8c6b2a7d5e9f0a13", ...times }],
  referrerFilters: ["*.harbour.example"],
  providerVerificationKey: "0f1e2d3c4b5a69788796a5b4c3d2e1f0",
  redirectUrl: null,
  createOrigin: null,
  acceptedAt: null,
  firstTrafficAt: null,
  firstDailyTrafficAt: null,
  fields: {},
  ...times,
};
