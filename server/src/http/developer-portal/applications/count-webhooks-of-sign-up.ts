import type { Database } from "#platform/database/database.ts";
import type { Account } from "#portal/accounts/index.ts";
import { listDeliveries } from "#webhooks/deliveries/index.ts";

/** Enough for one sign-up at a few endpoints; the page only wants to say that something went out. */
const deliveriesMax = 50;

/** How many webhooks the account's making has caused so far. */
export async function countWebhooksOfSignUp(db: Database, providerId: number, account: Account): Promise<number> {
  const deliveries = await listDeliveries(db, { providerId, since: account.createdAt, limit: deliveriesMax });
  return deliveries.filter((delivery) => delivery.accountId === account.id).length;
}
