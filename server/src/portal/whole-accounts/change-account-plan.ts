import type { Pool } from "#platform/database/database.ts";
import { recordAccountChange } from "#portal/accounts/record-account-events.ts";
import { updateAccountRow } from "#portal/accounts/accounts-table.ts";
import { lockPlanForShare, type Plan } from "#portal/products/index.ts";

import type { AccountChange, ChangedAccount } from "./change-account.ts";
import { deleteAccountPlanRequest } from "./plan-requests/account-plan-requests-table.ts";
import { representAccount } from "./represent-account.ts";
import { lockAccountInFull } from "./recall-account.ts";

interface AccountPlanChange extends AccountChange {
  /** Also a hidden one: who may choose what is for the door to know. */
  readonly planId: number;
}

type PlanChangeOutcome = (ChangedAccount & { readonly plan: Plan }) | { readonly notFound: "plan" };

/** Moves an account to another account plan and tells so. Undefined if the provider has no such account. */
export async function changeAccountPlan(
  pool: Pool,
  { provider, accountId, planId, by }: AccountPlanChange,
): Promise<PlanChangeOutcome | undefined> {
  return pool.inTransaction(async (tx) => {
    const locked = await lockAccountInFull(tx, provider, accountId);
    if (!locked) return undefined;
    const { whole: before, settings } = locked;
    const plan = await lockPlanForShare(tx, provider.id, planId);
    if (plan?.kind !== "account_plan") return { notFound: "plan" };
    if (plan.id === before.account.planId) return { whole: before, settings, plan, events: [] };

    await deleteAccountPlanRequest(tx, provider.id, accountId); // whatever was asked for: it is decided now
    const account = updateAccountRow(tx, provider.id, { ...before.account, planId }, by.now);
    const plans = [plan, ...before.plans.filter(({ kind }) => kind !== "account_plan")];
    const whole = { ...before, account, plans };
    const events = await recordAccountChange(tx, { providerId: provider.id, ...by }, account, {
      type: "account.plan_changed",
      objectId: accountId,
      document: representAccount(whole, settings),
      previous: { plan_id: before.account.planId },
    });
    return { whole, settings, plan, events };
  });
}
