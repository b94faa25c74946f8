import { type ChangeContext, type ProductScope, requireLeftForDevelopers } from "#access/index.ts";
import type { Database, Pool } from "#platform/database/database.ts";
import { insertServiceSubscriptions, lockAccount } from "#portal/accounts/account.ts";
import { insertNotificationMails, notificationMails } from "#portal/mails/index.ts";
import { listPlans, lockPlanForShare, readProduct } from "#portal/products/index.ts";
import type { Provider } from "#portal/providers/index.ts";
import { chooseServicePlan, listSubscriptions, servicePlanFor, type Subscription } from "./subscriptions.ts";

/**
 * Whether the developers of an account may create applications of a product: at once, once they have requested a subscription and it
 * is approved, once the requested one is approved, or not.
 */
export type ProductAccess = "open" | "on request" | "requested" | "closed";

/** Returns a function that returns an account's access to a product. */
export async function readProductAccess(
  db: Database,
  providerId: number,
  accountId: number,
): Promise<(productId: number) => ProductAccess> {
  const [subscriptions, plans] = await Promise.all([
    listSubscriptions(db, providerId, accountId),
    listPlans(db, providerId, { kind: "service_plan" }),
  ]);
  return (id) => {
    const subscription = subscriptions.find(({ productId }) => productId === id);
    if (subscription) return accessBy[subscription.state];
    const plan = chooseServicePlan(
      plans.filter(({ productId }) => productId === id),
      "developer",
    );
    if (!plan) return "closed";
    return plan.approvalRequired ? "on request" : "open";
  };
}

const accessBy = { live: "open", pending: "requested", suspended: "closed" } as const;

interface SubscriptionRequest {
  readonly provider: Provider;
  readonly accountId: number;
  readonly productId: number;
  readonly by: ChangeContext;
}

/**
 * Subscribes a developer's account to a product, and mails all of the provider's admins if one must approve that. An account that is subscribed
 * already stays as it is. Returns undefined if developers may not subscribe to such a product.
 */
export async function requestSubscription(
  pool: Pool,
  { provider, accountId, productId, by }: SubscriptionRequest,
): Promise<{ readonly state: Subscription["state"] } | undefined> {
  const providerId = provider.id;
  return pool.inTransaction(async (tx) => {
    const account = await lockAccount(tx, providerId, accountId);
    const product = await readProduct(tx, providerId, productId);
    if (!account || !product?.buyersManageApps) return undefined;
    const existing = (await listSubscriptions(tx, providerId, accountId)).find((each) => each.productId === productId);
    if (existing) return { state: existing.state };
    const chosenPlan = await servicePlanFor(tx, providerId, product, "developer");
    const plan = chosenPlan && (await lockPlanForShare(tx, providerId, chosenPlan.id));
    if (!plan) return undefined;
    requireLeftForDevelopers(tx, { providerId, ...by }, account);
    await insertServiceSubscriptions(tx, { providerId, accountId, plans: [plan], now: by.now });
    const access = plan.approvalRequired ? "requested" : "live";
    const mail = notificationMails.service_contract_created({ account, product, plan: plan.name, access });
    await insertNotificationMails(tx, { provider, account, by }, [mail]);
    return { state: plan.approvalRequired ? "pending" : "live" };
  });
}

/** A subscription that waits for the approval of an admin. */
export interface PendingSubscription {
  readonly subscriptionId: number;
  readonly accountId: number;
  readonly orgName: string;
  readonly productId: number;
  readonly productName: string;
  readonly planId: number;
  readonly planName: string;
  readonly createdAt: Date;
}

/** The longest list. */
const listedMax = 200;

// Served by service_subscriptions_pending_idx, which has the order.
const listPendingStatement = `
  select subscription.id as "subscriptionId", subscription.account_id, account.org_name, subscription.product_id,
    product.name as "productName", subscription.plan_id, plan.name as "planName", subscription.created_at
  from (
    select id, account_id, product_id, plan_id, created_at from service_subscriptions
    where provider_id = $1 and state = 'pending' and ($2::bigint[] is null or product_id = any($2))
    order by created_at, id
    limit $3
  ) as subscription
  join accounts as account on account.provider_id = $1 and account.id = subscription.account_id
  join products as product on product.provider_id = $1 and product.id = subscription.product_id
  join plans as plan on plan.provider_id = $1 and plan.id = subscription.plan_id
  order by subscription.created_at, subscription.id`;

/** Lists the pending subscriptions within a product scope, oldest first. */
export const listPendingSubscriptions = (
  db: Database,
  providerId: number,
  scope: ProductScope,
): Promise<PendingSubscription[]> => db.query(listPendingStatement, [providerId, scope, listedMax]);
