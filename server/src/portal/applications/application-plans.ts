import { type ProductScope, recordAudit } from "#access/index.ts";
import type { Database, Pool, Transaction } from "#platform/database/database.ts";
import type { FieldWriter } from "#portal/fields/index.ts";
import { insertPlanRequestMails } from "#portal/mails/index.ts";
import { type Plan, deletePlanRow, insertPlan, lockPlanForShare, planStepOf } from "#portal/products/index.ts";
import { titleOf } from "./application.ts";
import {
  type ApplicationChange,
  type ChangedApplication,
  type LockedApplication,
  type NotForDevelopers,
  changeApplication,
  saveApplication,
} from "./change-application.ts";

interface PlanChange extends ApplicationChange {
  /** May be a hidden plan for programs. */
  readonly planId: number;
  readonly writer: FieldWriter;
}

type PlanChangeOutcome = ChangedApplication | NotForDevelopers | { readonly notFound: "plan" };

/** Moves an application to another plan of its product. Returns undefined if the account has no such application. */
export const changeApplicationPlan = (
  pool: Pool,
  { planId, writer, ...change }: PlanChange,
): Promise<PlanChangeOutcome | undefined> =>
  changeApplication<PlanChangeOutcome>(pool, change, async (locked) => {
    const { tx, application } = locked;
    const before = application.plan;
    if (planId === before.id) return { application, events: [] };
    const plan = await lockPlanForShare(tx, change.provider.id, planId);
    if (!plan || !isAvailable(locked, plan)) return { notFound: "plan" };
    if (writer === "developer" && !mayChangePlan(locked, plan)) return { notAllowed: "developers" };

    const changed = await saveApplication(locked, { ...application, plan }, [
      { type: "application.plan_changed", previous: { plan_id: before.id } },
    ]);
    await deletePlanRequestRow(tx, change.provider.id, application.id); // any pending request is decided by this change
    if (before.customizedFrom !== null) await deletePlanRow(tx, change.provider.id, before.id);
    return changed;
  });

/** Returns whether the plan belongs to the application's product and is no custom plan. */
const isAvailable = ({ application }: LockedApplication, plan: Plan): boolean =>
  plan.kind === "application_plan" && plan.productId === application.product.id && plan.customizedFrom === null;

/** Returns whether developers may move to the plan themselves, without a request. */
const mayChangePlan = ({ application: { product }, account }: LockedApplication, plan: Plan): boolean =>
  plan.state === "published" &&
  planStepOf(product.buyerPlanChangePermission, account.creditCardToken !== null) === "change";

/**
 * Creates a custom plan for an application, as a copy of its plan. Returns undefined if there is no such application.
 */
export const customizeApplicationPlan = (
  pool: Pool,
  change: ApplicationChange,
): Promise<ChangedApplication | undefined> =>
  changeApplication<ChangedApplication>(pool, change, async (locked) => {
    const { tx, application, by } = locked;
    const { plan: before } = application;
    if (before.customizedFrom !== null) return { application, events: [] };
    const plan = await insertPlan(tx, change.provider.id, customized(before), by.now);
    if (!plan) throw new Error("The customised plan was not returned.");
    return saveApplication(locked, { ...application, plan }, [planUpdatedEvent(before)]);
  });

/**
 * Moves an application from its custom plan back to the original one. Returns undefined if there is no such
 * application.
 */
