import { Type } from "typebox";
import { isInProductScope } from "#access/index.ts";
import { logInUrl } from "#portal/providers/index.ts";
import { Problem } from "#http/shared/problem.ts";
import type { Database } from "#platform/database/database.ts";
import { columnOf, documentProperties } from "#platform/database/field-table.ts";
import { renderXmlDocument } from "#platform/xml.ts";
import {
  type Account,
  type AccountDetails,
  accountFields,
  accountStates,
  accountToJson,
  type AccountTransition,
  type AccountWithSettings,
  changeAccountPlan,
  changeAccountState,
  deleteAccount,
  deleteCreditCard,
  limitToScope,
  listAccountDetails,
  readAccounts,
  readAccount,
  readAccountDetails,
  representAccount,
  searchAccounts,
  signUpAccount,
  updateAccount,
  updateCreditCard,
} from "#portal/accounts/index.ts";
import type { Application } from "#portal/applications/index.ts";
import {
  annotationsSchema,
  type DocumentSettings,
  propertySchemas,
  readDocumentSettings,
} from "#portal/fields/index.ts";
import { readPlans } from "#portal/products/index.ts";
import { findAccountOfUser } from "#portal/users/index.ts";
import {
  type ApiResponse,
  idSchema,
  type Items,
  linksSchema,
  metadataSchema,
  optionalText,
  readInBatches,
  renderJson,
  renderJsonList,
  renderXmlList,
  requireSuccess,
  type ResponseDoc,
  timeSchema,
  timestamps,
} from "./responses.ts";
import {
  exampleAccount,
  exampleAccountDetails,
  exampleAdminUrl,
  exampleApplication,
  exampleDocumentSettings,
} from "./example-portal.ts";
import {
  type Call,
  type Operation,
  type PageMetadata,
  pageMetadata,
  pageQuery,
  type Parameters,
  parseId,
  parsePage,
  parseText,
} from "./operation.ts";
import { accountPlanResponse, renderPlan } from "./plans.ts";

const billingSchemas = Object.fromEntries(
  documentProperties(accountFields, "billing").map((property) => [
    columnOf(accountFields, property),
    Type.Optional(Type.Boolean({ description: "Absent while the account is suspended or scheduled for deletion." })),
  ]),
);

const AccountSchema = Type.Object({
  account: Type.Object(
    {
      id: idSchema,
      ...timestamps,
      credit_card_stored: Type.Boolean(),
      credit_card_partial_number: optionalText,
      credit_card_expires_on: Type.Optional(Type.String({ format: "date" })),
      ...billingSchemas,
      state: Type.String({
        enum: [...accountStates],
      }),
      deletion_date: Type.Optional(timeSchema),
      annotations: Type.Record(Type.String(), Type.String()),
      links: linksSchema,
      org_name: Type.String(),
    },
    { title: "Account", additionalProperties: true, description: "Followed by the fields that you have defined." },
  ),
});

interface AccountReader extends Pick<Call, "adminUrl"> {
  readonly caller: Pick<Call["caller"], "productScope">;
}

/** Renders an account. XML has its users, and those of its plans that the caller may see. */
const renderAccount = (
  { adminUrl, caller }: AccountReader,
  { details, settings }: AccountWithSettings,
): ApiResponse => ({
  xml: () => renderXmlDocument(representAccount(limitToScope(details, caller.productScope), settings)),
  json: () => renderJson(accountToJson(details.account, settings, adminUrl)),
  lastModified: details.account.updatedAt,
});

interface AccountPage {
  readonly read: () => Items<Account>;
  /** Reads the accounts with their users and plans, which only XML has. */
  readonly readDetails: () => Items<AccountDetails>;
  readonly metadata: PageMetadata | undefined;
  readonly settings: DocumentSettings;
  readonly adminUrl: string;
}

const renderAccounts = ({ read, readDetails, metadata, settings, adminUrl }: AccountPage): ApiResponse => ({
  xml: () => renderXmlList("accounts", readDetails(), (details) => representAccount(details, settings), metadata),
  json: () => renderJsonList("accounts", read(), (account) => accountToJson(account, settings, adminUrl), metadata),
});

