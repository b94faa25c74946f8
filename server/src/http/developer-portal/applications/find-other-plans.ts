import type { Database } from "#platform/database/database.ts";
import { listPlans, planStepOf, type Plan } from "#portal/products/index.ts";
import type { Owned } from "./with-application.ts";

export interface OtherPlans {
  /** Move to one of them at once, or ask for it. */
  readonly step: "change" | "ask";
  readonly plans: readonly Plan[];
}

/** The other plans that a developer may have for an application. Undefined where there is none, or it is not to be had. */
export async function findOtherPlans(
  db: Database,
  providerId: number,
  { application: { product, plan }, developer: { account } }: Owned,
): Promise<OtherPlans | undefined> {
  const step = planStepOf(product.buyerPlanChangePermission, account.creditCardToken !== null);
  if (step === "none") return undefined;
  const all = await listPlans(db, providerId, { kind: "application_plan", productId: product.id });
  const plans = all.filter(({ id, state }) => state === "published" && id !== plan.id);
  return plans.length > 0 ? { step, plans } : undefined;
}
