import { type ChangeContext, isInProductScope, recordAudit, requireLeftForDevelopers } from "#access/index.ts";
import { type Database, type Pool, queryRow, type Transaction } from "#platform/database/database.ts";
import { type Json, type Node, type Value, formatDecimal, record, value } from "#platform/document.ts";
import { daysAfter } from "#platform/times.ts";
import { recordAccountEvents } from "#portal/accounts/account-events.ts";
import { type Account, insertServiceSubscriptions, lockAccount } from "#portal/accounts/account.ts";
import { endPlanRequest, type PlanOwner } from "#portal/accounts/plan-changes.ts";
import type { AccountChange } from "#portal/accounts/change-account.ts";
import { type FieldWriter, readDocumentSettings, refuseTransition } from "#portal/fields/index.ts";
import {
  downgradeMails,
  insertMailsToAdmins,
  insertNotificationMails,
  notificationMails,
  subscriptionApprovedMail,
  subscriptionRejectedMail,
} from "#portal/mails/index.ts";
import {
  type Plan,
  type Product,
  lockPlanForShare,
  readPlans,
  readProduct,
  readServicePlans,
} from "#portal/products/index.ts";
import { type Provider, writeTimestamp } from "#portal/providers/index.ts";
import { listUsers } from "#portal/users/user.ts";
import type { RecordedEvent } from "#webhooks/events/index.ts";
import { deleteApplicationRows, listApplications } from "./application-table.ts";
import { applicationEvent, titleOf } from "./application.ts";
import type { Refused } from "./change-application.ts";

/**
 * Lets an account have applications of a product, on the terms of a service plan. 3scale calls it a service contract.
 */
