import type { Database } from "#platform/database/database.ts";
import type { Account } from "#portal/accounts/index.ts";
import { type Plan, listPlans, planStepOf } from "#portal/products/index.ts";
import type { FormField } from "./form-fields.ts";

/** The plans that may replace the current one, at once or on request. */
export interface OtherPlans {
  readonly step: "change" | "ask";
  readonly plans: readonly Plan[];
}

interface CurrentPlan {
  readonly account: Account;
  readonly planId: number;
  readonly permission: Parameters<typeof planStepOf>[0];
  /** Restricts the plans to the same kind, and to the product of an application plan. */
  readonly filter: Parameters<typeof listPlans>[2];
}

/** Returns the published plans that a developer may choose or request. Undefined if there is none or neither is allowed. */
export async function findOtherPlans(
  db: Database,
  providerId: number,
  { account, planId, permission, filter }: CurrentPlan,
): Promise<OtherPlans | undefined> {
  const step = planStepOf(permission, account.creditCardToken !== null);
  if (step === "none") return undefined;
  const plans = (await listPlans(db, providerId, filter)).filter(
    ({ id, state }) => state === "published" && id !== planId,
  );
  return plans.length > 0 ? { step, plans } : undefined;
}

/** A plan with its unique name in the list and additional terms. */
interface PlanChoice {
  readonly plan: Plan;
  readonly name?: string;
  readonly more?: readonly string[];
}

/** Returns a choice of plans. Terms are hints above it, because phones truncate options after about 30 characters. */
export function planField(choices: readonly PlanChoice[]): FormField {
  const named = choices.map(({ plan, name = plan.name, more }) => ({ plan: { ...plan, name }, more }));
  return {
    name: "plan_id",
    label: "Plan",
    type: "text",
    required: true,
    hints: named
      .map(({ plan, more }) => describePlan(plan, more))
      .filter((text, index) => text !== named[index]?.plan.name),
    options: named.map(({ plan: { id, name } }) => ({ value: String(id), text: name })),
  };
}

type Terms = Pick<Plan, "name" | "costPerMonth" | "setupFee" | "trialPeriodDays">;

/** Returns the plan's name and terms: `Gold (1,234.5 per month, 20 setup fee)`. Amounts have no currency. */
export function describePlan(plan: Terms, more: readonly string[] = []): string {
  const { name, costPerMonth, setupFee, trialPeriodDays } = plan;
  const terms = [
    ...(Number(costPerMonth) > 0 ? [`${formatAmount(costPerMonth)} per month`] : []),
    ...(Number(setupFee) > 0 ? [`${formatAmount(setupFee)} setup fee`] : []),
    ...(trialPeriodDays ? [trialPeriodDays === 1 ? "1 trial day" : `${trialPeriodDays} trial days`] : []),
    ...more,
  ];
  return terms.length > 0 ? `${name} (${terms.join(", ")})` : name;
}

/** Formats a decimal exactly: amounts may have more digits than a number. */
function formatAmount(decimal: string): string {
  const [details = "0", fraction = ""] = decimal.split(".");
  const digits = fraction.replace(/0+$/, "");
  return `${BigInt(details).toLocaleString("en")}${digits === "" ? "" : `.${digits}`}`;
}
