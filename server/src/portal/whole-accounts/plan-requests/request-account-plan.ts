import type { Pool } from "#platform/database/database.ts";
import { lockAccount } from "#portal/accounts/accounts-table.ts";
import { insertPlanRequestMails } from "#portal/mails/index.ts";
import { lockPlanForShare, readPlans, type Plan } from "#portal/products/index.ts";

import type { AccountChange } from "../change-account.ts";
import { putAccountPlanRequest } from "./account-plan-requests-table.ts";

interface PlanAsking extends AccountChange {
  readonly planId: number;
  /** Where an admin of the provider decides. */
  readonly decideAt: string;
}

/**
 * Asks for another account plan that is on offer, and writes so to the provider's admins, unless it is asked for already;
 * nothing of the account changes, so there is no event. Whether developers may ask is for the door to know. Undefined if the
 * provider has no such account.
 */
export const requestAccountPlan = (
  pool: Pool,
  { provider, accountId, planId, decideAt, by }: PlanAsking,
): Promise<{ readonly askedFor: Plan } | { readonly notFound: "plan" } | undefined> =>
  pool.inTransaction(async (tx) => {
    const account = await lockAccount(tx, provider.id, accountId);
    if (!account) return undefined;
    const plan = await lockPlanForShare(tx, provider.id, planId);
    const isOnOffer = plan?.kind === "account_plan" && plan.state === "published" && plan.customizedFrom === null;
    if (!plan || !isOnOffer || plan.id === account.planId) return { notFound: "plan" };

    const userId = "userId" in by.actor ? by.actor.userId : null;
    const asked = { accountId, planId, userId, now: by.now };
    if (!(await putAccountPlanRequest(tx, provider.id, asked))) return { askedFor: plan };
    const [from] = await readPlans(tx, provider.id, [account.planId]);
    const names = { orgName: account.orgName, from: from?.name ?? "", to: plan.name };
    await insertPlanRequestMails(tx, { provider, ...names, decideAt, now: by.now });
    return { askedFor: plan };
  });
