import type { Database, Transaction } from "#platform/database/database.ts";
import type { FieldWriter } from "#portal/fields/index.ts";
import { lockPlanForShare, listPlans, type Plan, type Product } from "#portal/products/index.ts";

import type { Refused } from "../change-application.ts";
import { listSubscriptions } from "./subscriptions-table.ts";

interface Wish {
  readonly providerId: number;
  readonly accountId: number;
  readonly product: Product;
  /** A developer must wait until the subscription is approved; a program need not. */
  readonly writer: FieldWriter;
}

/**
 * The plans by which a locked account is still to be subscribed to a product: one, or none if it is already. Or what is
 * wrong, if it cannot have applications of the product.
 */
export async function judgeSubscription(
  tx: Transaction,
  { providerId, accountId, product, writer }: Wish,
): Promise<Refused | { readonly notFound: "service plan" } | { readonly toSubscribe: readonly Plan[] }> {
  const existing = (await listSubscriptions(tx, providerId, accountId)).find((it) => it.productId === product.id);
  const wanted = existing ? undefined : await servicePlanOf(tx, providerId, product, writer);
  const plan = wanted && (await lockPlanForShare(tx, providerId, wanted.id)); // it may be gone by now
  if (!existing && !plan) {
    return writer === "program"
      ? { notFound: "service plan" }
      : { refused: { base: ["You cannot subscribe to that service."] } };
  }

  const isLive = existing ? existing.state === "live" : plan?.approvalRequired === false;
  if (writer === "program" || isLive) return { toSubscribe: plan ? [plan] : [] };
  return { refused: { base: [`Your subscription to ${product.name} is not live.`] } };
}

/** The default one, else the first; for developers, the first that is published. */
async function servicePlanOf(
  db: Database,
  providerId: number,
  { id }: Product,
  writer: FieldWriter,
): Promise<Plan | undefined> {
  const plans = await listPlans(db, providerId, { kind: "service_plan", productId: id });
  return (
    plans.find((plan) => plan.isDefault) ?? plans.find(({ state }) => writer === "program" || state === "published")
  );
}
