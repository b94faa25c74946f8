import { type ChangeContext, forgetProduct, recordAudit } from "#access/index.ts";
import type { Pool, Transaction } from "#platform/database/database.ts";
import { recordEventsOfAccounts } from "#portal/accounts/account-events.ts";
import { readAccounts } from "#portal/accounts/account.ts";
import {
  type DocumentSettings,
  type FieldErrors,
  type FieldInput,
  readDocumentSettings,
} from "#portal/fields/index.ts";
import { insertNotificationMails, notificationMails } from "#portal/mails/index.ts";
import {
  type Product,
  changeLockedProduct,
  deleteProductRow,
  lockProduct,
  readProduct,
} from "#portal/products/index.ts";
import type { Provider } from "#portal/providers/index.ts";
import { deleteApplicationRows, readApplications } from "./application-table.ts";
import { applicationEvent } from "./application.ts";
import { deleteSubscriptionsOfProduct } from "./subscriptions.ts";

interface ProductDeletion {
  readonly provider: Provider;
  readonly productId: number;
  /** Unparsed values to save before the deletion, by the names of the API. They must be valid. */
  readonly values?: FieldInput;
  readonly by: ChangeContext;
}

/**
 * Rows per transaction. The documents and bodies of its applications are in memory together, a few kilobytes each, and their accounts
 * are locked for a fraction of a second.
 */
const stepRows = 200;

/**
 * Deletes a product with its plans, subscriptions and applications. The events of the applications have the system as
 * their actor, because their deletion is only a consequence: endpoints receive them if they subscribe to all actors. An
 * audit record names who deleted the product. A product that many accounts use is deleted in steps, each a transaction: one for
 * all would keep these accounts, and sign-ups, waiting for minutes. If a step fails, the product stays, with fewer applications.
 */
export async function deleteProduct(
  pool: Pool,
  { provider, ...deletion }: ProductDeletion,
): Promise<DeletionOutcome | undefined> {
  const settings = await readDocumentSettings(pool, provider);
  for (;;) {
    const outcome = await pool.inTransaction((tx) => deleteStep(tx, settings, deletion));
    if (outcome !== "again") return outcome;
  }
}

type DeletionOutcome =
  | { readonly product: Product }
  | { readonly refused: FieldErrors }
  /** A provider keeps one product, because sign-ups need one. */
  | { readonly notAllowed: "last product"; readonly product: Product };

/** Returns `again` if there were more rows than one step deletes, or another account started to use the product before it was locked. */
async function deleteStep(
  tx: Transaction,
  settings: DocumentSettings,
  { productId, values, by }: Omit<ProductDeletion, "provider">,
): Promise<DeletionOutcome | "again" | undefined> {
  const { provider } = settings;
  const isLast = await lockLastProduct(tx, provider.id);
  const { applications, subscribers } = await readStep(tx, provider.id, productId);
  const isLastStep = applications.length < stepRows && subscribers.length < stepRows;
  // Accounts are locked before products, as in every transaction. The opposite order could deadlock.
  const accountIds = [...new Set([...applications.map(({ accountId }) => accountId), ...subscribers])];
  await tx.query(lockAccountsStatement, [provider.id, accountIds]);
  // Only the last step keeps others from using the product, as sign-ups do.
  const product = await (isLastStep || values ? lockProduct : readProduct)(tx, provider.id, productId);
  if (!product) return undefined;
  if (isLast) return { notAllowed: "last product", product };
  const changed = values && (await changeLockedProduct(tx, product, { providerId: provider.id, values, by }));
  if (changed && "refused" in changed) return changed;
  await deleteApplications(tx, settings, { references: applications, now: by.now });
  await deleteSubscriptionsOfProduct(tx, { providerId: provider.id, productId, accountIds: subscribers });
  if (!isLastStep || (await tx.query(remainingStatement, [provider.id, productId])).length > 0) return "again";
  await Promise.all([
    insertNotificationMails(tx, { provider, by }, [notificationMails.service_deleted({ product })]), // before it leaves the scopes of members
    forgetProduct(tx, provider.id, productId),
  ]);
  await deleteProductRow(tx, provider.id, productId);
  const auditRecord = { action: "product.deleted", subject: `product/${productId}`, detail: { name: product.name } };
  await recordAudit(tx, { providerId: provider.id, actor: by.actor, ...auditRecord });
  return changed ?? { product };
}

// One deletion at a time, so that two at once cannot delete all products. The provider is locked first, as when plans
// change.
const lockProviderStatement = `select from providers where id = $1 for no key update`;
const otherProductStatement = `select from products where provider_id = $1 offset 1 limit 1`;

/** Returns whether the provider has a single product, and keeps that so until this transaction ends. */
async function lockLastProduct(tx: Transaction, providerId: number): Promise<boolean> {
  await tx.query(lockProviderStatement, [providerId]);
  return (await tx.query(otherProductStatement, [providerId])).length === 0;
}

// In id order, so that two transactions that lock several accounts cannot deadlock.
const lockAccountsStatement = `
  select id from accounts where provider_id = $1 and id = any($2) order by id for no key update`;

// Accounts in the same order. Served by applications_product_idx.
const applicationsStatement = `
  select account_id, id
  from applications
  where provider_id = $1 and product_id = $2
  order by account_id, id
  limit $3`;

// Served by service_subscriptions_product_idx.
const subscribersStatement = `
  select account_id from service_subscriptions where provider_id = $1 and product_id = $2 limit $3`;

// Served by the same indexes.
const remainingStatement = `
  select from service_subscriptions where provider_id = $1 and product_id = $2
  union all
  select from applications where provider_id = $1 and product_id = $2
  limit 1`;

interface ApplicationReference {
  readonly accountId: number;
  readonly id: number;
}

/** Accounts whose subscriptions are deleted, because their documents change, too: after the last application that needs one. */
interface Step {
  readonly applications: readonly ApplicationReference[];
  readonly subscribers: readonly number[];
}

async function readStep(tx: Transaction, providerId: number, productId: number): Promise<Step> {
  const values = [providerId, productId, stepRows];
  const applications = await tx.query<ApplicationReference>(applicationsStatement, values);
  if (applications.length === stepRows) return { applications, subscribers: [] };
  const subscriptions = await tx.query<{ accountId: number }>(subscribersStatement, values);
  return { applications, subscribers: subscriptions.map(({ accountId }) => accountId) };
}

/** Deletes applications of locked accounts and records their events: once, so that the ordering keys are locked in their order. */
async function deleteApplications(
  tx: Transaction,
  settings: DocumentSettings,
  { references, now }: { readonly references: readonly ApplicationReference[]; readonly now: Date },
): Promise<void> {
  const providerId = settings.provider.id;
  // Some may have been deleted before their accounts were locked.
  const applications = await readApplications(
    tx,
    providerId,
    references.map(({ id }) => id),
  );
  if (applications.length === 0) return;
  const accountIds = [...new Set(applications.map(({ accountId }) => accountId))];
  const accounts = await readAccounts(tx, providerId, accountIds);
  await deleteApplicationRows(
    tx,
    providerId,
    applications.map(({ id }) => id),
  );
  const byAccount = Map.groupBy(applications, ({ accountId }) => accountId);
  await recordEventsOfAccounts(
    tx,
    { providerId, actor: { kind: "system" }, channel: "system", now, passesLimit: true },
    accounts.map((account) => ({
      account,
      events: (byAccount.get(account.id) ?? []).map((application) =>
        applicationEvent({ type: "application.deleted" }, settings, application),
      ),
    })),
  );
}
