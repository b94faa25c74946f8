import { isInProductScope, type ProductScope, requireLeftForDevelopers } from "#access/index.ts";
import type { Database, Pool } from "#platform/database/database.ts";
import { randomHex } from "#platform/ids.ts";
import { insertServiceSubscriptions, lockAccount } from "#portal/accounts/account.ts";
import { downgradeMails, insertNotificationMails, notificationMails } from "#portal/mails/index.ts";
import {
  type AccountPlanRequest,
  type PlanOwner,
  declinePlanRequest,
  deletePlanRequest,
  endPlanRequest,
  insertPlanRequest,
  readApplicationPlanRequest,
} from "#portal/accounts/plan-changes.ts";
import type { AccountChange } from "#portal/accounts/change-account.ts";
import type { FieldWriter } from "#portal/fields/index.ts";
import {
  type Plan,
  copyPlanFeatures,
  copyTerms,
  deletePlanRow,
  insertPlan,
  lockPlanForShare,
  planStepOf,
  readPlans,
  readProduct,
  readServicePlans,
} from "#portal/products/index.ts";
import { titleOf } from "./application.ts";
import {
  type ApplicationChange,
  type ChangedApplication,
  type LockedApplication,
  type NotForDevelopers,
  changeApplication,
  mailUsers,
  namesOf,
  saveApplication,
} from "./change-application.ts";
import { listApplications } from "./application-table.ts";
import {
  deleteSubscription,
  listSubscriptions,
  lockSubscription,
  planOwnerOf,
  productOf,
  servicePlanFor,
  type Subscription,
  type SubscriptionReference,
} from "./subscriptions.ts";

interface PlanChange extends ApplicationChange {
  /** May be a hidden plan for programs. */
  readonly planId: number;
  readonly writer: FieldWriter;
}

type PlanChangeOutcome = ChangedApplication | NotForDevelopers | { readonly notFound: "plan" | "plan of this product" };

/** Moves an application to another plan of its product. Returns undefined if the account has no such application. */
export const changeApplicationPlan = (
  pool: Pool,
  { planId, writer, ...change }: PlanChange,
): Promise<PlanChangeOutcome | undefined> =>
  changeApplication<PlanChangeOutcome>(pool, change, async (locked) => {
    const { tx, application, by } = locked;
    const before = application.plan;
    if (planId === before.id) return { application, events: [] };
    const plan = await lockPlanForShare(tx, change.provider.id, planId);
    if (!plan || !isAvailable(plan) || !isInProductScope(by.productScope, plan.productId)) return { notFound: "plan" };
    if (plan.productId !== application.product.id) return { notFound: "plan of this product" };
    if (writer === "developer" && !mayChangePlan(locked, plan)) return { notAllowed: "developers" };

    const [changed] = await Promise.all([
      saveApplication(locked, { ...application, plan }, [
        { type: "application.plan_changed", previous: { plan_id: before.id } },
      ]),
      mailPlanChange(locked, plan),
    ]);
    await endPlanRequest(tx, planDecision(change, locked), plan);
    if (before.customizedFrom !== null) await deletePlanRow(tx, change.provider.id, before.id);
    return changed;
  });

function mailPlanChange(locked: LockedApplication, to: Plan): Promise<void> {
  const { plan: from } = locked.application;
  const of = namesOf(locked);
  return mailUsers(locked, [
    notificationMails.cinstance_plan_changed({ ...of, from: from.name, to: to.name }),
    ...downgradeMails({ ...of, from, to }),
  ]);
}

/** Returns whether applications may move to the plan. Only its own one has a custom plan. */
const isAvailable = ({ kind, customizedFrom }: Plan): boolean => kind === "application_plan" && customizedFrom === null;

/** Returns whether developers may move to the plan themselves, without a request. */
const mayChangePlan = ({ application: { product }, account }: LockedApplication, plan: Plan): boolean =>
  plan.state === "published" &&
  planStepOf(product.buyerPlanChangePermission, account.creditCardToken !== null) === "change";

