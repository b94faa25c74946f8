import { Type } from "typebox";
import type { Action } from "#access/index.ts";
import { Problem } from "#http/shared/problem.ts";
import type { Database } from "#platform/database/database.ts";
import { record } from "#platform/document.ts";
import { renderXmlDocument } from "#platform/xml.ts";
import { columnOf, documentProperties } from "#platform/database/field-table.ts";
import {
  type Account,
  type AccountDetails,
  type AccountTransition,
  accountFields,
  type AccountWithSettings,
  accountToJson,
  changeAccountPlan,
  changeAccountState,
  deleteAccount,
  deleteCreditCard,
  limitToScope,
  listAccountDetails,
  readAccount,
  readAccountDetails,
  representAccount,
  searchAccounts,
  updateAccount,
  updateCreditCard,
} from "#portal/accounts/index.ts";
import { type DocumentSettings, readDocumentSettings } from "#portal/fields/index.ts";
import { readPlans } from "#portal/products/index.ts";
import { findAccountOfUser } from "#portal/users/index.ts";
import { requireSuccess } from "./error-responses.ts";
import { exampleAccount, exampleAccountDetails, exampleAdminUrl, exampleDocumentSettings } from "./example-portal.ts";
import { type Call, type Operation, xmlAndJson } from "./operation.ts";
import {
  type PageMetadata,
  type Parameters,
  pageMetadata,
  pageQuery,
  parseBoolean,
  parseId,
  parsePage,
  parseText,
} from "./parameters.ts";
import { accountPlanResponse, renderPlan } from "./plans.ts";
import { type ApiResponse, type ResponseDoc, renderJson } from "./responses.ts";
import {
  annotationsSchema,
  idSchema,
  linksSchema,
  metadataSchema,
  optionalText,
  timeSchema,
  timestamps,
} from "./schema-parts.ts";

interface AccountReader extends Pick<Call, "adminUrl"> {
  readonly caller: Pick<Call["caller"], "reach">;
}

/** An account in both formats: in XML with its users, and those of its plans that the caller may see. */
const renderAccount = ({ adminUrl, caller }: AccountReader, { whole, settings }: AccountWithSettings): ApiResponse => ({
  xml: () => renderXmlDocument(representAccount(limitToScope(whole, caller.reach), settings)),
  json: () => renderJson(accountToJson(whole.account, settings, adminUrl)),
  lastModified: whole.account.updatedAt,
});

interface AccountPage {
  readonly accounts: readonly Account[];
  /** The same with what XML says of them besides. */
  readonly complete: () => Promise<readonly AccountDetails[]>;
  readonly standing: PageMetadata | undefined;
  readonly settings: DocumentSettings;
  readonly adminUrl: string;
}

/** Accounts in both formats. */
const renderAccounts = ({ accounts, complete, standing, settings, adminUrl }: AccountPage): ApiResponse => ({
  xml: async () => {
    const nodes = (await complete()).map((whole) => representAccount(whole, settings));
    return renderXmlDocument(record("accounts", nodes, standing));
  },
  json: () =>
    renderJson({
      accounts: accounts.map((account) => accountToJson(account, settings, adminUrl)),
      ...(standing ? { metadata: standing } : {}),
    }),
});

const billingFields = documentProperties(accountFields, "billing");

const billingSchemas = (options: { readonly description?: string } = {}) =>
  Object.fromEntries(
    billingFields.map((property) => [columnOf(accountFields, property), Type.Optional(Type.Boolean(options))]),
  );

export const AccountSchema = Type.Object({
  account: Type.Object(
    {
      id: idSchema,
      ...timestamps,
      credit_card_stored: Type.Boolean(),
      credit_card_partial_number: Type.Optional(Type.String()),
      credit_card_expires_on: Type.Optional(Type.String({ format: "date" })),
      ...billingSchemas({ description: "Absent while the account is suspended or scheduled for deletion." }),
      state: Type.String({
        enum: ["created", "pending", "approved", "rejected", "suspended", "scheduled_for_deletion"],
      }),
      deletion_date: Type.Optional(timeSchema),
      annotations: Type.Record(Type.String(), Type.String()),
      links: linksSchema,
      org_name: Type.String(),
    },
    { title: "Account", additionalProperties: true, description: "Followed by the fields that you have defined." },
  ),
});

const accountResponse: ResponseDoc = {
  schema: AccountSchema,
  example: renderAccount(
    { adminUrl: exampleAdminUrl, caller: { reach: null } },
    { whole: exampleAccountDetails, settings: exampleDocumentSettings },
  ),
};