export interface Subscription {
  readonly id: number;
  readonly accountId: number;
  readonly productId: number;
  readonly planId: number;
  readonly state: "pending" | "live" | "suspended";
  /** A developer's request for another plan, which the provider decides on. */
  readonly requestedPlanId: number | null;
  /** When it was approved. Null if it was live from the start. */
  readonly acceptedAt: Date | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

const subscriptionColumns = `id, account_id, product_id, plan_id, requested_plan_id, state, accepted_at, created_at,
  updated_at`;

const listSubscriptionsStatement = `
  select ${subscriptionColumns} from service_subscriptions where provider_id = $1 and account_id = $2 order by id`;

/** Lists the subscriptions of an account, oldest first. */
export const listSubscriptions = (db: Database, providerId: number, accountId: number): Promise<Subscription[]> =>
  db.query<Subscription>(listSubscriptionsStatement, [providerId, accountId]);

const deleteSubscriptionStatement = `delete from service_subscriptions where provider_id = $1 and id = $2`;

export async function deleteSubscription(tx: Transaction, providerId: number, id: number): Promise<void> {
  await tx.query(deleteSubscriptionStatement, [providerId, id]);
}

// Served by the unique key and applications_account_idx.
const deleteOfProductStatement = `
  delete from service_subscriptions
  where provider_id = $1 and product_id = $2 and account_id = any($3) and not exists (
    select from applications
    where applications.provider_id = $1 and applications.account_id = service_subscriptions.account_id
      and applications.product_id = $2)`;

/** Deletes the subscriptions of locked accounts to a product, but of those that have an application of it. */
export async function deleteSubscriptionsOfProduct(
  tx: Transaction,
  { providerId, productId, accountIds }: { providerId: number; productId: number; accountIds: readonly number[] },
): Promise<void> {
  await tx.query(deleteOfProductStatement, [providerId, productId, accountIds]);
}

/** Lists the subscriptions of an account with their plans, oldest first. */
export async function readSubscriptions(
  db: Database,
  providerId: number,
  accountId: number,
): Promise<SubscriptionOnPlan[]> {
  const subscriptions = await listSubscriptions(db, providerId, accountId);
  const planIds = subscriptions.map(({ planId }) => planId);
  const plans = await readPlans(db, providerId, planIds);
  // A subscription ended, or moved to another plan, since its row was read. Foreign keys rule out any other reason.
  if (planIds.some((planId) => !plans.some(({ id }) => id === planId)))
    return readSubscriptions(db, providerId, accountId);
  return subscriptions.map((subscription) => onPlan(subscription, plans));
}

function onPlan(subscription: Subscription, plans: readonly Plan[]): SubscriptionOnPlan {
  const plan = plans.find(({ id }) => id === subscription.planId);
  if (!plan) throw new Error(`Subscription ${subscription.id} has no plan.`);
  return { subscription, plan };
}

interface SubscriptionRequirement {
  readonly providerId: number;
  readonly accountId: number;
  readonly product: Product;
  /** Developers need an approved subscription; programs do not. */
  readonly writer: FieldWriter;
}

/**
 * Returns the plan to subscribe a locked account to, or no plan if it is subscribed already, or the reason why it
 * cannot have applications of the product.
 */
export async function requireSubscription(
  tx: Transaction,
  { providerId, accountId, product, writer }: SubscriptionRequirement,
): Promise<Refused | { readonly notFound: "service plan" } | { readonly toSubscribe: readonly Plan[] }> {
  const existing = (await listSubscriptions(tx, providerId, accountId)).find(
    (subscription) => subscription.productId === product.id,
  );
  const chosenPlan = existing ? undefined : await servicePlanFor(tx, providerId, product, writer);
  const plan = chosenPlan && (await lockPlanForShare(tx, providerId, chosenPlan.id)); // it may have been deleted
  if (!existing && !plan) {
    return writer === "program"
      ? { notFound: "service plan" }
      : { refused: { base: ["You cannot subscribe to that service."] } };
  }

  const isLive = existing ? existing.state === "live" : plan?.approvalRequired === false;
  if (writer === "program" || isLive) return { toSubscribe: plan ? [plan] : [] };
  return { refused: { base: [`Your subscription to ${product.name} is not live.`] } };
}

/** Returns the plan on which an account is subscribed if none is chosen. */
export async function servicePlanFor(
  db: Database,
  providerId: number,
  { id }: Product,
  writer: FieldWriter,
): Promise<Plan | undefined> {
  const [plan] = await readServicePlans(db, providerId, { productId: id, withHidden: writer === "program" });
  return plan;
}

interface NewSubscription extends AccountChange {
  /** A service plan, which may be hidden. */
  readonly planId: number;
}

/**
 * Subscribes an account to a product. The subscription is pending if its plan requires approval. Returns undefined if the
 * provider has no such account.
 */
export async function subscribe(
  pool: Pool,
  { provider, accountId, planId, by }: NewSubscription,
): Promise<SubscriptionOnPlan | Refused | { readonly notFound: "plan" } | undefined> {
  const providerId = provider.id;
  return pool.inTransaction(async (tx) => {
    const account = await lockAccount(tx, providerId, accountId);
    if (!account) return undefined;
    const plan = await lockServicePlan(tx, { provider, planId, by });
    if (!plan) return { notFound: "plan" };
    const find = async () =>
      (await listSubscriptions(tx, providerId, accountId)).find(({ productId }) => productId === plan.productId);
    if (await find()) return { refused: { base: ["already subscribed to this service"] } };
    await insertServiceSubscriptions(tx, { providerId, accountId, plans: [plan], now: by.now });
    const subscription = await find();
    if (!subscription) throw new Error("The new subscription was not returned.");
    const [product] = await Promise.all([
      productOf(tx, providerId, subscription),
      auditSubscription(tx, { action: "subscription.created", providerId, subscription, by }),
    ]);
    const access = plan.approvalRequired ? "pending" : "live";
    const mail = notificationMails.service_contract_created({ account, product, plan: plan.name, access });
    await insertNotificationMails(tx, { provider, account, by }, [mail]);
    return { subscription, plan };
  });
}

/** Returns a service plan within the caller's product scope, and locks it and its product against deletion. */
async function lockServicePlan(
  tx: Transaction,
  { provider, planId, by }: Pick<NewSubscription, "provider" | "planId" | "by">,
): Promise<Plan | undefined> {
  const plan = await lockPlanForShare(tx, provider.id, planId);
  return plan?.kind === "service_plan" && isInProductScope(by.productScope, plan.productId) ? plan : undefined;
}

/** Returns the id and the name of the product of a subscription. */
export async function productOf(
  tx: Transaction,
  providerId: number,
  { productId: id }: Subscription,
): Promise<{ readonly id: number; readonly name: string }> {
  return { id, name: (await readProduct(tx, providerId, id))?.name ?? "" };
}

interface SubscriptionAudit {
  readonly action: "subscription.created" | "subscription.approved" | "subscription.plan_changed";
  readonly providerId: number;
  readonly subscription: Subscription;
  readonly by: ChangeContext;
}

/** Records a change of a subscription, because subscriptions have no events. */
function auditSubscription(
  tx: Transaction,
  { action, providerId, subscription, by }: SubscriptionAudit,
): Promise<void> {
  const { id, accountId, productId, planId } = subscription;
  const auditRecord = { action, subject: `subscription/${id}`, detail: { accountId, productId, planId } };
  return recordAudit(tx, { providerId, actor: by.actor, ...auditRecord });
}

export interface SubscriptionReference extends AccountChange {
  readonly subscriptionId: number;
}

/** Locks an account, and returns it with its subscription. Returns undefined if the caller may not see such a subscription. */
export async function lockSubscription(
  tx: Transaction,
  { provider, accountId, subscriptionId, by }: SubscriptionReference,
): Promise<{ readonly account: Account; readonly subscription: Subscription } | undefined> {
  const account = await lockAccount(tx, provider.id, accountId);
  const subscriptions = account ? await listSubscriptions(tx, provider.id, accountId) : [];
  const subscription = subscriptions.find(({ id }) => id === subscriptionId);
  if (!account || !subscription || !isInProductScope(by.productScope, subscription.productId)) return undefined;
  return { account, subscription };
}

const updateSubscriptionStatement = `
  update service_subscriptions
  set state = $3, accepted_at = $4, plan_id = $5, updated_at = $6
  where provider_id = $1 and id = $2
  returning ${subscriptionColumns}`;

/** Writes the state and the plan of a subscription of a locked account. */
const updateSubscription = (
  tx: Transaction,
  providerId: number,
  { id, state, acceptedAt, planId }: Subscription,
  now: Date,
): Promise<Subscription> =>
  queryRow<Subscription>(tx, updateSubscriptionStatement, [providerId, id, state, acceptedAt, planId, now]);

/**
 * Makes a pending subscription live, and mails that to the admins of its account. Returns undefined if there is no such
 * subscription.
 */
export async function approveSubscription(
  pool: Pool,
  reference: SubscriptionReference,
): Promise<SubscriptionOnPlan | Refused | undefined> {
  const { provider, by } = reference;
  return pool.inTransaction(async (tx) => {
    const locked = await lockSubscription(tx, reference);
    if (!locked) return undefined;
    if (locked.subscription.state !== "pending") return refuseTransition("accept");
    const live = { ...locked.subscription, state: "live", acceptedAt: by.now } as const;
    const subscription = await updateSubscription(tx, provider.id, live, by.now);
    await auditSubscription(tx, { action: "subscription.approved", providerId: provider.id, subscription, by });
    await mailDecision(tx, { provider, subscription, by });
    return onPlan(subscription, await readPlans(tx, provider.id, [subscription.planId]));
  });
}

/** Mails to the admins of the account that a pending subscription is live, or was deleted. */
async function mailDecision(
  tx: Transaction,
  { provider, subscription, by }: Pick<SubscriptionReference, "provider" | "by"> & { subscription: Subscription },
): Promise<void> {
  const { accountId, state } = subscription;
  const { name } = await productOf(tx, provider.id, subscription);
  const users = await listUsers(tx, provider.id, accountId);
  const render = state === "live" ? subscriptionApprovedMail : subscriptionRejectedMail;
  await insertMailsToAdmins(tx, { provider, accountId, users, now: by.now }, (admin) =>
    render({ ...admin, provider, portalUrl: by.developerPortalUrl, name }),
  );
}

/**
 * Moves a subscription to another service plan of its product, which may be hidden, without a change of its state. Returns
 * undefined if there is no such subscription.
 */
export async function changeSubscriptionPlan(
  pool: Pool,
  { planId, ...reference }: SubscriptionReference & { readonly planId: number },
): Promise<SubscriptionOnPlan | Refused | { readonly notFound: "plan" } | undefined> {
  const { provider, by } = reference;
  return pool.inTransaction(async (tx) => {
    const locked = await lockSubscription(tx, reference);
    if (!locked) return undefined;
    const { account, subscription: before } = locked;
    const plan = await lockServicePlan(tx, { provider, planId, by });
    if (!plan) return { notFound: "plan" };
    if (plan.productId !== before.productId) return { refused: { plan: ["must belong to the same product"] } };
    if (plan.id === before.planId) return { subscription: before, plan };
    const [subscription, product, [from]] = await Promise.all([
      updateSubscription(tx, provider.id, { ...before, planId: plan.id }, by.now),
      productOf(tx, provider.id, before),
      readPlans(tx, provider.id, [before.planId]),
    ]);
    const of = { account, product };
    const names = { from: from?.name ?? "", to: plan.name };
    requireLeftForDevelopers(tx, { providerId: provider.id, ...by }, account);
    await endPlanRequest(tx, { ...reference, owner: planOwnerOf(reference), product: product.name }, plan);
    await Promise.all([
      auditSubscription(tx, { action: "subscription.plan_changed", providerId: provider.id, subscription, by }),
      insertNotificationMails(tx, { provider, account, by }, [
        notificationMails.service_contract_plan_changed({ ...of, ...names }),
        ...(from ? downgradeMails({ ...of, from, to: plan }) : []),
      ]),
    ]);
    return { subscription, plan };
  });
}

export const planOwnerOf = ({ provider, subscriptionId: id }: SubscriptionReference): PlanOwner => ({
  providerId: provider.id,
  kind: "subscription",
  id,
});

type UnsubscriptionOutcome =
  | { readonly events: readonly RecordedEvent[] }
  /** Applications that are not suspended may be calling the product. */
  | { readonly notAllowed: "applications in use"; readonly count: number };

/**
 * Deletes a subscription with its applications, which must all be suspended. Mails that to the admins of the account if they wait for
 * its approval. Returns undefined if there is no such subscription.
 */
export async function unsubscribe(
  pool: Pool,
  reference: SubscriptionReference,
): Promise<UnsubscriptionOutcome | undefined> {
  const { provider, accountId, subscriptionId, by } = reference;
  const settings = await readDocumentSettings(pool, provider);
  const providerId = provider.id;
  return pool.inTransaction(async (tx) => {
    const locked = await lockSubscription(tx, reference);
    if (!locked) return undefined;
    const { account, subscription } = locked;
    const [applications, product, [plan]] = await Promise.all([
      listApplications(tx, providerId, accountId, subscription.productId),
      productOf(tx, providerId, subscription),
      readPlans(tx, providerId, [subscription.planId]),
    ]);
    const { length: count } = applications.filter(({ state }) => state !== "suspended");
    if (count > 0) return { notAllowed: "applications in use", count };

    const ids = applications.map(({ id }) => id);
    await deleteApplicationRows(tx, providerId, ids);
    await deleteSubscription(tx, providerId, subscriptionId);
    const detail = { accountId, productId: subscription.productId }; // a subscription without applications records no event
    const auditRecord = { action: "subscription.deleted", subject: `subscription/${subscriptionId}`, detail };
    await recordAudit(tx, { providerId, actor: by.actor, ...auditRecord });
    if (subscription.state === "pending") await mailDecision(tx, { provider, subscription, by });
    const deleted = applications.map((application) =>
      applicationEvent({ type: "application.deleted" }, settings, application),
    );
    const of = { account, product };
    const [events] = await Promise.all([
      recordAccountEvents(tx, { providerId, ...by }, account, deleted),
      insertNotificationMails(tx, { provider, account, by }, [
        notificationMails.service_contract_cancellation({ ...of, plan: plan?.name ?? "" }),
        ...applications.map((application) =>
          notificationMails.cinstance_cancellation({
            ...of,
            application: { id: application.id, name: titleOf(application) },
            plan: application.plan.name,
          }),
        ),
      ]),
    ]);
    return { events };
  });
}

/** A subscription and its plan. */
export interface SubscriptionOnPlan {
  readonly subscription: Subscription;
  readonly plan: Plan;
}

interface ContractColumn {
  readonly name: string;
  readonly type?: "integer" | "dateTime" | "decimal";
  readonly value: Value;
}

/** Returns all columns of 3scale's contracts, in its order. Columns of applications are null. */
function contractColumns(
  { subscription, plan }: SubscriptionOnPlan,
  { id, timeZone }: Provider,
  now: Date,
): readonly ContractColumn[] {
  const time = (at: Date): Value => writeTimestamp(at, timeZone);
  const { createdAt, acceptedAt } = subscription;
  const trialEndsAt = daysAfter(createdAt, plan.trialPeriodDays ?? 0);
  return [
    { name: "id", type: "integer", value: subscription.id },
    { name: "plan_id", type: "integer", value: subscription.planId },
    { name: "user_account_id", type: "integer", value: subscription.accountId },
    { name: "user_key", value: null },
    { name: "provider_public_key", value: null },
    { name: "created_at", type: "dateTime", value: time(createdAt) },
    { name: "updated_at", type: "dateTime", value: time(subscription.updatedAt) },
    { name: "state", value: subscription.state },
    { name: "description", value: null },
    { name: "paid_until", type: "dateTime", value: time(acceptedAt ?? trialEndsAt) },
    { name: "application_id", value: null },
    { name: "name", value: null },
    { name: "trial_period_expires_at", type: "dateTime", value: time(trialEndsAt) },
    { name: "setup_fee", type: "decimal", value: { decimal: plan.setupFee } },
    { name: "redirect_url", value: null },
    { name: "variable_cost_paid_until", type: "dateTime", value: time(now) },
    { name: "extra_fields", value: null },
    { name: "tenant_id", type: "integer", value: id },
    { name: "create_origin", value: null },
    { name: "first_traffic_at", type: "dateTime", value: null },
    { name: "first_daily_traffic_at", type: "dateTime", value: null },
    { name: "service_id", type: "integer", value: subscription.productId },
    { name: "accepted_at", type: "dateTime", value: acceptedAt && time(acceptedAt) },
  ];
}

/** Represents a subscription as XML: a service contract, whose elements have types and mark nulls. */
export const representContract = (subscription: SubscriptionOnPlan, provider: Provider, now: Date): Node =>
  record(
    "service-contract",
    contractColumns(subscription, provider, now).map(({ name, type, value: content }) =>
      value(name.replaceAll("_", "-"), content, { ...(type && { type }), ...(content === null && { nil: true }) }),
    ),
  );

/** Represents a subscription as JSON of a service contract, with nulls and the fee as text. */
export const contractToJson = (subscription: SubscriptionOnPlan, provider: Provider, now: Date): Json => ({
  service_contract: contractValues(subscription, provider, now),
});

const contractValues = (
  subscription: SubscriptionOnPlan,
  provider: Provider,
  now: Date,
): Readonly<Record<string, Json>> =>
  Object.fromEntries(
    contractColumns(subscription, provider, now).map(({ name, value: content }) => [
      name,
      typeof content === "object" && content !== null ? formatDecimal(content.decimal) : content,
    ]),
  );

/** The columns of a contract that 3scale shows of a subscription, in its order, beside `type`. */
const subscriptionProperties = [
  "id",
  "plan_id",
  "user_account_id",
  "created_at",
  "updated_at",
  "state",
  "paid_until",
  "trial_period_expires_at",
  "setup_fee",
  "type",
  "variable_cost_paid_until",
  "tenant_id",
  "service_id",
  "accepted_at",
] as const;

/** Represents a subscription as JSON, without nulls. */
export function subscriptionToJson(subscription: SubscriptionOnPlan, provider: Provider, now: Date): Json {
  const values: Readonly<Record<string, Json>> = {
    ...contractValues(subscription, provider, now),
    type: "ServiceContract",
  };
  const shown = subscriptionProperties.map((name) => [name, values[name] ?? null] as const);
  return { service_subscription: Object.fromEntries(shown.filter(([, content]) => content !== null)) };
}