/**
 * Creates a custom plan for an application, as a copy of its plan with its terms. Returns undefined if there is no such application.
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
    await copyPlanFeatures(tx, change.provider.id, before.id, plan.id);
    await copyTerms(tx, { providerId: change.provider.id, from: before.id, to: plan.id, now: by.now });
    return saveApplication(locked, { ...application, plan }, [planUpdatedEvent(before)]);
  });

/**
 * Moves an application from its custom plan back to the original one, which grants a request for that one. Returns undefined if
 * there is no such application.
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
    const request = await readApplicationPlanRequest(tx, change.provider.id, application.id);
    if (request?.planId === plan.id) await endPlanRequest(tx, planDecision(change, locked), plan);
    await deletePlanRow(tx, change.provider.id, before.id);
    return changed;
  });

const customized = (plan: Plan): Plan => ({
  ...plan,
  name: `${plan.name} (custom)`,
  systemName: `${plan.systemName}_custom_${randomHex(6)}`, // clients of the API tell the plans of a product apart by it
  state: "hidden",
  isDefault: false,
  customizedFrom: plan.id,
});

const planUpdatedEvent = (before: Plan): { type: "application.updated"; previous: { plan_id: number } } => ({
  type: "application.updated",
  previous: { plan_id: before.id },
});

type PlanRequestOutcome = { readonly requested: Plan } | NotForDevelopers | { readonly notFound: "plan" };

/**
 * Requests another plan and mails that to the provider's users, unless that plan is already requested. Records no event,
 * because the application does not change. Returns undefined if the account has no such application.
 */
export const requestApplicationPlan = (
  pool: Pool,
  { planId, ...change }: ApplicationChange & { readonly planId: number },
): Promise<PlanRequestOutcome | undefined> =>
  changeApplication<PlanRequestOutcome>(pool, change, async (locked) => {
    const { tx, application, account, by } = locked;
    const { product } = application;
    const step = planStepOf(product.buyerPlanChangePermission, account.creditCardToken !== null);
    if (step !== "request") return { notAllowed: "developers" };
    const plan = await lockPlanForShare(tx, change.provider.id, planId);
    const isOnOffer = plan?.productId === product.id && plan.state === "published" && isAvailable(plan);
    if (!plan || !isOnOffer || plan.id === application.plan.id) return { notFound: "plan" };

    const names = { ...namesOf(locked), from: application.plan.name, to: plan.name };
    const mail = notificationMails.application_plan_change_requested(names);
    return insertPlanRequest(tx, { provider: change.provider, owner: planOwner(change), account, plan, mail, by });
  });

/** Withdraws a request, without an event. Returns undefined if there is none, or if it was already decided. */
export const withdrawApplicationPlanRequest = (
  pool: Pool,
  change: ApplicationChange,
): Promise<{ readonly withdrawn: true } | undefined> =>
  changeApplication(pool, change, async ({ tx }) => {
    const request = await deletePlanRequest(tx, planOwner(change));
    return request && { withdrawn: true };
  });

/** Declines a request. Returns undefined if there is none. */
export const declineApplicationPlanRequest = (
  pool: Pool,
  change: ApplicationChange,
): ReturnType<typeof declinePlanRequest> =>
  changeApplication(pool, change, (locked) =>
    declinePlanRequest(locked.tx, planDecision(change, locked), locked.application.plan),
  );

const planDecision = (change: ApplicationChange, { application, by }: LockedApplication) => ({
  provider: change.provider,
  owner: planOwner(change),
  accountId: application.accountId,
  application: titleOf(application),
  by,
});

const planOwner = ({ provider, applicationId }: ApplicationChange): PlanOwner => ({
  providerId: provider.id,
  kind: "application",
  id: applicationId,
});

// Plans of subscriptions

/**
 * Requests another published service plan of the product, and mails that to the provider's users, unless that plan is already requested. The
 * route checks whether developers may request plans. Returns undefined if the account has no such subscription.
 */
export const requestSubscriptionPlan = (
  pool: Pool,
  { planId, ...reference }: SubscriptionReference & { readonly planId: number },
): Promise<{ readonly requested: Plan } | { readonly notFound: "plan" } | undefined> =>
  pool.inTransaction(async (tx) => {
    const locked = await lockSubscription(tx, reference);
    if (locked?.subscription.state !== "live") return undefined;
    const { account, subscription } = locked;
    const { provider, by } = reference;
    const plan = await lockPlanForShare(tx, provider.id, planId);
    const isOnOffer = plan?.kind === "service_plan" && plan.productId === subscription.productId;
    if (!isOnOffer || plan.state !== "published" || plan.id === subscription.planId) return { notFound: "plan" };
    const [product, [from]] = await Promise.all([
      productOf(tx, provider.id, subscription),
      readPlans(tx, provider.id, [subscription.planId]),
    ]);
    const names = { account, product, from: from?.name ?? "", to: plan.name };
    const mail = notificationMails.service_plan_change_requested(names);
    return insertPlanRequest(tx, { provider, owner: planOwnerOf(reference), account, plan, mail, by });
  });

