import { recordAudit, type By } from "#access/index.ts";
import type { Pool } from "#platform/database/database.ts";

import type { Plan } from "./plan.ts";
import { deletePlanRow, lockPlan } from "./plans-table.ts";
import { isWanted, type PlanOf } from "./update-plan.ts";

// Served by accounts_plan_idx, service_subscriptions_plan_idx, applications_plan_idx and plans_customized_idx.
const statement = `
  select exists (select from accounts where provider_id = $1 and plan_id = $2)
      or exists (select from service_subscriptions where provider_id = $1 and plan_id = $2)
      or exists (select from applications where provider_id = $1 and plan_id = $2) as "isHeld",
    exists (select from plans where provider_id = $1 and customized_from = $2) as "isCustomized"`;

/** Somebody is on it, or on a plan that was made from it. */
type PlanInUse = `${Plan["kind"]} in use` | `${Plan["kind"]} customized`;

/** Deletes a plan, unless somebody is on it or on a plan that was made from it. Undefined if there is no such plan. */
export async function deletePlan(
  pool: Pool,
  { by, ...wanted }: PlanOf & { readonly by: By },
): Promise<{ readonly plan: Plan } | { readonly notAllowed: PlanInUse } | undefined> {
  const { providerId, planId } = wanted;
  return pool.inTransaction(async (tx) => {
    const plan = await lockPlan(tx, providerId, planId);
    if (!isWanted(plan, wanted)) return undefined;
    const [held] = await tx.query<{ isHeld: boolean; isCustomized: boolean }>(statement, [providerId, planId]);
    if (held?.isHeld) return { notAllowed: `${plan.kind} in use` };
    if (held?.isCustomized) return { notAllowed: `${plan.kind} customized` };
    await deletePlanRow(tx, providerId, planId);
    const { kind, productId, name } = plan;
    const said = { action: "plan.deleted", subject: `plan/${planId}`, detail: { kind, productId, name } };
    await recordAudit(tx, { providerId, actor: by.actor, ...said });
    return { plan };
  });
}
