import { type ChangeContext, type ProductScope, recordAudit, requireLeftForDevelopers } from "#access/index.ts";
import type { Database, Transaction, Pool } from "#platform/database/database.ts";
import {
  downgradeMails,
  insertMail,
  insertNotificationMails,
  type NotificationMail,
  notificationMails,
  planDecisionMail,
} from "#portal/mails/index.ts";
import { type Plan, lockPlanForShare, readPlans } from "#portal/products/index.ts";
import type { Provider } from "#portal/providers/index.ts";
import { readUser } from "#portal/users/user.ts";
import { lockAccountDetails, representAccount } from "./account-details.ts";
import { recordAccountChange } from "./account-events.ts";
import { type Account, lockAccount, updateAccountRow } from "./account.ts";
import type { AccountChange, ChangedAccount } from "./change-account.ts";

/** A developer's request for another account plan, which the provider decides on. */
export interface AccountPlanRequest {
  readonly accountId: number;
  readonly orgName: string;
  readonly planId: number;
  readonly planName: string;
  /** The username; null once the user is deleted. */
  readonly requestedBy: string | null;
  readonly createdAt: Date;
}

/** The same for the plan of an application. */
export interface ApplicationPlanRequest extends AccountPlanRequest {
  readonly applicationId: number;
  readonly applicationName: string;
}

/** The longest page of a list. */
const listedMax = 200;

const accountRequestColumns = `request.account_id, account.org_name, request.plan_id,
    plan.name as "planName", requester.username as "requestedBy", request.created_at`;

const namesOfAccountRequest = `
  join accounts as account on account.provider_id = $1 and account.id = request.account_id
  join plans as plan on plan.provider_id = $1 and plan.id = request.plan_id
  left join users as requester on requester.provider_id = $1 and requester.id = request.user_id`;

// The lists are sorted oldest first. They scan the provider's own requests, and look up the accounts, plans and users of the listed ones
// only. The primary key serves those of given accounts or applications, in statements of their own: a plan for any values would scan them all.
const listAccountPlanRequestsStatement = `
  select ${accountRequestColumns}
  from (
    select account_id, plan_id, user_id, created_at from account_plan_requests
    where provider_id = $1
    order by created_at, account_id
    limit $2
  ) as request
  ${namesOfAccountRequest}
  order by request.created_at, request.account_id`;

const readAccountPlanRequestsStatement = `
  select ${accountRequestColumns} from account_plan_requests as request ${namesOfAccountRequest}
  where request.provider_id = $1 and request.account_id = any($2::bigint[])
  order by request.created_at, request.account_id`;

const applicationRequestColumns = `request.application_id,
    coalesce(nullif(trim(application.name), ''), 'Application ' || application.id) as "applicationName",
    application.account_id, account.org_name, request.plan_id,
    plan.name as "planName", requester.username as "requestedBy", request.created_at`;

const namesOfApplicationRequest = `
  join applications as application on application.provider_id = $1 and application.id = request.application_id
  join accounts as account on account.provider_id = $1 and account.id = application.account_id
  join plans as plan on plan.provider_id = $1 and plan.id = request.plan_id
  left join users as requester on requester.provider_id = $1 and requester.id = request.user_id`;

const listApplicationPlanRequestsStatement = `
  select ${applicationRequestColumns}
  from (
    select application_id, plan_id, user_id, created_at from plan_requests
    where provider_id = $1
      and ($3::bigint[] is null or exists (
        select from applications
        where applications.provider_id = $1 and applications.id = plan_requests.application_id
          and applications.product_id = any($3)))
    order by created_at, application_id
    limit $2
  ) as request
  ${namesOfApplicationRequest}
  order by request.created_at, request.application_id`;

const readApplicationPlanRequestsStatement = `
  select ${applicationRequestColumns} from plan_requests as request ${namesOfApplicationRequest}
  where request.provider_id = $1 and request.application_id = any($2::bigint[])
    and ($3::bigint[] is null or application.product_id = any($3))
  order by request.created_at, request.application_id`;

/** Lists the first 200 of all accounts, or those of some. */
export const listAccountPlanRequests = (
  db: Database,
  providerId: number,
  accountIds?: readonly number[],
): Promise<AccountPlanRequest[]> =>
  accountIds
    ? db.query(readAccountPlanRequestsStatement, [providerId, accountIds])
    : db.query(listAccountPlanRequestsStatement, [providerId, listedMax]);

/** Lists those for applications within a product scope: the first 200, or those of some applications. */
export const listApplicationPlanRequests = (
  db: Database,
  providerId: number,
  { scope, applicationIds }: { readonly scope: ProductScope; readonly applicationIds?: readonly number[] | undefined },
): Promise<ApplicationPlanRequest[]> =>
  applicationIds
    ? db.query(readApplicationPlanRequestsStatement, [providerId, applicationIds, scope])
    : db.query(listApplicationPlanRequestsStatement, [providerId, listedMax, scope]);

