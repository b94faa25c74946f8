import type { Database } from "#platform/database/database.ts";
import type { Account } from "#portal/accounts/index.ts";
import type { Application } from "#portal/applications/index.ts";
import { listPlans, type Plan } from "#portal/products/index.ts";

interface OnPlan {
  readonly application: Application;
  readonly account: Account;
}

/** The plans that a developer may move an application to at once. None where the product leaves it to the provider. */
export async function findPlansToChangeTo(
  db: Database,
  providerId: number,
  { application: { product, plan }, account }: OnPlan,
): Promise<readonly Plan[]> {
  const permission = product.buyerPlanChangePermission;
  const takesCard = permission === "credit_card" || permission === "request_credit_card";
  if (permission !== "direct" && !(takesCard && account.creditCardToken !== null)) return [];
  const plans = await listPlans(db, providerId, { kind: "application_plan", productId: product.id });
  return plans.filter(({ id, state }) => state === "published" && id !== plan.id);
}
