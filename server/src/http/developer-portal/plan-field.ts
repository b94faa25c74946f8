import type { Plan } from "#portal/products/index.ts";
import type { FormField } from "./forms/form-field.ts";
import { planInWords } from "./plan-in-words.ts";

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
    hints: named.map(({ plan, more }) => planInWords(plan, more)).filter((words, at) => words !== named[at]?.plan.name),
    options: named.map(({ plan: { id, name } }) => ({ value: String(id), text: name })),
  };
}