/** Withdraws a request. Returns undefined if there is none, or if it was already decided. */
export const withdrawSubscriptionPlanRequest = (
  pool: Pool,
  reference: SubscriptionReference,
): Promise<{ readonly withdrawn: true } | undefined> =>
  pool.inTransaction(async (tx) => {
    if (!(await lockSubscription(tx, reference))) return undefined;
    return (await deletePlanRequest(tx, planOwnerOf(reference))) && { withdrawn: true };
  });

/** Declines a request. Returns undefined if there is none. */
export const declineSubscriptionPlanRequest = (
  pool: Pool,
  reference: SubscriptionReference,
): ReturnType<typeof declinePlanRequest> =>
  pool.inTransaction(async (tx) => {
    const locked = await lockSubscription(tx, reference);
    if (!locked) return undefined;
    const { id } = reference.provider;
    const [{ name: product }, [plan]] = await Promise.all([
      productOf(tx, id, locked.subscription),
      readPlans(tx, id, [locked.subscription.planId]),
    ]);
    return declinePlanRequest(tx, { ...reference, owner: planOwnerOf(reference), product }, plan);
  });

// Access to products

/**
 * Whether the developers of an account may create applications of a product: at once, once they have requested a subscription and it
 * is approved, once the requested one is approved, or not.
 */
export type ProductAccess = "open" | "on request" | "requested" | "closed";

/** Returns a function that returns an account's access to a product. */
export async function readProductAccess(
  db: Database,
  providerId: number,
  accountId: number,
): Promise<(productId: number) => ProductAccess> {
  const [subscriptions, plans] = await Promise.all([
    listSubscriptions(db, providerId, accountId),
    readServicePlans(db, providerId, { withHidden: false }),
  ]);
  const stateOf = new Map(subscriptions.map(({ productId, state }) => [productId, state]));
  const planOf = new Map(plans.map((plan) => [plan.productId, plan]));
  return (id) => {
    const state = stateOf.get(id);
    if (state) return accessBy[state];
    const plan = planOf.get(id);
    if (!plan) return "closed";
    return plan.approvalRequired ? "on request" : "open";
  };
}

const accessBy = { live: "open", pending: "requested", suspended: "closed" } as const;

interface SubscriptionRequest extends AccountChange {
  readonly productId: number;
}

/**
 * Subscribes a developer's account to a product, and mails all of the provider's admins if one must approve that. An account that is subscribed
 * already stays as it is. Returns undefined if developers may not subscribe to such a product.
 */
export async function requestSubscription(
  pool: Pool,
  { provider, accountId, productId, by }: SubscriptionRequest,
): Promise<{ readonly state: Subscription["state"] } | undefined> {
  const providerId = provider.id;
  return pool.inTransaction(async (tx) => {
    const account = await lockAccount(tx, providerId, accountId);
    const product = await readProduct(tx, providerId, productId);
    if (!account || !product?.buyersManageApps) return undefined;
    const existing = (await listSubscriptions(tx, providerId, accountId)).find((each) => each.productId === productId);
    if (existing) return { state: existing.state };
    const chosenPlan = await servicePlanFor(tx, providerId, product, "developer");
    const plan = chosenPlan && (await lockPlanForShare(tx, providerId, chosenPlan.id));
    if (!plan) return undefined;
    requireLeftForDevelopers(tx, { providerId, ...by }, account);
    await insertServiceSubscriptions(tx, { providerId, accountId, plans: [plan], now: by.now });
    const access = plan.approvalRequired ? "requested" : "live";
    const mail = notificationMails.service_contract_created({ account, product, plan: plan.name, access });
    await insertNotificationMails(tx, { provider, account, by }, [mail]);
    return { state: plan.approvalRequired ? "pending" : "live" };
  });
}

/**
 * Ends the pending subscription of a developer's account, without an event, and mails that to the provider's users who want to know.
 * Returns undefined if there is none, for example because it was approved.
 */
