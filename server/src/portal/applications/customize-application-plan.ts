import type { Pool } from "#platform/database/database.ts";
import { deletePlanRow, lockPlanForShare, insertPlan, type Plan } from "#portal/products/index.ts";

import { withApplication, writeChange, type ApplicationChange, type ChangedApplication } from "./change-application.ts";

/** Gives an application a plan of its own, which starts as the one it is on. Undefined if there is no such application. */
export const customizeApplicationPlan = (
  pool: Pool,
  change: ApplicationChange,
): Promise<ChangedApplication | undefined> =>
  withApplication<ChangedApplication>(pool, change, async (locked) => {
    const { tx, application, by } = locked;
    const { plan: before } = application;
    if (before.customizedFrom !== null) return { application, events: [] };
    const plan = await insertPlan(tx, change.provider.id, customized(before), by.now);
    if (!plan) throw new Error("The customised plan was not returned.");
    return writeChange(locked, { ...application, plan }, [planUpdated(before)]);
  });

/** Puts an application back on the plan that its own was made from. Undefined if there is no such application. */
export const decustomizeApplicationPlan = (
  pool: Pool,
  change: ApplicationChange,
): Promise<ChangedApplication | undefined> =>
  withApplication<ChangedApplication>(pool, change, async (locked) => {
    const { tx, application } = locked;
    const { plan: before } = application;
    if (before.customizedFrom === null) return { application, events: [] };
    const plan = await lockPlanForShare(tx, change.provider.id, before.customizedFrom);
    if (!plan) throw new Error(`Plan ${before.id} was made from a plan that is gone.`);
    const changed = await writeChange(locked, { ...application, plan }, [planUpdated(before)]);
    await deletePlanRow(tx, change.provider.id, before.id);
    return changed;
  });

const customized = (plan: Plan): Plan => ({
  ...plan,
  name: `${plan.name} (custom)`,
  systemName: `${plan.systemName}_custom`,
  state: "hidden",
  isDefault: false,
  customizedFrom: plan.id,
});

const planUpdated = (before: Plan): { type: "application.updated"; previous: { plan_id: number } } => ({
  type: "application.updated",
  previous: { plan_id: before.id },
});