const accountResponse: ResponseDoc = {
  schema: AccountSchema,
  example: renderAccount(
    { adminUrl: exampleAdminUrl, caller: { productScope: null } },
    { details: exampleAccountDetails, settings: exampleDocumentSettings },
  ),
};

const accountsResponse: ResponseDoc = {
  schema: Type.Object({ accounts: Type.Array(AccountSchema), metadata: metadataSchema }),
  example: renderAccounts({
    read: () => [exampleAccount],
    readDetails: () => [exampleAccountDetails],
    metadata: { per_page: 1, total_entries: 600, total_pages: 600, current_page: 1 },
    settings: exampleDocumentSettings,
    adminUrl: exampleAdminUrl,
  }),
};

/** Returns an account of the provider, or throws `not-found`. */
export async function requireAccount(db: Database, providerId: number, id: number): Promise<Account> {
  const account = await readAccount(db, providerId, id);
  if (!account) throw new Problem("not-found");
  return account;
}

type UserKey = { readonly by: "id" | "username" | "email"; readonly value: string | number };

/** Returns the first parameter that is present, even an empty one: a wrong name does not fall back to the next parameter. */
function parseUserKey(query: Parameters): UserKey | undefined {
  const text = (name: string): string => parseText(query[name]) ?? "";
  if (query["username"] !== undefined) return { by: "username", value: text("username") };
  if (query["user_id"] !== undefined) return { by: "id", value: parseId(query["user_id"]) ?? 0 };
  const email = text("email");
  return email === "" ? undefined : { by: "email", value: email };
}

const transitionOperation = (
  transition: AccountTransition,
  described: Pick<Operation, "title" | "description" | "action">,
): Operation => ({
  ...described,
  method: "PUT",
  path: `/accounts/{id}/${transition}`,
  otherErrors: [422],
  response: accountResponse,

  async handle(needs, call) {
    const { provider, by } = call;
    const change = { provider, accountId: call.id("id"), transition, logInUrl: logInUrl(needs, provider), by };
    const outcome = await changeAccountState(needs.pool, change);
    return renderAccount(call, requireSuccess(outcome));
  },
});