export async function withdrawSubscription(
  pool: Pool,
  { provider, accountId, productId, by }: SubscriptionRequest,
): Promise<{ readonly withdrawn: true } | NotForDevelopers | undefined> {
  const providerId = provider.id;
  return pool.inTransaction(async (tx) => {
    const account = await lockAccount(tx, providerId, accountId);
    const subscriptions = account ? await listSubscriptions(tx, providerId, accountId) : [];
    const subscription = subscriptions.find((each) => each.productId === productId);
    if (!account || subscription?.state !== "pending") return undefined;
    // The provider may have created some before its decision, and they need the subscription.
    const applications = await listApplications(tx, providerId, accountId, productId);
    if (applications.length > 0) return { notAllowed: "developers" };
    const [product, [plan]] = await Promise.all([
      productOf(tx, providerId, subscription),
      readPlans(tx, providerId, [subscription.planId]),
      deleteSubscription(tx, providerId, subscription.id),
    ]);
    const names = { account, product, plan: plan?.name ?? "", isWithdrawn: true };
    const mail = notificationMails.service_contract_cancellation(names);
    await insertNotificationMails(tx, { provider, account, by }, [mail]);
    return { withdrawn: true };
  });
}

/**
 * A subscription that waits for the decision of an admin: its approval, or another plan. `requestedBy` is null without a request,
 * and `createdAt` is the time of the request or else of the subscription.
 */
export interface PendingSubscription extends AccountPlanRequest {
  readonly subscriptionId: number;
  readonly productId: number;
  readonly productName: string;
  /** The plan that a developer requests. Null for a subscription that waits for its approval. */
  readonly requestedPlanId: number | null;
  readonly requestedPlanName: string | null;
}

/** The longest list. */
const listedMax = 200;

const waitingForApproval = `
  select id, account_id, product_id, plan_id, null::bigint as requested_plan_id, null::bigint as requested_by, created_at
  from service_subscriptions
  where provider_id = $1 and state = 'pending' and ($2::bigint[] is null or product_id = any($2))`;

const waitingForPlan = `
  select id, account_id, product_id, plan_id, requested_plan_id, requested_by, requested_at
  from service_subscriptions
  where provider_id = $1 and requested_plan_id is not null and ($2::bigint[] is null or product_id = any($2))`;

const pendingColumns = `subscription.id as "subscriptionId", subscription.account_id, account.org_name, subscription.product_id,
    product.name as "productName", subscription.plan_id, plan.name as "planName", subscription.requested_plan_id,
    requested.name as "requestedPlanName", requester.username as "requestedBy", subscription.created_at`;

const namesOfPending = `
  join accounts as account on account.provider_id = $1 and account.id = subscription.account_id
  join products as product on product.provider_id = $1 and product.id = subscription.product_id
  join plans as plan on plan.provider_id = $1 and plan.id = subscription.plan_id
  left join plans as requested on requested.provider_id = $1 and requested.id = subscription.requested_plan_id
  left join users as requester on requester.provider_id = $1 and requester.id = subscription.requested_by
  order by subscription.created_at, subscription.id`;

// Served by service_subscriptions_pending_idx, which has the order, and by service_subscriptions_requests_idx: a provider has few requests.
const listPendingStatement = `
  select ${pendingColumns}
  from (
    select * from ((${waitingForApproval} order by created_at, id limit $3) union all ${waitingForPlan}) as waiting
    order by created_at, id
    limit $3
  ) as subscription
  ${namesOfPending}`;

// Served by the unique key: an account has one subscription to a product.
const listPendingOfAccountStatement = `
  select ${pendingColumns}
  from (${waitingForApproval} and account_id = $3 union all ${waitingForPlan} and account_id = $3) as subscription
  ${namesOfPending}`;

/** Lists those within a product scope, oldest first: the first 200 of all accounts, or those of one. */
export const listPendingSubscriptions = (
  db: Database,
  providerId: number,
  { scope, accountId }: { readonly scope: ProductScope; readonly accountId?: number | undefined },
): Promise<PendingSubscription[]> =>
  accountId === undefined
    ? db.query(listPendingStatement, [providerId, scope, listedMax])
    : db.query(listPendingOfAccountStatement, [providerId, scope, accountId]);
