import { expect } from "vitest";
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

const ofAccount = ({ account }: PermitObjects) => [account];
const ofUser = ({ account, user }: PermitObjects) => [account, user];
const ofApplication = ({ account, application }: PermitObjects) => [account, application];

const nested = { name: "Quay Ltd", address1: "Pier 1", city: "Faro", country: "Portugal" };
const billingParts = [
  ["name", "company"],
  ["address1", "address1"],
  ["address2", "address2"],
  ["city", "city"],
  ["country", "country"],
  ["state", "state"],
  ["zip", "zip"],
  ["phone", "phone_number"],
] as const;

const accountPart: readonly Permit[] = [
  shows("region", "emea"),
  { name: "extra_fields[region]", send: "apac", effect: { shows: "apac", as: "region" } },
  {
    name: "annotations[managed_by]",
    send: "operator",
    effect: { shows: { managed_by: "operator" }, as: "annotations" },
  },
  ...billingParts.flatMap(([input, part]): Permit[] => [
    {
      name: `billing_address[${input}]`,
      send: "Part",
      also: { billing_address: nested },
      effect: { shows: "Part", as: `billing_address.${part}` },
    },
    showsAs(`billing_address_${input}`, `billing_address.${part}`, "Flat"),
  ]),
];

const applicationValues: readonly Permit[] = [
  shows("name", "Ferry times"),
  shows("description", "On the screens"),
  shows("stage", "beta"),
  shows("user_key", "ferry-times-key"),
  stores("applications", "redirect_url", "https://app.example/cb"),
  shows("first_traffic_at", "2026-03-01T12:00:00Z"),
  shows("first_daily_traffic_at", "2026-03-02T00:00:00Z"),
  stores("applications", "accepted_at", "2026-03-03T00:00:00Z", "accepted_at", new Date("2026-03-03T00:00:00Z")),
  stores("applications", "create_origin", "import"),
];

/** Buying a plan returns the plan, and reads no credentials of the new application. */
const boughtApplicationValues: readonly Permit[] = [
  stores("applications", "name", "Ferry times"),
  stores("applications", "description", "On the screens"),
  stores("applications", "stage", "beta", "fields ->> 'stage'"),
  stores("applications", "redirect_url", "https://app.example/cb"),
  stores("applications", "create_origin", "import"),
  ...["first_traffic_at", "first_daily_traffic_at", "accepted_at"].map((name) =>
    stores("applications", name, "2026-03-03T00:00:00Z", name, new Date("2026-03-03T00:00:00Z")),
  ),
  stores("applications", "user_key", "ferry-times-key", "user_key = 'ferry-times-key'", false),
  stores("applications", "application_id", "ferry-1", "application_id = 'ferry-1'", false),
];

const card = {
  credit_card_token: "cus_1",
  billing_address_name: "Mira",
  billing_address_address: "Quay 1",
  billing_address_city: "Hull",
  billing_address_country: "GB",
  credit_card_expiration_month: "5",
  credit_card_expiration_year: "31",
};

