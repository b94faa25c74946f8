import type { Pool } from "#platform/database/database.ts";
import type { FieldWriter } from "#portal/fields/index.ts";
import { deletePlanRow, lockPlanForShare, planStepOf, type Plan } from "#portal/products/index.ts";

import {
  withApplication,
  writeChange,
  type ApplicationChange,
  type ChangedApplication,
  type LockedApplication,
  type NotForDevelopers,
} from "./change-application.ts";
import { deletePlanRequest } from "./plan-requests/plan-requests-table.ts";

interface PlanChange extends ApplicationChange {
  /** Programs may choose a hidden one, too. */
  readonly planId: number;
  readonly writer: FieldWriter;
}

type PlanChangeOutcome = ChangedApplication | NotForDevelopers | { readonly notFound: "plan" };

/** Moves an application to another plan of its product. Undefined if the account has no such application. */
export const changeApplicationPlan = (
  pool: Pool,
  { planId, writer, ...change }: PlanChange,
): Promise<PlanChangeOutcome | undefined> =>
  withApplication<PlanChangeOutcome>(pool, change, async (locked) => {
    const { tx, application } = locked;
    const before = application.plan;
    if (planId === before.id) return { application, events: [] };
    const plan = await lockPlanForShare(tx, change.provider.id, planId);
    if (!plan || !isOpenTo(locked, plan)) return { notFound: "plan" };
    if (writer === "developer" && !mayChange(locked, plan)) return { notAllowed: "developers" };

    const changed = await writeChange(locked, { ...application, plan }, [
      { type: "application.plan_changed", previous: { plan_id: before.id } },
    ]);
    await deletePlanRequest(tx, change.provider.id, application.id); // whatever was asked for: it is decided now
    if (before.customizedFrom !== null) await deletePlanRow(tx, change.provider.id, before.id);
    return changed;
  });

/** Plans of the application's product, but those that were made for somebody else. */
const isOpenTo = ({ application }: LockedApplication, plan: Plan): boolean =>
  plan.kind === "application_plan" && plan.productId === application.product.id && plan.customizedFrom === null;

/** Where the product asks for a request, somebody of the provider has to do it. */
const mayChange = ({ application: { product }, account }: LockedApplication, plan: Plan): boolean =>
  plan.state === "published" &&
  planStepOf(product.buyerPlanChangePermission, account.creditCardToken !== null) === "change";