const accountsResponse: ResponseDoc = {
  schema: Type.Object({ accounts: Type.Array(AccountSchema), metadata: metadataSchema }),
  example: renderAccounts({
    accounts: [exampleAccount],
    complete: async () => [exampleAccountDetails],
    standing: { per_page: 1, total_entries: 600, total_pages: 600, current_page: 1 },
    settings: exampleDocumentSettings,
    adminUrl: exampleAdminUrl,
  }),
};

/** The account, if it is there and the provider's own: anybody else's is not there either. */
export async function requireAccount(db: Database, providerId: number, id: number): Promise<Account> {
  const account = await readAccount(db, providerId, id);
  if (!account) throw new Problem("not-found");
  return account;
}

export const listAccountsOperation: Operation = {
  title: "Account List",
  tag: "Accounts",
  description:
    "Returns the accounts, oldest first. When there are more than `per_page`, the answer says which page it is.",
  method: "GET",
  path: "/accounts",
  action: "read-portal",
  formats: xmlAndJson,
  query: Type.Object({
    state: Type.Optional(
      Type.String({ enum: ["pending", "approved", "rejected"], description: "Those that are in this state." }),
    ),
    query: Type.Optional(
      Type.String({
        description: "A part of the organization's name, or of a user's name or e-mail address, in any case.",
      }),
    ),
    ...pageQuery,
  }),
  response: accountsResponse,

  async handle({ pool }, { provider, caller: { reach }, adminUrl, query }) {
    const filter = {
      state: parseText(query["state"]) || undefined,
      query: parseText(query["query"])?.trim() || undefined,
    };
    const page = parsePage(query);
    const range = { limit: page.limit, offset: page.offset };
    const { accounts, total } = await searchAccounts(pool, provider.id, filter, range);
    const standing = pageMetadata(page, total);
    const settings = await readDocumentSettings(pool, provider);
    const ids = accounts.map(({ id }) => id);
    const complete = async () =>
      (await listAccountDetails(pool, provider.id, ids)).map((whole) => limitToScope(whole, reach));
    return renderAccounts({ accounts, complete, standing, settings, adminUrl });
  },
};

export const findAccountOperation: Operation = {
  title: "Account Find",
  tag: "Accounts",
  description: "Finds the account of a user, by the first of these that is given.",
  method: "GET",
  path: "/accounts/find",
  action: "read-portal",
  formats: xmlAndJson,
  query: Type.Object({
    username: Type.Optional(Type.String({ description: "The user's name. It counts first." })),
    user_id: Type.Optional(Type.String({ description: "The user's id. It counts where no name is given." })),
    email: Type.Optional(Type.String({ description: "The user's address. It counts last." })),
  }),
  otherErrors: [404],
  response: accountResponse,

  async handle({ pool }, call) {
    const named = parseUserName(call.query);
    const accountId = named && (await findAccountOfUser(pool, call.provider.id, named));
    const found = accountId === undefined ? undefined : await readAccountDetails(pool, call.provider, accountId);
    return renderAccount(call, requireSuccess(found));
  },
};

type UserName = { readonly by: "id" | "username" | "email"; readonly value: string | number };

/** The first that is given counts, also an empty one: a name that nobody has is not made good by the next. */
function parseUserName(query: Parameters): UserName | undefined {
  const text = (name: string): string => parseText(query[name]) ?? "";
  if (query["username"] !== undefined) return { by: "username", value: text("username") };
  if (query["user_id"] !== undefined) return { by: "id", value: parseId(query["user_id"]) ?? 0 };
  const email = text("email");
  return email === "" ? undefined : { by: "email", value: email };
}

export const readAccountOperation: Operation = {
  title: "Account Read",
  tag: "Accounts",
  description: "Returns an account.",
  method: "GET",
  path: "/accounts/{id}",
  action: "read-portal",
  formats: xmlAndJson,
  response: accountResponse,

  async handle({ pool }, call) {
    return renderAccount(call, requireSuccess(await readAccountDetails(pool, call.provider, call.id("id"))));
  },
};

export const updateAccountOperation: Operation = {
  title: "Account Update",
  tag: "Accounts",
  description: "Changes an account. What is left out stays as it is.",
  method: "PUT",
  path: "/accounts/{id}",
  action: "change-portal",
  formats: xmlAndJson,
  body: Type.Object(
    {
      org_name: Type.Optional(Type.String()),
      ...billingSchemas(),
      annotations: Type.Optional(annotationsSchema),
    },
    {
      additionalProperties: true,
      description:
        "And the fields that you have defined for accounts, your own ones also inside `extra_fields`; `name` for `org_name`; " +
        "and `billing_address`, nested or in parts such as `billing_address_city`, if you have defined it.",
      examples: [{ org_name: "Harbour & Daughters", region: "apac" }],
    },
  ),
  response: accountResponse,

  async handle({ pool }, call) {
    const { provider, values, by } = call;
    const outcome = await updateAccount(pool, {
      provider,
      accountId: call.id("id"),
      values,
      billing: Object.fromEntries(
        billingFields.map((property) => [property, parseBoolean(values[columnOf(accountFields, property)])]),
      ),
      writer: "program",
      by,
    });
    return renderAccount(call, requireSuccess(outcome));
  },
};