/** The permit lists of accounts, their users and their applications. */
export const listsOfDevelopers: readonly PermitList[] = [
  {
    controller: "accounts update",
    title: "Account Update",
    at: ofAccount,
    permits: () => [
      shows("org_name", "Pier"),
      showsAs("name", "org_name", "Dock"),
      ...accountPart,
      showsBoolean("monthly_billing_enabled", false),
      showsBoolean("monthly_charging_enabled", false),
    ],
  },
  {
    controller: "signups",
    title: "Signup Express (Account Create)",
    base: (_made, n) => ({ org_name: `Org ${n}`, ...uniquePerson(n) }),
    permits: ({ accountPlan, servicePlan, applicationPlan }) => [
      shows("org_name", "Pier"),
      ...accountPart,
      stores("users", "username", "captain", "username"),
      stores("users", "email", "captain@quay.example", "email"),
      stores("users", "job_role", "captain", "fields->>'job_role'"),
      { name: "password", send: "a long enough password", effect: { shows: "approved", as: "state" } },
      wrongConfirmation,
      stores("accounts", "account_plan_id", accountPlan, "plan_id"),
      stores("service_subscriptions", "service_plan_id", servicePlan, "plan_id"),
      stores("applications", "application_plan_id", applicationPlan, "plan_id"),
    ],
  },
  {
    controller: "accounts change_plan",
    title: "Account Change Plan",
    at: ofAccount,
    permits: ({ accountPlan }) => [showsAs("plan_id", "id", accountPlan)],
  },
  {
    controller: "messages",
    title: "Account Message",
    at: ofAccount,
    base: () => ({ subject: "Prices" }),
    permits: () => [shows("subject", "Tides"), shows("body", "They stay.")],
  },
  {
    controller: "sso_tokens",
    title: "SSO Token Create",
    base: () => ({ username: "quay" }),
    permits: ({ user }) => [
      { name: "user_id", send: user, effect: { shows: expect.stringContaining("/session/create?"), as: "sso_url" } },
      refuses("username", "nobody"),
      refuses("expires_in", 30),
      {
        name: "redirect_url",
        send: "/applications",
        effect: { shows: expect.stringContaining("token="), as: "sso_url" },
      },
      { name: "protocol", send: "http", effect: { shows: expect.stringMatching(/^http:/), as: "sso_url" } },
    ],
  },
  {
    controller: "service_subscriptions create",
    title: "Service Subscription Create",
    at: ({ otherAccount }) => [otherAccount],
    permits: ({ servicePlan }) => [shows("plan_id", servicePlan)],
  },
  {
    controller: "service_subscriptions change_plan",
    title: "Service Subscription Change Plan",
    at: ({ account, subscription }) => [account, subscription],
    permits: ({ otherServicePlan }) => [showsAs("plan_id", "id", otherServicePlan)],
  },
  {
    controller: "buyers_application_plans buy",
    title: "Account Application Plan Buy",
    at: ({ account, applicationPlan }) => [account, applicationPlan],
    permits: () => boughtApplicationValues,
  },
  {
    controller: "buyers_users create",
    title: "User Create",
    at: ofAccount,
    base: (_made, n) => uniquePerson(n),
    permits: () => [
      shows("username", "bosun"),
      shows("email", "bosun@quay.example"),
      shows("job_role", "bosun"),
      refuses("password", "short"),
      wrongConfirmation,
    ],
  },
  {
    controller: "buyers_users update",
    title: "User Update",
    at: ofUser,
    permits: () => [
      shows("username", "pilot"),
      shows("email", "pilot@quay.example"),
      shows("job_role", "pilot"),
      refuses("password", "short"),
      wrongConfirmation,
    ],
  },
  {
    controller: "buyers_applications create",
    title: "Application Create",
    at: ofAccount,
    base: ({ applicationPlan }) => ({ plan_id: applicationPlan }),
    permits: ({ applicationPlan }) => [
      shows("plan_id", applicationPlan),
      stores("application_keys", "application_key", "key-one", "value"),
      stores("application_keys", "application_key", ["key-two"], "value", "key-two"),
      ...applicationValues,
      stores("applications", "application_id", "ferry-1"),
    ],
  },
  {
    controller: "buyers_applications update",
    title: "Application Update",
    at: ofApplication,
    permits: () => [...applicationValues, shows("name", "")],
  },
  {
    controller: "buyer_application_keys",
    title: "Application Key Create",
    at: ofApplication,
    permits: () => [stores("application_keys", "key", "key-three", "value")],
  },
  {
    controller: "buyer_application_referrer_filters",
    title: "Application Referrer Filter Create",
    at: ofApplication,
    permits: () => [stores("referrer_filters", "referrer_filter", "*.quay.example", "value")],
  },
  {
    controller: "credit_cards",
    title: "Account Set Credit Card",
    at: ofAccount,
    base: () => card,
    permits: () => [
      stores("accounts", "credit_card_token", "cus_2"),
      showsAs("billing_address_name", "billing_address.company", "Nora"),
      showsAs("billing_address_address", "billing_address.address1", "Pier 2"),
      showsAs("billing_address_city", "billing_address.city", "York"),
      showsAs("billing_address_country", "billing_address.country", "NO"),
      showsAs("billing_address_state", "billing_address.state", "Humber"),
      showsAs("billing_address_phone", "billing_address.phone_number", "+44 1"),
      showsAs("billing_address_zip", "billing_address.zip", "HU1"),
      showsAs("credit_card_expiration_month", "credit_card_expires_on", "12", "2031-12-01"),
      showsAs("credit_card_expiration_year", "credit_card_expires_on", "2032", "2032-05-01"),
      shows("credit_card_partial_number", "4242"),
      ...["credit_card_authorize_net_payment_profile_token", "payment_method_id"].map((name): Permit => ({
        name,
        send: "p1",
        effect: { ignored: "3scale gives it to a payment gateway, and there is none here" },
      })),
    ],
  },
];
