import type { InJson } from "#platform/database/in-json.ts";

import type { Plan } from "./plan.ts";
import { planColumns, planOfJson } from "./plans-table.ts";

export const versionedPlanColumns = `${planColumns}, version`;

/** A plan that came as JSON inside of another row, with the name of what it says. */
export type VersionedPlan = InJson<Plan> & { readonly version: string };

// A version names what one plan says for ever, so what is remembered of it is never stale. Whoever asks has read the version
// just now, with what the plan is needed for.
const remembered = new Map<string, Plan>();

/** Half a kilobyte each. */
const rememberedMax = 10_000;

/** The plans of these versions. Undefined if one of them was never read, or is not remembered any more. */
export function recallPlans(versions: readonly string[]): readonly Plan[] | undefined {
  const plans: Plan[] = [];
  for (const version of versions) {
    const plan = remembered.get(version);
    if (!plan) return undefined;
    plans.push(plan);
  }
  return plans;
}

export function rememberPlan({ version, ...json }: VersionedPlan): Plan {
  const plan = planOfJson(json);
  remembered.set(version, plan);
  const [oldest] = remembered.keys();
  if (remembered.size > rememberedMax && oldest !== undefined) remembered.delete(oldest);
  return plan;
}