export const deleteAccountOperation: Operation = {
  title: "Account Delete",
  tag: "Accounts",
  description: "Deletes an account with its users and its applications.",
  method: "DELETE",
  path: "/accounts/{id}",
  action: "administer-portal",
  formats: xmlAndJson,

  async handle({ pool }, { provider, by, id }) {
    requireSuccess(await deleteAccount(pool, { provider, accountId: id("id"), by }));
    return {};
  },
};

export const readAccountPlanOfAccountOperation: Operation = {
  title: "Account Fetch Account Plan",
  tag: "Accounts",
  description: "Returns the account plan that an account is on.",
  method: "GET",
  path: "/accounts/{account_id}/plan",
  action: "read-portal",
  formats: xmlAndJson,
  response: accountPlanResponse,

  async handle({ pool }, call) {
    const { planId } = await requireAccount(pool, call.provider.id, call.id("account_id"));
    const [plan] = await readPlans(pool, call.provider.id, [planId]);
    return renderPlan(call, requireSuccess(plan));
  },
};

export const changeAccountPlanOperation: Operation = {
  title: "Account Change Plan",
  tag: "Accounts",
  description: "Moves an account to another account plan, also to a hidden one, and returns the plan.",
  method: "PUT",
  path: "/accounts/{id}/change_plan",
  action: "change-portal",
  formats: xmlAndJson,
  body: Type.Object({ plan_id: Type.Integer() }, { examples: [{ plan_id: 9 }] }),
  response: accountPlanResponse,

  async handle({ pool }, call) {
    const { provider, values, by } = call;
    const planId = parseId(values["plan_id"]) ?? 0;
    const outcome = await changeAccountPlan(pool, { provider, accountId: call.id("id"), planId, by });
    return renderPlan(call, requireSuccess(outcome).plan);
  },
};

interface TransitionDoc {
  readonly transition: AccountTransition;
  readonly title: string;
  readonly description: string;
  readonly action: Action;
}

const transitionOperation = ({ transition, ...described }: TransitionDoc): Operation => ({
  ...described,
  tag: "Accounts",
  method: "PUT",
  path: `/accounts/{id}/${transition}`,
  formats: xmlAndJson,
  otherErrors: [422],
  response: accountResponse,

  async handle({ pool }, call) {
    const { provider, by } = call;
    const outcome = await changeAccountState(pool, { provider, accountId: call.id("id"), transition, by });
    return renderAccount(call, requireSuccess(outcome));
  },
});

export const approveAccountOperation = transitionOperation({
  transition: "approve",
  title: "Account Approve",
  description: "Approves an account that was created, is pending, or was rejected.",
  action: "administer-portal",
});

export const rejectAccountOperation = transitionOperation({
  transition: "reject",
  title: "Account Reject",
  description: "Rejects an account that was created, is pending, or was approved.",
  action: "administer-portal",
});

export const makeAccountPendingOperation = transitionOperation({
  transition: "make_pending",
  title: "Account Reset to Pending",
  description: "Lets an account that was created, approved or rejected wait for a decision.",
  action: "change-portal",
});

export const changeCreditCardOperation: Operation = {
  title: "Account Set Credit Card",
  tag: "Accounts",
  description:
    "Keeps what a payment gateway gave for the account's credit card, a reference to it and never the card; and whom it is " +
    "billed to as the account's `billing_address`, which is shown where you have defined that field.",
  method: "PUT",
  path: "/accounts/{id}/credit_card",
  action: "change-credit-card",
  formats: xmlAndJson,
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
};

export const deleteCreditCardOperation: Operation = {
  title: "Account Delete Credit Card",
  tag: "Accounts",
  description: "Forgets the account's credit card, and whom it was billed to.",
  method: "DELETE",
  path: "/accounts/{id}/credit_card",
  action: "change-credit-card",
  formats: xmlAndJson,

  async handle({ pool }, { provider, by, id }) {
    requireSuccess(await deleteCreditCard(pool, { provider, accountId: id("id"), by }));
    return {};
  },
};