export const accountOperations: readonly Operation[] = [
  {
    title: "Account List",
    description: "Lists the accounts, oldest first. A list of more than `per_page` accounts has page metadata.",
    method: "GET",
    path: "/accounts",
    action: "read-portal",
    query: Type.Object({
      state: Type.Optional(
        Type.String({ enum: ["pending", "approved", "rejected"], description: "Accounts in this state only." }),
      ),
      query: Type.Optional(
        Type.String({
          description: "A part of the organization's name, or of a user's name or email address. Case-insensitive.",
        }),
      ),
      ...pageQuery,
    }),
    response: accountsResponse,
    async handle({ pool }, { provider, caller: { productScope }, adminUrl, query }) {
      const filter = {
        state: parseText(query["state"]) || undefined,
        query: parseText(query["query"])?.trim() || undefined,
      };
      const page = parsePage(query);
      const { ids, total } = await searchAccounts(pool, provider.id, filter, page);
      return renderAccounts({
        read: () => readInBatches(ids, (batch) => readAccounts(pool, provider.id, batch)),
        readDetails: () =>
          readInBatches(ids, async (batch) => {
            const accounts = await listAccountDetails(pool, provider.id, batch);
            return accounts.map((details) => limitToScope(details, productScope));
          }),
        metadata: pageMetadata(page, total),
        settings: await readDocumentSettings(pool, provider),
        adminUrl,
      });
    },
  },
  {
    title: "Account Find",
    description: "Finds the account of a user. Only the first of these parameters counts.",
    method: "GET",
    path: "/accounts/find",
    action: "read-portal",
    query: Type.Object({
      username: Type.Optional(Type.String({ description: "The user's name." })),
      user_id: Type.Optional(Type.String({ description: "The user's id." })),
      email: Type.Optional(Type.String({ description: "The user's email address." })),
    }),
    otherErrors: [404],
    response: accountResponse,
    async handle({ pool }, call) {
      const key = parseUserKey(call.query);
      const accountId = key && (await findAccountOfUser(pool, call.provider.id, key));
      const account = accountId === undefined ? undefined : await readAccountDetails(pool, call.provider, accountId);
      return renderAccount(call, requireSuccess(account));
    },
  },
  {
    title: "Account Read",
    description: "Returns an account.",
    method: "GET",
    path: "/accounts/{id}",
    action: "read-portal",
    response: accountResponse,
    async handle({ pool }, call) {
      return renderAccount(call, requireSuccess(await readAccountDetails(pool, call.provider, call.id("id"))));
    },
  },
  {
    title: "Account Update",
    description: "Updates an account. Absent fields keep their values.",
    method: "PUT",
    path: "/accounts/{id}",
    action: "change-portal",
    body: Type.Object(propertySchemas(accountFields, "change"), {
      additionalProperties: true,
      description:
        "Also accepts the fields that you have defined for accounts, optionally inside `extra_fields`; `name` as a synonym " +
        "of `org_name`; and `billing_address`, nested or in parts such as `billing_address_city`, if you have defined it.",
      examples: [{ org_name: "Harbour & Daughters", region: "apac" }],
    }),
    response: accountResponse,
    async handle({ pool }, call) {
      const { provider, values, by } = call;
      const outcome = await updateAccount(pool, { provider, accountId: call.id("id"), values, writer: "program", by });
      return renderAccount(call, requireSuccess(outcome));
    },
  },
  {
    title: "Account Delete",
    description: "Deletes an account with its users and its applications.",
    method: "DELETE",
    path: "/accounts/{id}",
    action: "administer-portal",
    async handle({ pool }, { provider, by, id }) {
      requireSuccess(await deleteAccount(pool, { provider, accountId: id("id"), by }));
      return {};
    },
  },
  {
    title: "Account Fetch Account Plan",
    description: "Returns the account plan of an account.",
    method: "GET",
    path: "/accounts/{account_id}/plan",
    action: "read-portal",
    response: accountPlanResponse,
    async handle({ pool }, call) {
      const { planId } = await requireAccount(pool, call.provider.id, call.id("account_id"));
      const [plan] = await readPlans(pool, call.provider.id, [planId]);
      return renderPlan(call, requireSuccess(plan));
    },
  },
  {
    title: "Account Change Plan",
    description: "Moves an account to another account plan, which may be hidden, and returns the plan.",
    method: "PUT",
    path: "/accounts/{id}/change_plan",
    action: "change-portal",
    body: Type.Object({ plan_id: Type.Integer() }, { examples: [{ plan_id: 9 }] }),
    response: accountPlanResponse,
    async handle({ pool }, call) {
      const { provider, values, by } = call;
      const planId = parseId(values["plan_id"]) ?? 0;
      const outcome = await changeAccountPlan(pool, { provider, accountId: call.id("id"), planId, by });
      return renderPlan(call, requireSuccess(outcome).plan);
    },
  },
  transitionOperation("approve", {
    title: "Account Approve",
    description: "Approves an account that is created, pending or rejected.",
    action: "administer-portal",
  }),
  transitionOperation("make_pending", {
    title: "Account Reset to Pending",
    description: "Makes an account pending that is created, approved or rejected.",
    action: "change-portal",
  }),
  transitionOperation("reject", {
    title: "Account Reject",
    description: "Rejects an account that is created, pending or approved.",
    action: "administer-portal",
  }),
  {
    title: "Account Set Credit Card",
    description:
      "Stores a payment gateway's reference to the account's credit card, never the card itself, and the account's " +
      "`billing_address`, which responses show if you have defined that field.",
    method: "PUT",
    path: "/accounts/{id}/credit_card",
    action: "change-credit-card",
    body: Type.Object(
      {
        credit_card_token: Type.String(),
        credit_card_authorize_net_payment_profile_token: optionalText,
        credit_card_expiration_year: Type.String(),
        credit_card_expiration_month: Type.String(),
        billing_address_name: Type.String(),
        billing_address_address: Type.String(),
        billing_address_city: Type.String(),
        billing_address_country: Type.String(),
        billing_address_state: optionalText,
        billing_address_phone: optionalText,
        billing_address_zip: optionalText,
        credit_card_partial_number: optionalText,
        payment_method_id: optionalText,
      },
      {
        examples: [
          {
            credit_card_token: "cus_4f2a",
            credit_card_expiration_year: "2031",
            credit_card_expiration_month: "5",
            billing_address_name: "Mira Harbour",
            billing_address_address: "1 Quay",
            billing_address_city: "Hull",
            billing_address_country: "GB",
            credit_card_partial_number: "4242",
          },
        ],
      },
    ),
    response: accountResponse,
    async handle({ pool }, call) {
      const { provider, values, by } = call;
      const outcome = await updateCreditCard(pool, { provider, accountId: call.id("id"), values, by });
      return renderAccount(call, requireSuccess(outcome));
    },
  },
  {
    title: "Account Delete Credit Card",
    description: "Deletes the account's credit card and its billing address.",
    method: "DELETE",
    path: "/accounts/{id}/credit_card",
    action: "change-credit-card",
    async handle({ pool }, { provider, by, id }) {
      requireSuccess(await deleteCreditCard(pool, { provider, accountId: id("id"), by }));
      return {};
    },
  },
];

