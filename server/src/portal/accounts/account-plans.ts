import type { Pool } from "#platform/database/database.ts";
import { type Plan, lockPlanForShare, readPlans } from "#portal/products/index.ts";
import { lockAccountDetails, representAccount } from "./account-details.ts";
import { recordAccountChange } from "./account-events.ts";
import { lockAccount, updateAccountRow } from "./account.ts";
import type { AccountChange, ChangedAccount } from "./change-account.ts";
import { declinePlanRequest, deletePlanRequest, insertPlanRequest } from "./plan-requests.ts";

interface AccountPlanChange extends AccountChange {
  /** May be a hidden plan: the route decides which plans its clients may choose. */
  readonly planId: number;
}

type PlanChangeOutcome = (ChangedAccount & { readonly plan: Plan }) | { readonly notFound: "plan" };

/**
 * Moves an account to another account plan and records the event. Returns undefined if the provider has no such
 * account.
 */
export async function changeAccountPlan(
  pool: Pool,
  { provider, accountId, planId, by }: AccountPlanChange,
): Promise<PlanChangeOutcome | undefined> {
  return pool.inTransaction(async (tx) => {
    const locked = await lockAccountDetails(tx, provider, accountId);
    if (!locked) return undefined;
    const { details: before, settings } = locked;
    const plan = await lockPlanForShare(tx, provider.id, planId);
    if (plan?.kind !== "account_plan") return { notFound: "plan" };
    if (plan.id === before.account.planId) return { details: before, settings, plan, events: [] };

    await deletePlanRequest(tx, { providerId: provider.id, kind: "account", id: accountId }); // any pending request is decided by this change
    const account = updateAccountRow(tx, provider.id, { ...before.account, planId }, by.now);
    const plans = [plan, ...before.plans.filter(({ kind }) => kind !== "account_plan")];
    const details = { ...before, account, plans };
    const events = await recordAccountChange(tx, { providerId: provider.id, ...by }, account, [
      {
        type: "account.plan_changed",
        objectId: accountId,
        document: representAccount(details, settings),
        previous: { plan_id: before.account.planId },
      },
    ]);
    return { details, settings, plan, events };
  });
}

interface PlanRequestCreation extends AccountChange {
  readonly planId: number;
  /** The page on which an admin of the provider decides. */
  readonly decideAt: string;
}

/**
 * Requests another published account plan and mails the provider's admins, unless that plan is already requested.
 * Records no event, because the account does not change. The route checks whether developers may request plans. Returns
 * undefined if the provider has no such account.
 */
export const requestAccountPlan = (
  pool: Pool,
  { provider, accountId, planId, decideAt, by }: PlanRequestCreation,
): Promise<{ readonly requested: Plan } | { readonly notFound: "plan" } | undefined> =>
  pool.inTransaction(async (tx) => {
    const account = await lockAccount(tx, provider.id, accountId);
    if (!account) return undefined;
    const plan = await lockPlanForShare(tx, provider.id, planId);
    const isOnOffer = plan?.kind === "account_plan" && plan.state === "published" && plan.customizedFrom === null;
    if (!plan || !isOnOffer || plan.id === account.planId) return { notFound: "plan" };

    const [from] = await readPlans(tx, provider.id, [account.planId]);
    const names = { orgName: account.orgName, from: from?.name ?? "" };
    const owner = { providerId: provider.id, kind: "account", id: accountId } as const;
    return insertPlanRequest(tx, { provider, owner, accountId, ...names, plan, decideAt, by });
  });

/** Withdraws a request, without an event. Returns undefined if there is none, or if it was already decided. */
export const withdrawAccountPlanRequest = (
  pool: Pool,
  { provider, accountId }: Pick<AccountChange, "provider" | "accountId">,
): Promise<{ readonly withdrawn: true } | undefined> =>
  pool.inTransaction(async (tx) => {
    const planId = await deletePlanRequest(tx, { providerId: provider.id, kind: "account", id: accountId });
    return planId === undefined ? undefined : { withdrawn: true };
  });

/** Declines a request. Returns undefined if there is none. */
export const declineAccountPlanRequest = (
  pool: Pool,
  { provider, accountId, by }: AccountChange,
): ReturnType<typeof declinePlanRequest> =>
  pool.inTransaction((tx) => declinePlanRequest(tx, { providerId: provider.id, kind: "account", id: accountId }, by));
