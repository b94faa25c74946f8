import { reaches, type Reach } from "#access/index.ts";
import type { Database } from "#platform/database/database.ts";
import { readPlans, type Plan } from "#portal/products/index.ts";

interface PlansToFind {
  readonly ids: readonly number[];
  readonly mayBeHidden: boolean;
  /** As 3scale does for programs: a default plan takes the place of one that is not there. */
  readonly dropsUnknown: boolean;
  readonly reach: Reach | undefined;
}

/**
 * Returns the plans that a sign-up asks for, of any kind; or undefined if one of them is not there to be had. One that was
 * made for somebody else's application is not: it goes with that application.
 */
export async function findWantedPlans(
  db: Database,
  providerId: number,
  { ids, mayBeHidden, dropsUnknown, reach }: PlansToFind,
): Promise<readonly Plan[] | undefined> {
  if (ids.length === 0) return [];
  const plans = (await readPlans(db, providerId, ids)).filter(
    (plan) => plan.customizedFrom === null && (mayBeHidden || plan.state === "published"),
  );
  const isMissing = (id: number): boolean => !plans.some((plan) => plan.id === id);
  if (!dropsUnknown && ids.some(isMissing)) return undefined;
  return plans.every(({ productId }) => productId === null || reaches(reach, productId)) ? plans : undefined;
}
