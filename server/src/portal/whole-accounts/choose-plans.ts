import type { Plan, PlanKind } from "#portal/products/index.ts";

export interface ChosenPlans {
  readonly accountPlan: Plan;
  readonly servicePlans: readonly Plan[];
  readonly applicationPlans: readonly Plan[];
}

/**
 * What a new account gets: the plans that were asked for, and the default ones where nothing was. An account is subscribed
 * to a product once, so two plans for that cannot be had together. An application needs a subscription to its product: one
 * that was asked for cannot be had without, a default one is left out.
 */
export function choosePlans(
  wanted: readonly Plan[],
  defaults: readonly Plan[],
): ChosenPlans | "no account plan" | "no service plan" | "two service plans" {
  const wantedOrDefault = (kind: PlanKind): readonly Plan[] => {
    const asked = ofKind(wanted, kind);
    const products = new Set(asked.map((plan) => plan.productId));
    return [...asked, ...ofKind(defaults, kind).filter((plan) => !products.has(plan.productId))];
  };

  const [accountPlan] = wantedOrDefault("account_plan");
  if (!accountPlan) return "no account plan";
  const servicePlans = wantedOrDefault("service_plan");
  if (!areOfDifferentProducts(servicePlans)) return "two service plans";
  const isSubscribed = (plan: Plan): boolean => servicePlans.some(({ productId }) => productId === plan.productId);
  if (!ofKind(wanted, "application_plan").every(isSubscribed)) return "no service plan";
  return { accountPlan, servicePlans, applicationPlans: wantedOrDefault("application_plan").filter(isSubscribed) };
}

const ofKind = (plans: readonly Plan[], kind: PlanKind): readonly Plan[] => plans.filter((plan) => plan.kind === kind);

const areOfDifferentProducts = (plans: readonly Plan[]): boolean =>
  new Set(plans.map(({ productId }) => productId)).size === plans.length;
