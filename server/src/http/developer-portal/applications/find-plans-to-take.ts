import type { Database } from "#platform/database/database.ts";
import { listPlans, listProducts, type Plan, type Product } from "#portal/products/index.ts";

export interface PlanToTake {
  readonly product: Product;
  readonly plan: Plan;
}

/** The plans that developers may make applications on: the default ones, and where they may choose all published ones. */
export async function findPlansToTake(db: Database, providerId: number): Promise<readonly PlanToTake[]> {
  const products = await listProducts(db, providerId);
  const plans = Map.groupBy(await listPlans(db, providerId, { kind: "application_plan" }), (plan) => plan.productId);
  return products
    .filter((product) => product.buyersManageApps)
    .flatMap((product) =>
      (plans.get(product.id) ?? [])
        .filter((plan) => plan.isDefault || (product.buyerCanSelectPlan && plan.state === "published"))
        .map((plan) => ({ product, plan })),
    );
}
