import type { Pool } from "#platform/database/database.ts";
import { insertPlanRequestMails } from "#portal/mails/index.ts";
import { lockPlanForShare, planStepOf, type Plan } from "#portal/products/index.ts";

import { titleOf } from "../application.ts";
import { withApplication, type ApplicationChange, type NotForDevelopers } from "../change-application.ts";
import { putPlanRequest } from "./plan-requests-table.ts";

interface PlanAsking extends ApplicationChange {
  readonly planId: number;
  /** Where an admin of the provider decides. */
  readonly decideAt: string;
}

type AskingOutcome = { readonly askedFor: Plan } | NotForDevelopers | { readonly notFound: "plan" };

/**
 * Asks for another plan, and writes so to the provider's admins, unless it is asked for already; nothing of the application
 * changes, so there is no event. Undefined if the account has no such application.
 */
export const requestPlan = (
  pool: Pool,
  { planId, decideAt, ...change }: PlanAsking,
): Promise<AskingOutcome | undefined> =>
  withApplication<AskingOutcome>(pool, change, async ({ tx, application, account, by }) => {
    const { product } = application;
    const step = planStepOf(product.buyerPlanChangePermission, account.creditCardToken !== null);
    if (step !== "ask") return { notAllowed: "developers" };
    const plan = await lockPlanForShare(tx, change.provider.id, planId);
    const isOnOffer = plan?.productId === product.id && plan.state === "published" && plan.customizedFrom === null;
    if (!plan || !isOnOffer || plan.id === application.plan.id) return { notFound: "plan" };

    const userId = "userId" in by.actor ? by.actor.userId : null;
    const { provider } = change;
    const asked = { applicationId: application.id, planId, userId, now: by.now };
    if (!(await putPlanRequest(tx, provider.id, asked))) return { askedFor: plan };
    const names = {
      orgName: account.orgName,
      application: titleOf(application),
      from: application.plan.name,
      to: plan.name,
    };
    await insertPlanRequestMails(tx, { provider, ...names, decideAt, now: by.now });
    return { askedFor: plan };
  });
