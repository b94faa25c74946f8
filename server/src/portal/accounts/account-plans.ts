import { recordAudit } from "#access/index.ts";
import type { Database, Pool, Transaction } from "#platform/database/database.ts";
import { insertPlanRequestMails } from "#portal/mails/index.ts";
import { type Plan, lockPlanForShare, readPlans } from "#portal/products/index.ts";
import { lockAccountDetails } from "./account-details.ts";
import { representAccount } from "./account-document.ts";
import { recordAccountChange } from "./account-events.ts";
import { lockAccount, updateAccountRow } from "./account.ts";
import type { AccountChange, ChangedAccount } from "./change-account.ts";

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

    await deleteAccountPlanRequestRow(tx, provider.id, accountId); // any pending request is decided by this change
    const account = updateAccountRow(tx, provider.id, { ...before.account, planId }, by.now);
    const plans = [plan, ...before.plans.filter(({ kind }) => kind !== "account_plan")];
    const details = { ...before, account, plans };
    const events = await recordAccountChange(tx, { providerId: provider.id, ...by }, account, {
      type: "account.plan_changed",
      objectId: accountId,
      document: representAccount(details, settings),
      previous: { plan_id: before.account.planId },
    });
    return { details, settings, plan, events };
  });
}

/** A developer's request for another account plan, which the provider decides on. */
export interface AccountPlanRequest {
  readonly accountId: number;
  readonly orgName: string;
  readonly planId: number;
  readonly planName: string;
  /** The username; null once the user is deleted. */
  readonly askedBy: string | null;
  readonly createdAt: Date;
}

// Oldest first. Served by the primary key for one account; for all, scans the provider's own rows.
const listPlanRequestsStatement = `
  select request.account_id, account.org_name, request.plan_id,
    plan.name as "planName", asker.username as "askedBy", request.created_at
  from account_plan_requests as request
  join accounts as account on account.provider_id = $1 and account.id = request.account_id
  join plans as plan on plan.provider_id = $1 and plan.id = request.plan_id
  left join users as asker on asker.provider_id = $1 and asker.id = request.user_id
  where request.provider_id = $1 and ($2::bigint is null or request.account_id = $2)
  order by request.created_at, request.account_id
  limit $3`;

/** The longest page of a list. */
const listedPlanRequestsMax = 200;

export const listAccountPlanRequests = (db: Database, providerId: number): Promise<AccountPlanRequest[]> =>
  db.query<AccountPlanRequest>(listPlanRequestsStatement, [providerId, null, listedPlanRequestsMax]);

export async function readAccountPlanRequest(
  db: Database,
  providerId: number,
  accountId: number,
): Promise<AccountPlanRequest | undefined> {
  const [request] = await db.query<AccountPlanRequest>(listPlanRequestsStatement, [providerId, accountId, 1]);
  return request;
}

// A new request replaces the old one. Repeating a request changes nothing.
const upsertPlanRequestStatement = `
  insert into account_plan_requests (provider_id, account_id, plan_id, user_id, created_at)
  values ($1, $2, $3, $4, $5)
  on conflict (provider_id, account_id) do update
  set plan_id = excluded.plan_id, user_id = excluded.user_id, created_at = excluded.created_at
  where account_plan_requests.plan_id <> excluded.plan_id
  returning plan_id`;

/** Returns false if this plan is already requested. */
async function upsertAccountPlanRequest(
  tx: Transaction,
  providerId: number,
  request: { accountId: number; planId: number; userId: number | null; now: Date },
): Promise<boolean> {
  const put = await tx.query(upsertPlanRequestStatement, [
    providerId,
    request.accountId,
    request.planId,
    request.userId,
    request.now,
  ]);
  return put.length > 0;
}

const deletePlanRequestStatement = `
  delete from account_plan_requests where provider_id = $1 and account_id = $2 returning plan_id`;

/** Deletes a request, because it was decided or withdrawn, and returns the requested plan's id if there was one. */
async function deleteAccountPlanRequestRow(
  tx: Transaction,
  providerId: number,
  accountId: number,
): Promise<number | undefined> {
  const [deleted] = await tx.query<{ planId: number }>(deletePlanRequestStatement, [providerId, accountId]);
  return deleted?.planId;
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
): Promise<{ readonly askedFor: Plan } | { readonly notFound: "plan" } | undefined> =>
  pool.inTransaction(async (tx) => {
    const account = await lockAccount(tx, provider.id, accountId);
    if (!account) return undefined;
    const plan = await lockPlanForShare(tx, provider.id, planId);
    const isOnOffer = plan?.kind === "account_plan" && plan.state === "published" && plan.customizedFrom === null;
    if (!plan || !isOnOffer || plan.id === account.planId) return { notFound: "plan" };

    const userId = "userId" in by.actor ? by.actor.userId : null;
    const request = { accountId, planId, userId, now: by.now };
    if (!(await upsertAccountPlanRequest(tx, provider.id, request))) return { askedFor: plan };
    const [from] = await readPlans(tx, provider.id, [account.planId]);
    const names = { orgName: account.orgName, from: from?.name ?? "", to: plan.name };
    await insertPlanRequestMails(tx, { provider, accountId, ...names, decideAt, now: by.now });
    return { askedFor: plan };
  });

/** Withdraws a request, without an event. Returns undefined if there is none, or if it was already decided. */
export const withdrawAccountPlanRequest = (
  pool: Pool,
  { provider, accountId }: Pick<AccountChange, "provider" | "accountId">,
): Promise<{ readonly withdrawn: true } | undefined> =>
  pool.inTransaction(async (tx) => {
    const planId = await deleteAccountPlanRequestRow(tx, provider.id, accountId);
    return planId === undefined ? undefined : { withdrawn: true };
  });

/**
 * Declines a request: the account keeps its plan, and no event is recorded. Returns undefined if there is no request.
 */
export const declineAccountPlanRequest = (
  pool: Pool,
  { provider, accountId, by }: AccountChange,
): Promise<{ readonly declined: true } | undefined> =>
  pool.inTransaction(async (tx) => {
    const providerId = provider.id;
    const planId = await deleteAccountPlanRequestRow(tx, providerId, accountId);
    if (planId === undefined) return undefined;
    const auditRecord = { action: "plan-request.declined", subject: `account/${accountId}`, detail: { planId } };
    await recordAudit(tx, { providerId, actor: by.actor, ...auditRecord });
    return { declined: true };
  });
