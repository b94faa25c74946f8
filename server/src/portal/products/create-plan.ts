import { recordAudit, type By } from "#access/index.ts";
import type { Pool, Transaction } from "#platform/database/database.ts";
import { isFine, mergeErrors, readText, type FieldErrors, type FieldInput } from "#portal/fields/index.ts";

import { anotherSystemName, deriveSystemName, isSystemName } from "./derive-system-name.ts";
import { judgePlan, type PlanTerms } from "./judge-plan.ts";
import type { Plan, PlanKind } from "./plan.ts";
import { insertPlan, writePlanDescription } from "./plans-table.ts";
import { holdProduct } from "./products-table.ts";

interface PlanCreation {
  readonly providerId: number;
  readonly kind: PlanKind;
  /** Null for an account plan. */
  readonly productId: number | null;
  /** As they came, by the names of the API. */
  readonly values: FieldInput;
  readonly by: By;
}

const nothing: PlanTerms = {
  name: "",
  state: "hidden",
  approvalRequired: false,
  setupFee: "0",
  costPerMonth: "0",
  trialPeriodDays: null,
  cancellationPeriodSeconds: 0,
};

/**
 * A new plan, hidden unless it is published at once. Nothing tells of plans: they are the provider's own doing; the audit says
 * who did it. Undefined if the product is gone.
 */
export async function createPlan(
  pool: Pool,
  { providerId, kind, productId, values, by }: PlanCreation,
): Promise<{ readonly plan: Plan } | { readonly refused: FieldErrors } | undefined> {
  const { terms, description, errors } = judgePlan(nothing, { name: "", ...values });
  const asked = readText(values, "system_name");
  const systemName = asked.value || deriveSystemName(terms.name);
  const refused = mergeErrors(errors, {
    system_name: [...asked.wrong, ...(isSystemName(systemName) ? [] : ["invalid"])],
  });
  if (!isFine(refused)) return { refused };

  const wanted = { ...terms, kind, productId, systemName, isDefault: false, customizedFrom: null };
  return pool.inTransaction(async (tx) => {
    if (productId !== null && !(await holdProduct(tx, providerId, productId))) return undefined;
    const another = asked.value ? undefined : { ...wanted, systemName: anotherSystemName(systemName) };
    const inserted =
      (await insertPlan(tx, providerId, wanted, by.now)) ??
      (another && (await insertPlan(tx, providerId, another, by.now)));
    if (!inserted) return { refused: { system_name: ["has already been taken"] } };
    if (description !== undefined) await writePlanDescription(tx, { providerId, planId: inserted.id, description });
    await tell(tx, { providerId, plan: inserted, by });
    return { plan: inserted };
  });
}

function tell(tx: Transaction, { providerId, plan, by }: { providerId: number; plan: Plan; by: By }): Promise<void> {
  const { id, kind, productId, name } = plan;
  const said = { action: "plan.created", subject: `plan/${id}`, detail: { kind, productId, name } };
  return recordAudit(tx, { providerId, actor: by.actor, ...said });
}
