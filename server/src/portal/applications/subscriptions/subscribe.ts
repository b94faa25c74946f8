import type { Database, Transaction } from "#platform/database/database.ts";
import { insertServiceSubscriptions } from "#portal/accounts/index.ts";
import type { FieldWriter } from "#portal/fields/index.ts";
import { holdPlan, listPlans, type Plan, type Product } from "#portal/products/index.ts";

import type { Refused } from "../change-application.ts";
import { listSubscriptions } from "./subscriptions-table.ts";

interface Wish {
  readonly providerId: number;
  readonly accountId: number;
  readonly product: Product;
  /** A developer must wait until the subscription is approved; a program need not. */
  readonly writer: FieldWriter;
  readonly now: Date;
}

/** Subscribes a locked account to a product, if it is not. What is wrong if it cannot have applications of it. */
export async function subscribe(
  tx: Transaction,
  { providerId, accountId, product, writer, now }: Wish,
): Promise<Refused | undefined> {
  const existing = (await listSubscriptions(tx, providerId, accountId)).find((it) => it.productId === product.id);
  const wanted = existing ? undefined : await servicePlanOf(tx, providerId, product);
  const plan = wanted && (await holdPlan(tx, providerId, wanted.id)); // it may be gone by now
  if (!existing && !plan) return { refused: { base: ["You cannot subscribe to that service."] } };

  if (plan) await insertServiceSubscriptions(tx, { providerId, accountId, plans: [plan], now });
  const isLive = existing ? existing.state === "live" : plan?.approvalRequired === false;
  if (writer === "program" || isLive) return undefined;
  return { refused: { base: [`Your subscription to ${product.name} is not live.`] } };
}

/** The default one, else the first that is published. */
async function servicePlanOf(db: Database, providerId: number, { id }: Product): Promise<Plan | undefined> {
  const plans = await listPlans(db, providerId, { kind: "service_plan", productId: id });
  return plans.find((plan) => plan.isDefault) ?? plans.find((plan) => plan.state === "published");
}
