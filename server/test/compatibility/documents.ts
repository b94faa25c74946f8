import type { AccountDetails } from "#portal/accounts/index.ts";
import type { Application } from "#portal/applications/index.ts";
import type { DocumentSettings } from "#portal/fields/index.ts";
import type { Plan, Product } from "#portal/products/index.ts";
import type { User } from "#portal/users/index.ts";
import { aDefinition, anAccount, aPlan, aProduct, aProvider, standardDefinitions } from "../support/build-portal.ts";

const morning = new Date("2026-05-04T06:30:00.250Z");
const later = new Date("2026-05-06T19:00:41.900Z");

/** A provider with optional built-in fields and custom fields. */
export const settings: DocumentSettings = {
  provider: aProvider(),
  definitions: [
    ...standardDefinitions,
    aDefinition("Account", "segment"),
    aDefinition("Account", "country"),
    aDefinition("Account", "vat_rate"),
    aDefinition("User", "last_name"),
    aDefinition("User", "team"),
    aDefinition("User", "languages"),
    aDefinition("Cinstance", "stage"),
  ],
};

/** The same provider in another time zone. */
export const settingsInLisbon: DocumentSettings = { ...settings, provider: aProvider({ timeZone: "Europe/Lisbon" }) };

const accountPlan = aPlan({ id: 61, kind: "account_plan", productId: null, name: "Default", state: "hidden" });
const servicePlan = aPlan({ id: 62, kind: "service_plan", name: "Default" });
const basic = aPlan({ id: 63, costPerMonth: "12.5000", trialPeriodDays: 30 });
const gold = aPlan({
  id: 64,
  kind: "account_plan",
  productId: null,
  name: "Gold",
  isDefault: false,
  approvalRequired: true,
  costPerMonth: "99.9900",
  trialPeriodDays: 14,
});
const customized = aPlan({
  id: 65,
  productId: 8,
  name: "Basic (custom)",
  state: "hidden",
  isDefault: false,
  customizedFrom: 63,
  approvalRequired: true,
  setupFee: "100.0000",
});

export const user: User = {
  id: 51,
  accountId: 41,
  username: "nora",
  email: "nora@fjord.example",
  role: "admin",
  state: "pending",
  activatedAt: null,
  casIdentifier: null,
  openId: null,
  fields: {},
  createdAt: morning,
  updatedAt: morning,
};

export const changedUser: User = {
  ...user,
  state: "active",
  openId: "https://id.example/nora",
  fields: { last_name: " Lind ", team: "R&D", languages: ["c", "go"], undefined_here: "x" },
  updatedAt: later,
};

const account = anAccount({
  id: 41,
  lastSequence: 0,
  lastRecordedIn: 0,
  lastEventId: "00000000-0000-0000-0000-000000000000",
  orgName: "Fjord & Sons",
  state: "created",
  stateChangedAt: morning,
  deletionAt: null,
  planId: accountPlan.id,
  annotations: {},
  fields: { country: "Norway", vat_rate: "25.0", segment: "north" },
  monthlyBillingEnabled: true,
  monthlyChargingEnabled: true,
  creditCardToken: null,
  creditCardPartialNumber: null,
  creditCardExpiresOn: null,
  createdAt: morning,
  updatedAt: morning,
});

export const newAccount: AccountDetails = { account, plans: [accountPlan, servicePlan, basic], users: [user] };

export const changedAccount: AccountDetails = {
  account: {
    ...account,
    state: "approved",
    planId: gold.id,
    annotations: { kept_by: "operator" },
    fields: {},
    monthlyChargingEnabled: false,
    creditCardToken: "card-1",
    creditCardPartialNumber: "4242",
    creditCardExpiresOn: "2027-05-01",
    updatedAt: later,
  },
  plans: [gold],
  users: [],
};

/** A suspended account, which has no billing fields. */
export const lastAccount: AccountDetails = {
  account: { ...account, state: "suspended", updatedAt: later },
  plans: [accountPlan],
  users: [changedUser],
};

const userKeyProduct = aProduct();
const appIdProduct = aProduct({ id: 8, backendVersion: "2", referrerFiltersRequired: true });
const oidcProduct = aProduct({
  id: 9,
  backendVersion: "oauth",
  oidcConfiguration: {
    id: 3,
    standard_flow_enabled: true,
    implicit_flow_enabled: false,
    service_accounts_enabled: true,
    direct_access_grants_enabled: false,
  },
});

const buildApplication = (product: Product, plan: Plan, fields: Partial<Application>): Application => ({
  id: 71,
  accountId: 41,
  product,
  plan,
  name: "Nora's app",
  description: "Ferry times",
  state: "live",
  userKey: "6e0a9be17c3f4e28b6a1f0c2d4e68791",
  applicationId: "b1c2d3e4",
  keys: [],
  referrerFilters: [],
  providerVerificationKey: "2f1e0d3c4b5a69788796a5b4c3d2e1f0",
  redirectUrl: null,
  createOrigin: null,
  acceptedAt: null,
  firstTrafficAt: null,
  firstDailyTrafficAt: null,
  fields: {},
  createdAt: morning,
  updatedAt: morning,
  ...fields,
});

const buildKey = (value: string): Application["keys"][number] => ({ value, createdAt: morning, updatedAt: morning });

/** An application of each kind of service, when created and after an update. */
export const applications = {
  "user-key": {
    created: buildApplication(userKeyProduct, basic, { userKey: "6e0a9be17c3f4e28b6a1f0c2d4e68791" }),
    updated: buildApplication(userKeyProduct, basic, {
      userKey: "6e0a9be17c3f4e28b6a1f0c2d4e68791",
      state: "suspended",
      description: null,
      fields: { stage: "beta" },
      updatedAt: later,
    }),
  },
  "app-id": {
    created: buildApplication(appIdProduct, customized, {
      applicationId: "b1c2d3e4",
      keys: [buildKey("key-number-1")],
    }),
    updated: buildApplication(appIdProduct, customized, {
      applicationId: "b1c2d3e4",
      keys: [buildKey("key-number-1"), buildKey("key-number-2")],
      referrerFilters: ["*.fjord.example"],
      firstTrafficAt: morning,
      firstDailyTrafficAt: later,
      updatedAt: later,
    }),
  },
  oidc: {
    created: buildApplication(oidcProduct, aPlan({ id: 66, productId: 9, isDefault: false }), {
      applicationId: "c0ffee42",
    }),
    updated: buildApplication(oidcProduct, aPlan({ id: 66, productId: 9, isDefault: false }), {
      applicationId: "c0ffee42",
      redirectUrl: "https://app.fjord.example/back?a=1&b=2",
      keys: [buildKey("client-secret-1")],
      state: "pending",
      updatedAt: later,
    }),
  },
} as const;
