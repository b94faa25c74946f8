import { namesChanged, recordAudit, type By } from "#access/index.ts";
import type { Pool } from "#platform/database/database.ts";
import { isFine, type FieldErrors, type FieldInput } from "#portal/fields/index.ts";

import { judgePlan } from "./judge-plan.ts";
import type { Plan } from "./plan.ts";
import { lockPlan, lockPlansOf, updatePlanRow, writePlanDescription } from "./plans-table.ts";

/** A plan of a kind, and of a product unless it is an account plan. */
export interface PlanOf {
  readonly providerId: number;
  readonly kind: Plan["kind"];
  readonly productId: number | null;
  readonly planId: number;
}

type PlanUpdate = PlanOf & { readonly values: FieldInput; readonly by: By };

/** Changes the terms of a plan, also for those who are on it. Undefined if there is no such plan. */
export async function updatePlan(
  pool: Pool,
  { values, by, ...wanted }: PlanUpdate,
): Promise<{ readonly plan: Plan } | { readonly refused: FieldErrors } | undefined> {
  return pool.inTransaction(async (tx) => {
    const [, before] = await Promise.all([
      lockPlansOf(tx, wanted.providerId),
      lockPlan(tx, wanted.providerId, wanted.planId),
    ]);
    if (!isWanted(before, wanted)) return undefined;
    const { terms, description, errors } = judgePlan(before, values);
    if (!isFine(errors)) return { refused: errors };
    const plan = { ...before, ...terms };
    const changed = namesChanged(before, plan);
    const said = { action: "plan.changed", subject: `plan/${plan.id}`, detail: { changed } };
    if (changed.length > 0) await recordAudit(tx, { providerId: wanted.providerId, actor: by.actor, ...said });
    if (description !== undefined) await writePlanDescription(tx, { ...wanted, description });
    return { plan: await updatePlanRow(tx, wanted.providerId, plan, by.now) };
  });
}

/** Whether a plan is there, of the kind and the product that the caller says. */
export const isWanted = (plan: Plan | undefined, { kind, productId }: PlanOf): plan is Plan =>
  plan !== undefined && plan.kind === kind && plan.productId === productId;