export async function readAccountPlanRequest(
  db: Database,
  providerId: number,
  accountId: number,
): Promise<AccountPlanRequest | undefined> {
  const [request] = await listAccountPlanRequests(db, providerId, [accountId]);
  return request;
}

export async function readApplicationPlanRequest(
  db: Database,
  providerId: number,
  applicationId: number,
): Promise<ApplicationPlanRequest | undefined> {
  const [request] = await listApplicationPlanRequests(db, providerId, { scope: null, applicationIds: [applicationId] });
  return request;
}

/** The owner of the requested plan. */
export interface PlanOwner {
  readonly providerId: number;
  readonly kind: "account" | "application" | "subscription";
  readonly id: number;
}

// A new request replaces the old one. Repeating a request changes nothing.
const upsertStatements = {
  account: `
  insert into account_plan_requests (provider_id, account_id, plan_id, user_id, created_at)
  values ($1, $2, $3, $4, $5)
  on conflict (provider_id, account_id) do update
  set plan_id = excluded.plan_id, user_id = excluded.user_id, created_at = excluded.created_at
  where account_plan_requests.plan_id <> excluded.plan_id
  returning plan_id`,
  application: `
  insert into plan_requests (provider_id, application_id, plan_id, user_id, created_at)
  values ($1, $2, $3, $4, $5)
  on conflict (provider_id, application_id) do update
  set plan_id = excluded.plan_id, user_id = excluded.user_id, created_at = excluded.created_at
  where plan_requests.plan_id <> excluded.plan_id
  returning plan_id`,
  subscription: `
  update service_subscriptions
  set requested_plan_id = $3, requested_by = $4, requested_at = $5
  where provider_id = $1 and id = $2 and requested_plan_id is distinct from $3
  returning requested_plan_id as plan_id`,
};

interface NewPlanRequest {
  readonly provider: Provider;
  readonly owner: PlanOwner;
  readonly account: Pick<Account, "id" | "createdAt">;
  readonly plan: Plan;
  readonly mail: NotificationMail;
  readonly by: ChangeContext;
}

/** Records a request and mails it to the provider's users, unless this plan is already requested. */
export async function insertPlanRequest(
  tx: Transaction,
  { provider, owner, account, plan, mail, by }: NewPlanRequest,
): Promise<{ readonly requested: Plan }> {
  const userId = "userId" in by.actor ? by.actor.userId : null;
  const values = [owner.providerId, owner.id, plan.id, userId, by.now];
  const changed = await tx.query(upsertStatements[owner.kind], values);
  requireLeftForDevelopers(tx, { providerId: owner.providerId, ...by }, account);
  if (changed.length > 0) await insertNotificationMails(tx, { provider, account, by }, [mail]);
  return { requested: plan };
}

const deleteStatements = {
  account: "delete from account_plan_requests where provider_id = $1 and account_id = $2 returning plan_id, user_id",
  application: "delete from plan_requests where provider_id = $1 and application_id = $2 returning plan_id, user_id",
  subscription: `
  update service_subscriptions as subscription
  set requested_plan_id = null, requested_by = null, requested_at = null
  from service_subscriptions as before
  where subscription.provider_id = $1 and subscription.id = $2 and subscription.requested_plan_id is not null
    and before.provider_id = $1 and before.id = $2
  returning before.requested_plan_id as plan_id, before.requested_by as user_id`,
};

interface DeletedPlanRequest {
  readonly planId: number;
  /** Null once the user who made it is deleted. */
  readonly userId: number | null;
}

/** Deletes a request, because it was decided or withdrawn. Returns undefined if there was none. */
export async function deletePlanRequest(
  tx: Transaction,
  { providerId, kind, id }: PlanOwner,
): Promise<DeletedPlanRequest | undefined> {
  const [deleted] = await tx.query<DeletedPlanRequest>(deleteStatements[kind], [providerId, id]);
  return deleted;
}

interface PlanDecision extends AccountChange {
  readonly owner: PlanOwner;
  /** The name of the application whose plan it is. */
  readonly application?: string;
  /** The name of the product whose subscription has the plan. */
  readonly product?: string;
}

/** Ends any request because the plan changes, and mails the decision to the user who made it, unless a developer changes the plan. */
export async function endPlanRequest(tx: Transaction, decision: PlanDecision, plan: Plan): Promise<void> {
  const request = await deletePlanRequest(tx, decision.owner);
  if (!request || decision.by.actor.kind === "developer") return;
  await mailDecision(tx, decision, { request, plan, decision: request.planId === plan.id ? "granted" : "other" });
}

/**
 * Declines a request and mails that to the user who made it. The plan stays, and no event is recorded. Returns undefined if there is no
 * request.
 */
export async function declinePlanRequest(
  tx: Transaction,
  decision: PlanDecision,
  plan: Pick<Plan, "name"> | undefined,
): Promise<{ readonly declined: true } | undefined> {
  const { owner, by } = decision;
  const request = await deletePlanRequest(tx, owner);
  if (!request) return undefined;
  const { providerId, kind, id } = owner;
  const detail = { planId: request.planId };
  const subject = `${kind}/${id}`;
  await recordAudit(tx, { providerId, actor: by.actor, action: "plan-request.declined", subject, detail });
  if (plan) await mailDecision(tx, decision, { request, plan, decision: "declined" });
  return { declined: true };
}

