import type { Database, Transaction } from "#platform/database/database.ts";

/** That an account may have applications of a product, and on which terms. 3scale's API calls it a service contract. */
export interface Subscription {
  readonly id: number;
  readonly accountId: number;
  readonly productId: number;
  readonly planId: number;
  readonly state: "pending" | "live" | "suspended";
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

const columns = `id, account_id, product_id, plan_id, state,
  created_at, updated_at`;

const listStatement = `
  select ${columns} from service_subscriptions where provider_id = $1 and account_id = $2 order by id`;

/** The subscriptions of an account, oldest first. */
export const listSubscriptions = (db: Database, providerId: number, accountId: number): Promise<Subscription[]> =>
  db.query<Subscription>(listStatement, [providerId, accountId]);

const deleteStatement = `delete from service_subscriptions where provider_id = $1 and id = $2`;

export async function deleteSubscription(tx: Transaction, providerId: number, id: number): Promise<void> {
  await tx.query(deleteStatement, [providerId, id]);
}

const deleteOfProductStatement = `delete from service_subscriptions where provider_id = $1 and product_id = $2`;

/** Nobody is subscribed to the product any more. Served by service_subscriptions_product_idx. */
export async function deleteSubscriptionsOfProduct(
  tx: Transaction,
  providerId: number,
  productId: number,
): Promise<void> {
  await tx.query(deleteOfProductStatement, [providerId, productId]);
}