interface NewAccount {
  readonly details: AccountDetails;
  readonly applications: readonly Application[];
}

/** Renders a new account. This is the only XML of an account that has its applications. */
const renderSignUp = (
  { details, applications }: NewAccount,
  settings: DocumentSettings,
  adminUrl: string,
): ApiResponse => ({
  xml: () => renderXmlDocument(representAccount(details, settings, applications)),
  json: () => renderJson(accountToJson(details.account, settings, adminUrl)),
});

const signUpResponse: ResponseDoc = {
  schema: AccountSchema,
  example: renderSignUp(
    { details: exampleAccountDetails, applications: [exampleApplication] },
    exampleDocumentSettings,
    exampleAdminUrl,
  ),
};

export const signUpOperation: Operation = {
  title: "Signup Express (Account Create)",
  description:
    "Creates an account with its admin user, its plans and its first application. Absent or unknown plans default to the " +
    "default plans. With a password and an account plan that needs no approval, the user can sign in immediately.",
  method: "POST",
  path: "/signup",
  action: "change-portal",
  body: Type.Object(
    {
      org_name: Type.String(),
      username: Type.String(),
      email: optionalText,
      password: optionalText,
      account_plan_id: Type.Optional(Type.Integer()),
      service_plan_id: Type.Optional(Type.Integer()),
      application_plan_id: Type.Optional(Type.Integer()),
      annotations: Type.Optional(annotationsSchema),
    },
    {
      additionalProperties: true,
      description:
        "Also accepts the fields that you have defined for accounts and users, those of accounts optionally inside `extra_fields`.",
      examples: [
        { org_name: "Harbour & Sons", username: "mira", email: "mira@harbour.example", password: "a long password" },
      ],
    },
  ),
  otherErrors: [404],
  response: signUpResponse,

  async handle({ pool, passwords }, { provider, caller, by, values, adminUrl, now }) {
    const { productScope } = caller;
    const outcome = await signUpAccount(pool, passwords, {
      provider,
      values,
      requestedPlans: parseRequestedPlans(values),
      by: { via: "program", ...by },
      now,
    });
    const signedUp = requireSuccess(outcome);
    if ("closed" in signedUp) throw new Problem("not-found");

    const details = limitToScope(signedUp.details, productScope);
    const applications = signedUp.applications.filter(({ product }) => isInProductScope(productScope, product.id));
    const settings = await readDocumentSettings(pool, provider);
    return {
      location: `/accounts/${details.account.id}`,
      ...renderSignUp({ details, applications }, settings, adminUrl),
    };
  },
};

/** Returns the ids of the requested plans. As in 3scale, the plan's kind counts, not the parameter's name. */
const parseRequestedPlans = (values: Parameters): readonly number[] =>
  ["account_plan_id", "service_plan_id", "application_plan_id"].flatMap((name) => parseId(values[name]) ?? []);