async function mailDecision(
  tx: Transaction,
  { provider, owner, accountId, application, product, by }: PlanDecision,
  {
    request,
    plan,
    decision,
  }: Pick<Parameters<typeof planDecisionMail>[0], "decision"> & {
    readonly request: DeletedPlanRequest;
    readonly plan: Pick<Plan, "name">;
  },
): Promise<void> {
  const user = request.userId === null ? undefined : await readUser(tx, provider.id, request.userId);
  const [requested] = await readPlans(tx, provider.id, [request.planId]);
  if (!requested || user?.state !== "active" || user.email === null) return;
  const { username, email: recipient } = user;
  const names = { application, product, requested: requested.name, plan: plan.name };
  const page = { portalUrl: by.developerPortalUrl, path: pathOf(owner) };
  const mail = planDecisionMail({ provider, recipient, username, ...names, ...page, decision });
  await insertMail(tx, provider.id, { ...mail, accountId }, by.now);
}

/** Returns the page of the Developer Portal that shows the plan. */
const pathOf = ({ kind, id }: PlanOwner): string =>
  ({ account: "/account", application: `/applications/${id}`, subscription: "/applications" })[kind];

interface AccountPlanChange extends AccountChange {
  readonly planId: number;
}

type PlanChangeOutcome = (ChangedAccount & { readonly plan: Plan }) | { readonly notFound: "plan" };

/**
 * Moves an account to another account plan and records the event. It may be a hidden plan: the route decides which plans its clients may
 * choose. Returns undefined if the provider has no such account.
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

    await endPlanRequest(tx, accountDecision({ provider, accountId, by }), plan);
    const account = updateAccountRow(tx, provider.id, { ...before.account, planId }, by.now);
    const plans = [plan, ...before.plans.filter(({ kind }) => kind !== "account_plan")];
    const details = { ...before, account, plans };
    const from = before.plans.find(({ kind }) => kind === "account_plan");
    const [events] = await Promise.all([
      recordAccountChange(tx, { providerId: provider.id, ...by }, account, [
        {
          type: "account.plan_changed",
          objectId: accountId,
          document: representAccount(details, settings),
          previous: { plan_id: before.account.planId },
        },
      ]),
      insertNotificationMails(tx, { provider, account, by }, from ? downgradeMails({ account, from, to: plan }) : []),
    ]);
    return { details, settings, plan, events };
  });
}

/**
 * Requests another published account plan and mails that to the provider's users, unless that plan is already requested.
 * Records no event, because the account does not change. The route checks whether developers may request plans. Returns
 * undefined if the provider has no such account.
 */
export const requestAccountPlan = (
  pool: Pool,
  { provider, accountId, planId, by }: AccountPlanChange,
): Promise<{ readonly requested: Plan } | { readonly notFound: "plan" } | undefined> =>
  pool.inTransaction(async (tx) => {
    const account = await lockAccount(tx, provider.id, accountId);
    if (!account) return undefined;
    const plan = await lockPlanForShare(tx, provider.id, planId);
    const isOnOffer = plan?.kind === "account_plan" && plan.state === "published" && plan.customizedFrom === null;
    if (!plan || !isOnOffer || plan.id === account.planId) return { notFound: "plan" };

    const [from] = await readPlans(tx, provider.id, [account.planId]);
    const owner = { providerId: provider.id, kind: "account", id: accountId } as const;
    const names = { account, from: from?.name ?? "", to: plan.name };
    const mail = notificationMails.account_plan_change_requested(names);
    return insertPlanRequest(tx, { provider, owner, account, plan, mail, by });
  });

/** Withdraws a request, without an event. Returns undefined if there is none, or if it was already decided. */
export const withdrawAccountPlanRequest = (
  pool: Pool,
  { provider, accountId }: Pick<AccountChange, "provider" | "accountId">,
): Promise<{ readonly withdrawn: true } | undefined> =>
  pool.inTransaction(async (tx) => {
    const request = await deletePlanRequest(tx, { providerId: provider.id, kind: "account", id: accountId });
    return request && { withdrawn: true };
  });

/** Declines a request. Returns undefined if there is none. */
export const declineAccountPlanRequest = (
  pool: Pool,
  { provider, accountId, by }: AccountChange,
): ReturnType<typeof declinePlanRequest> =>
  pool.inTransaction(async (tx) => {
    const account = await lockAccount(tx, provider.id, accountId);
    if (!account) return undefined;
    const [plan] = await readPlans(tx, provider.id, [account.planId]);
    return declinePlanRequest(tx, accountDecision({ provider, accountId, by }), plan);
  });

const accountDecision = ({ provider, accountId, by }: AccountChange): PlanDecision => ({
  provider,
  owner: { providerId: provider.id, kind: "account", id: accountId },
  accountId,
  by,
});
