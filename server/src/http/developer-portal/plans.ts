import type { Plan } from "#portal/products/index.ts";
import type { FormField } from "./form-fields.ts";

/** A plan to choose, by the name that tells it from the others, and what is to be known of it here. */
interface PlanChoice {
  readonly plan: Plan;
  readonly name?: string;
  readonly more?: readonly string[];
}

/** A choice of plans. What they cost stands above it: a phone cuts off what is chosen after some thirty letters. */
export function planField(choices: readonly PlanChoice[]): FormField {
  const named = choices.map(({ plan, name = plan.name, more }) => ({ plan: { ...plan, name }, more }));
  return {
    name: "plan_id",
    label: "Plan",
    type: "text",
    required: true,
    hints: named
      .map(({ plan, more }) => describePlan(plan, more))
      .filter((words, at) => words !== named[at]?.plan.name),
    options: named.map(({ plan: { id, name } }) => ({ value: String(id), text: name })),
  };
}

type Terms = Pick<Plan, "name" | "costPerMonth" | "setupFee" | "trialPeriodDays">;

/** A plan with what is to be known before it is chosen: `Gold (1,234.5 a month, 20 to set up)`. Sums are in no currency. */
export function describePlan(plan: Terms, more: readonly string[] = []): string {
  const { name, costPerMonth, setupFee, trialPeriodDays } = plan;
  const terms = [
    ...(Number(costPerMonth) > 0 ? [`${formatAmount(costPerMonth)} a month`] : []),
    ...(Number(setupFee) > 0 ? [`${formatAmount(setupFee)} to set up`] : []),
    ...(trialPeriodDays ? [trialPeriodDays === 1 ? "1 trial day" : `${trialPeriodDays} trial days`] : []),
    ...more,
  ];
  return terms.length > 0 ? `${name} (${terms.join(", ")})` : name;
}

/** As exact as it came: sums have more digits than a number holds. */
function formatAmount(decimal: string): string {
  const [whole = "0", fraction = ""] = decimal.split(".");
  const digits = fraction.replace(/0+$/, "");
  return `${BigInt(whole).toLocaleString("en")}${digits === "" ? "" : `.${digits}`}`;
}
