import type { Application } from "../../api/management/application-queries.ts";
import type { ApplicationPlan } from "../../api/management/plan-queries.ts";

/**
 * What can be done to the plan of an application, of those that its product has for all: a plan that is not among them was made
 * for this application alone. Nothing, until they are known.
 */
export function planSteps(
  { plan_id }: Pick<Application, "plan_id">,
  plansForAll: readonly Pick<ApplicationPlan, "id">[] | undefined,
): readonly { readonly operation: string; readonly title: string }[] {
  if (plansForAll === undefined) return [];
  return plansForAll.some(({ id }) => id === plan_id)
    ? [{ operation: "customize_plan", title: "Customize the plan" }]
    : [{ operation: "decustomize_plan", title: "Back to the plan as it is for all" }];
}
