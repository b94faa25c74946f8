import { columnOf, documentProperties } from "#platform/database/field-table.ts";
import { type ProductScope, isInProductScope } from "#access/index.ts";
import { type Json, type Node, list, record, value } from "#platform/document.ts";
import { keepXml } from "#platform/xml.ts";
import { type Application, representApplication } from "#portal/applications/application.ts";
import { type DocumentSettings, type FieldValues, fieldsToJson, representFields } from "#portal/fields/index.ts";
import { type Plan, type PlanKind, representPlan } from "#portal/products/index.ts";
import { writeTimestamp } from "#portal/providers/index.ts";
import { type User, representUser } from "#portal/users/user.ts";
import { type Account, accountFields } from "./account.ts";

/** An account with everything that its document contains. */
export interface AccountDetails {
  readonly account: Account;
  /** Each plan of the account, its subscriptions and its applications, once. */
  readonly plans: readonly Plan[];
  readonly users: readonly User[];
}

/** An account, and the settings that its documents depend on. */
export interface AccountWithSettings {
  readonly details: AccountDetails;
  readonly settings: DocumentSettings;
}

/** Removes the plans of products outside of the scope. */
export const limitToScope = (details: AccountDetails, productScope: ProductScope): AccountDetails =>
  productScope === null
    ? details
    : {
        ...details,
        plans: details.plans.filter(({ productId }) => productId === null || isInProductScope(productScope, productId)),
      };

const planKindOrder: readonly PlanKind[] = ["account_plan", "service_plan", "application_plan"];

/** Returns each plan once: account plans, then service plans, then application plans. */
export const inDocumentOrder = (plans: readonly Plan[]): readonly Plan[] =>
  [...new Map(plans.map((plan) => [plan.id, plan])).values()].toSorted(
    (a, b) => planKindOrder.indexOf(a.kind) - planKindOrder.indexOf(b.kind) || a.id - b.id,
  );

/**
 * Represents an account as in XML documents and webhooks. Only the response to an API sign-up also contains
 * applications. The event of a change and the response to it share one node and its rendered text.
 */
export function representAccount(
  details: AccountDetails,
  settings: DocumentSettings,
  applications?: readonly Application[],
): Node {
  if (applications) return accountNode(details, settings, applications);
  const { provider, definitions, nodes } = settings;
  const found = nodes?.accounts.get(details);
  if (found?.settings.provider === provider && found.settings.definitions === definitions) return found.node;
  const node = keepXml(accountNode(details, settings));
  nodes?.accounts.set(details, { settings, node });
  return node;
}

function accountNode(
  { account, plans, users }: AccountDetails,
  settings: DocumentSettings,
  applications?: readonly Application[],
): Node {
  const { timeZone } = settings.provider;
  return record("account", [
    value("id", account.id),
    value("created_at", writeTimestamp(account.createdAt, timeZone)),
    value("updated_at", writeTimestamp(account.updatedAt, timeZone)),
    value("state", account.state),
    record(
      "annotations",
      Object.entries(account.annotations).map(([name, text]) => value(name, text)),
    ),
    ...(account.deletionAt ? [value("deletion_date", writeTimestamp(account.deletionAt, timeZone))] : []),
    ...representFields(settings.definitions, "Account", fieldValuesOf(account)),
    ...representBilling(account, settings),
    list(
      "plans",
      plans.map((plan) => representPlan(plan, settings.nodes?.plans)),
      "alone",
    ),
    list(
      "users",
      users.map((user) => representUser(user, settings)),
      "alone",
    ),
    ...(applications
      ? [
          list(
            "applications",
            applications.map((application) => representApplication(application, settings)),
            "alone",
          ),
        ]
      : []),
  ]);
}

function representBilling(account: Account, { provider }: DocumentSettings): readonly Node[] {
  const billing = isBillingStopped(account) || isBillingStopped(provider) ? [] : billingProperties;
  const card = account.creditCardToken === null ? [] : cardProperties;
  return [
    ...billing.map((property) => value(columnOf(accountFields, property), account[property])),
    value("credit_card_stored", account.creditCardToken !== null),
    ...card.map((property) => value(columnOf(accountFields, property), account[property])),
  ];
}

const billingProperties = documentProperties(accountFields, "billing");
const cardProperties = documentProperties(accountFields, "card");

/** Suspended accounts and those scheduled for deletion are not billed. */
const isBillingStopped = ({ state }: { readonly state: string }): boolean =>
  state === "suspended" || state === "scheduled_for_deletion";

const fieldValuesOf = ({ orgName, fields }: Account): FieldValues => ({ ...fields, org_name: orgName });

/** Represents an account as JSON, without plans and users. `adminUrl` is the origin that the client used. */
export function accountToJson(account: Account, { provider, definitions }: DocumentSettings, adminUrl: string): Json {
  const time = (at: Date): string => writeTimestamp(at, provider.timeZone);
  const self = `${adminUrl}/admin/api/accounts/${account.id}`;
  return {
    account: {
      id: account.id,
      created_at: time(account.createdAt),
      updated_at: time(account.updatedAt),
      credit_card_stored: account.creditCardToken !== null,
      ...creditCardToJson(account),
      ...(isBillingStopped(account) || isBillingStopped(provider)
        ? {}
        : Object.fromEntries(
            billingProperties.map((property) => [columnOf(accountFields, property), account[property]]),
          )),
      state: account.state,
      annotations: account.annotations,
      ...(account.deletionAt ? { deletion_date: time(account.deletionAt) } : {}),
      links: [
        { rel: "self", href: self },
        { rel: "users", href: `${self}/users` },
      ],
      ...fieldsToJson(definitions, "Account", fieldValuesOf(account)),
    },
  };
}

function creditCardToJson(account: Account): Readonly<Record<string, Json>> {
  if (account.creditCardToken === null) return {};
  const stored = cardProperties.filter((property) => account[property] !== null);
  return Object.fromEntries(stored.map((property) => [columnOf(accountFields, property), account[property]]));
}
