import { type ProductScope, isInProductScope } from "#access/index.ts";
import type { AsJson, Database, Transaction } from "#platform/database/database.ts";
import { selectList, columnOf, documentProperties } from "#platform/database/field-table.ts";
import { type Json, type Node, list, record, value } from "#platform/document.ts";
import { keepXml } from "#platform/xml.ts";
import { type Application, representApplication } from "#portal/applications/application.ts";
import {
  readCachedDocumentSettings,
  type DocumentSettings,
  type FieldValues,
  fieldsToJson,
  representFields,
} from "#portal/fields/index.ts";
import {
  type Plan,
  type VersionedPlan,
  cachePlan,
  readCachedPlans,
  versionedPlanColumns,
  type PlanKind,
  representPlan,
} from "#portal/products/index.ts";
import { type Provider, writeTimestamp } from "#portal/providers/index.ts";
import { type User, userFields, userOfJson, representUser } from "#portal/users/user.ts";
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

const columnsWithoutPlans = `${selectList(accountFields)},
    (select configuration_version from providers where id = $1) as "configurationVersion",
    (
      select json_agg(one order by one.id)
      from (select ${selectList(userFields)} from users where provider_id = $1 and account_id = account.id) one
    ) as users`;

const plansOfAccount = `plans where provider_id = $1 and id = any (array(
          select account.plan_id
          union all
          select plan_id from service_subscriptions where provider_id = $1 and account_id = account.id
          union all
          select plan_id from applications where provider_id = $1 and account_id = account.id))`;

const columnsWithPlanVersions = `${columnsWithoutPlans},
    array(select version from ${plansOfAccount} order by id) as plans`;

// One round trip reads all of an account, its plans by version. Served by the primary keys of accounts, plans and providers,
// users_account_idx, applications_account_idx and the unique key of service_subscriptions. @indexed
const readDetailsStatement = `select ${columnsWithPlanVersions} from accounts account where provider_id = $1 and id = $2`;

// For one account this costs PostgreSQL a sixth more than readDetailsStatement. @indexed
const listDetailsStatement = `select ${columnsWithPlanVersions} from accounts account where provider_id = $1 and id = any ($2) order by id`;

// Reads accounts of which a plan is not cached, with their plans. It repeats all columns, so that an account and its plans are
// of one snapshot. @indexed
const listDetailsWithPlansStatement = `
  select ${columnsWithoutPlans},
    (select json_agg(one order by one.id) from (select ${versionedPlanColumns} from ${plansOfAccount}) one) as plans
  from accounts account
  where provider_id = $1 and id = any ($2)`;

interface DetailsRow<Plans> extends Account {
  readonly configurationVersion: string;
  readonly users: readonly AsJson<User>[] | null;
  readonly plans: Plans;
}

type RowWithPlanVersions = DetailsRow<readonly string[]>;
type RowWithPlans = DetailsRow<readonly VersionedPlan[] | null>;

/** An account and the version of its provider's configuration, read by one statement. */
interface ReadAccount {
  readonly details: AccountDetails;
  readonly configurationVersion: string;
}

const toReadAccount = ({
  configurationVersion,
  users,
  plans,
  ...account
}: DetailsRow<readonly Plan[]>): ReadAccount => ({
  details: { account, users: users?.map(userOfJson) ?? [], plans: inDocumentOrder(plans) },
  configurationVersion,
});

/** Adds plans to account rows, oldest first. Leaves out accounts deleted in the meantime. */
async function addPlans(
  db: Database,
  providerId: number,
  rows: readonly RowWithPlanVersions[],
): Promise<readonly ReadAccount[]> {
  const found: ReadAccount[] = [];
  const unknown: number[] = [];
  for (const row of rows) {
    const plans = readCachedPlans(db, row.plans);
    if (plans) found.push(toReadAccount({ ...row, plans }));
    else unknown.push(row.id);
  }
  if (unknown.length === 0) return found;
  const withPlans = await db.query<RowWithPlans>(listDetailsWithPlansStatement, [providerId, unknown]);
  const read = withPlans.map(({ plans, ...row }) =>
    toReadAccount({ ...row, plans: (plans ?? []).map((plan) => cachePlan(db, plan)) }),
  );
  return [...found, ...read].toSorted((a, b) => a.details.account.id - b.details.account.id);
}

/** Returns the existing accounts among `ids`, oldest first. */
export async function listAccountDetails(
  db: Database,
  providerId: number,
  ids: readonly number[],
): Promise<readonly AccountDetails[]> {
  const rows = await db.query<RowWithPlanVersions>(listDetailsStatement, [providerId, ids]);
  return (await addPlans(db, providerId, rows)).map(({ details }) => details);
}

async function readOne(db: Database, providerId: number, id: number): Promise<ReadAccount | undefined> {
  const rows = await db.query<RowWithPlanVersions>(readDetailsStatement, [providerId, id]);
  const [found] = await addPlans(db, providerId, rows);
  return found;
}

const withSettings = async (
  db: Database,
  provider: Provider,
  { details, configurationVersion }: ReadAccount,
): Promise<AccountWithSettings> => ({
  details,
  settings: await readCachedDocumentSettings(db, provider, configurationVersion),
});

/** Returns the account with the settings that its documents are written by, or undefined if the provider has no such account. */
export async function readAccountDetails(
  db: Database,
  provider: Provider,
  id: number,
): Promise<AccountWithSettings | undefined> {
  const found = await readOne(db, provider.id, id);
  return found && withSettings(db, provider, found);
}

// Served by the primary key of accounts. @indexed
const lockStatement = `select from accounts where provider_id = $1 and id = $2 for no key update`;

/**
 * Locks the account and returns it as it stays until this transaction changes it or ends. Every change of an account's users,
 * subscriptions or applications locks the account first, so the second statement, whose snapshot follows the lock, reads them
 * unchanged. Both statements go out together: one round trip.
 */
export async function lockAccountDetails(
  tx: Transaction,
  provider: Provider,
  id: number,
): Promise<AccountWithSettings | undefined> {
  const [locked, found] = await Promise.all([tx.query(lockStatement, [provider.id, id]), readOne(tx, provider.id, id)]);
  return locked.length > 0 && found ? withSettings(tx, provider, found) : undefined;
}
