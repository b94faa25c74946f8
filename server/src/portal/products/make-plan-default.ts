import { recordAudit, type By } from "#access/index.ts";
import type { Pool } from "#platform/database/database.ts";

import type { Plan } from "./plan.ts";
import { lockPlan, lockPlansOf } from "./plans-table.ts";
import { isWanted, type PlanOf } from "./update-plan.ts";

// The old default goes first: plans_default_idx allows one at a time. Both plans' rows are locked by then.
const clearStatement = `
  update plans
  set is_default = false, updated_at = $4
  where provider_id = $1 and kind = $2 and product_id is not distinct from $3 and is_default`;

const makeStatement = `update plans set is_default = true, updated_at = $3 where provider_id = $1 and id = $2`;

/** Makes a plan the one that new accounts, subscriptions or applications get. Undefined if there is no such plan. */
export async function makePlanDefault(
  pool: Pool,
  { by, ...wanted }: PlanOf & { readonly by: By },
): Promise<{ readonly plan: Plan } | undefined> {
  const { providerId, kind, productId, planId } = wanted;
  return pool.inTransaction(async (tx) => {
    const [, plan] = await Promise.all([lockPlansOf(tx, providerId), lockPlan(tx, providerId, planId)]);
    if (!isWanted(plan, wanted) || plan.customizedFrom !== null) return undefined;
    if (plan.isDefault) return { plan };
    await tx.query(clearStatement, [providerId, kind, productId, by.now]);
    await tx.query(makeStatement, [providerId, planId, by.now]);
    const said = { action: "plan.changed", subject: `plan/${planId}`, detail: { changed: ["isDefault"] } };
    await recordAudit(tx, { providerId, actor: by.actor, ...said });
    return { plan: { ...plan, isDefault: true, updatedAt: by.now } };
  });
}