export const decustomizeApplicationPlan = (
  pool: Pool,
  change: ApplicationChange,
): Promise<ChangedApplication | undefined> =>
  changeApplication<ChangedApplication>(pool, change, async (locked) => {
    const { tx, application } = locked;
    const { plan: before } = application;
    if (before.customizedFrom === null) return { application, events: [] };
    const plan = await lockPlanForShare(tx, change.provider.id, before.customizedFrom);
    if (!plan) throw new Error(`Plan ${before.id} was made from a plan that is gone.`);
    const changed = await saveApplication(locked, { ...application, plan }, [planUpdatedEvent(before)]);
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

const planUpdatedEvent = (before: Plan): { type: "application.updated"; previous: { plan_id: number } } => ({
  type: "application.updated",
  previous: { plan_id: before.id },
});

/** A developer's request for another plan, which the provider decides on. */
export interface PlanRequest {
  readonly applicationId: number;
  readonly applicationName: string;
  readonly accountId: number;
  readonly orgName: string;
  readonly planId: number;
  readonly planName: string;
  /** The username; null once the user is deleted. */
  readonly askedBy: string | null;
  readonly createdAt: Date;
}

// Oldest first. Served by the primary key for one application; for all, scans the provider's own rows.
const listPlanRequestsStatement = `
  select request.application_id,
    coalesce(nullif(trim(application.name), ''), 'Application ' || application.id) as "applicationName",
    application.account_id, account.org_name, request.plan_id,
    plan.name as "planName", asker.username as "askedBy", request.created_at
  from plan_requests as request
  join applications as application on application.provider_id = $1 and application.id = request.application_id
  join accounts as account on account.provider_id = $1 and account.id = application.account_id
  join plans as plan on plan.provider_id = $1 and plan.id = request.plan_id
  left join users as asker on asker.provider_id = $1 and asker.id = request.user_id
  where request.provider_id = $1 and ($2::bigint is null or request.application_id = $2)
    and ($4::bigint[] is null or application.product_id = any($4))
  order by request.created_at, request.application_id
  limit $3`;

/** The longest page of a list. */
const listedPlanRequestsMax = 200;

/** Lists the requests for applications within a product scope. */
export const listPlanRequests = (db: Database, providerId: number, reach: ProductScope): Promise<PlanRequest[]> =>
  db.query<PlanRequest>(listPlanRequestsStatement, [providerId, null, listedPlanRequestsMax, reach]);

export async function readPlanRequest(
  db: Database,
  providerId: number,
  applicationId: number,
): Promise<PlanRequest | undefined> {
  const [request] = await db.query<PlanRequest>(listPlanRequestsStatement, [providerId, applicationId, 1, null]);
  return request;
}

// A new request replaces the old one. Repeating a request changes nothing.
const upsertPlanRequestStatement = `
  insert into plan_requests (provider_id, application_id, plan_id, user_id, created_at)
  values ($1, $2, $3, $4, $5)
  on conflict (provider_id, application_id) do update
  set plan_id = excluded.plan_id, user_id = excluded.user_id, created_at = excluded.created_at
  where plan_requests.plan_id <> excluded.plan_id
  returning plan_id`;

/** Returns false if this plan is already requested. */
async function upsertPlanRequest(
  tx: Transaction,
  providerId: number,
  request: { applicationId: number; planId: number; userId: number | null; now: Date },
): Promise<boolean> {
  const put = await tx.query(upsertPlanRequestStatement, [
    providerId,
    request.applicationId,
    request.planId,
    request.userId,
    request.now,
  ]);
  return put.length > 0;
}

const deletePlanRequestStatement = `
  delete from plan_requests where provider_id = $1 and application_id = $2 returning plan_id`;

/** Deletes a request, because it was decided or withdrawn, and returns the requested plan's id if there was one. */
async function deletePlanRequestRow(
  tx: Transaction,
  providerId: number,
  applicationId: number,
): Promise<number | undefined> {
  const [deleted] = await tx.query<{ planId: number }>(deletePlanRequestStatement, [providerId, applicationId]);
  return deleted?.planId;
}

interface PlanRequestCreation extends ApplicationChange {
  readonly planId: number;
  /** The page on which an admin of the provider decides. */
  readonly decideAt: string;
}

type PlanRequestOutcome = { readonly askedFor: Plan } | NotForDevelopers | { readonly notFound: "plan" };

/**
 * Requests another plan and mails the provider's admins, unless that plan is already requested. Records no event,
 * because the application does not change. Returns undefined if the account has no such application.
 */
export const requestPlan = (
  pool: Pool,
  { planId, decideAt, ...change }: PlanRequestCreation,
): Promise<PlanRequestOutcome | undefined> =>
  changeApplication<PlanRequestOutcome>(pool, change, async ({ tx, application, account, by }) => {
    const { product } = application;
    const step = planStepOf(product.buyerPlanChangePermission, account.creditCardToken !== null);
    if (step !== "ask") return { notAllowed: "developers" };
    const plan = await lockPlanForShare(tx, change.provider.id, planId);
    const isOnOffer = plan?.productId === product.id && plan.state === "published" && plan.customizedFrom === null;
    if (!plan || !isOnOffer || plan.id === application.plan.id) return { notFound: "plan" };

    const userId = "userId" in by.actor ? by.actor.userId : null;
    const { provider } = change;
    const request = { applicationId: application.id, planId, userId, now: by.now };
    if (!(await upsertPlanRequest(tx, provider.id, request))) return { askedFor: plan };
    const names = {
      orgName: account.orgName,
      application: titleOf(application),
      from: application.plan.name,
      to: plan.name,
    };
    await insertPlanRequestMails(tx, { provider, accountId: application.accountId, ...names, decideAt, now: by.now });
    return { askedFor: plan };
  });

/** Withdraws a request, without an event. Returns undefined if there is none, or if it was already decided. */
export const withdrawPlanRequest = async (
  pool: Pool,
  change: ApplicationChange,
): Promise<{ readonly withdrawn: true } | undefined> =>
  changeApplication(pool, change, async ({ tx, application }) => {
    const planId = await deletePlanRequestRow(tx, change.provider.id, application.id);
    return planId === undefined ? undefined : { withdrawn: true };
  });

/**
 * Declines a request: the application keeps its plan, and no event is recorded. Returns undefined if there is no
 * request.
 */
export const declinePlanRequest = async (
  pool: Pool,
  change: ApplicationChange,
): Promise<{ readonly declined: true } | undefined> =>
  changeApplication(pool, change, async ({ tx, application, by }) => {
    const providerId = change.provider.id;
    const planId = await deletePlanRequestRow(tx, providerId, application.id);
    if (planId === undefined) return undefined;
    const auditRecord = {
      action: "plan-request.declined",
      subject: `application/${application.id}`,
      detail: { planId },
    };
    await recordAudit(tx, { providerId, actor: by.actor, ...auditRecord });
    return { declined: true };
  });
