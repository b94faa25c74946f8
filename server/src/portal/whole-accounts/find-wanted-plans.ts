import { reaches, type Reach } from "#access/index.ts";
import type { Database } from "#platform/database/database.ts";
import { readPlans, type Plan, type PlanKind } from "#portal/products/index.ts";

/** A plan that was asked for. Without a kind, any will do. */
export interface WantedPlan {
  readonly id: number;
  readonly kind?: PlanKind;
}

/**
 * The plans that were asked for, or undefined if one of them is not there to be had. One that was made for somebody else's
 * application is not: it goes with that application.
 */
export async function findWantedPlans(
  db: Database,
  providerId: number,
  { wanted, mayBeHidden, reach }: { wanted: readonly WantedPlan[]; mayBeHidden: boolean; reach: Reach | undefined },
): Promise<readonly Plan[] | undefined> {
  if (wanted.length === 0) return [];
  const plans = await readPlans(
    db,
    providerId,
    wanted.map(({ id }) => id),
  );
  const isThere = ({ id, kind }: WantedPlan): boolean =>
    plans.some(
      (plan) =>
        plan.id === id &&
        plan.customizedFrom === null &&
        (kind === undefined || plan.kind === kind) &&
        (mayBeHidden || plan.state === "published") &&
        (plan.productId === null || reaches(reach, plan.productId)),
    );
  return wanted.every(isThere) ? plans : undefined;
}
