import type { AsJson, Database, Transaction } from "#platform/database/database.ts";
import { type Json, type Node, decimalToJson, record, value } from "#platform/document.ts";
import { parseIsoTime } from "#platform/times.ts";
import { keepXml } from "#platform/xml.ts";
import { type Provider, writeTimestamp } from "#portal/providers/index.ts";
import { lockProductForShare } from "./product.ts";

export type PlanKind = "account_plan" | "service_plan" | "application_plan";

/** The terms of an account, of a subscription to a product, or of an application. */
export interface Plan {
  readonly id: number;
  readonly kind: PlanKind;
  /** Null for account plans only. */
  readonly productId: number | null;
  readonly name: string;
  readonly systemName: string;
  readonly state: "hidden" | "published";
  readonly isDefault: boolean;
  /** The original of a custom plan. Null for an ordinary plan. */
  readonly customizedFrom: number | null;
  readonly approvalRequired: boolean;
  /** Decimals, as text. */
  readonly setupFee: string;
  readonly costPerMonth: string;
  readonly trialPeriodDays: number | null;
  readonly cancellationPeriodSeconds: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

const planColumns = `id, kind, product_id as "productId", name, system_name as "systemName", state,
  is_default as "isDefault", customized_from as "customizedFrom", approval_required as "approvalRequired",
  setup_fee::text as "setupFee", cost_per_month::text as "costPerMonth", trial_period_days as "trialPeriodDays",
  cancellation_period as "cancellationPeriodSeconds", created_at as "createdAt", updated_at as "updatedAt"`;

/** Converts a plan that was read as JSON inside another row. */
const planOfJson = (plan: AsJson<Plan>): Plan => ({
  ...plan,
  createdAt: parseIsoTime(plan.createdAt),
  updatedAt: parseIsoTime(plan.updatedAt),
});

const readPlansStatement = `select ${planColumns} from plans where provider_id = $1 and id = any($2) order by kind, id`;

/** Returns the plans with these ids: account plans, then application plans, then service plans. */
export const readPlans = (db: Database, providerId: number, ids: readonly number[]): Promise<Plan[]> =>
  db.query<Plan>(readPlansStatement, [providerId, ids]);

// Other rows may still refer to the plan, but no transaction can delete it. Locks the product first, as the deletion of
// a product does.
const lockPlansForShareStatement = `${readPlansStatement} for key share`;

/** Locks a plan and its product against deletion until this transaction ends. */
export async function lockPlanForShare(tx: Transaction, providerId: number, id: number): Promise<Plan | undefined> {
  const [known] = await readPlans(tx, providerId, [id]);
  if (!known) return undefined;
  if (known.productId !== null) await lockProductForShare(tx, providerId, known.productId);
  const [plan] = await tx.query<Plan>(lockPlansForShareStatement, [providerId, [id]]);
  return plan;
}

const lockProductsForShareStatement = `select id from products where provider_id = $1 and id = any($2) order by id for key share`;

/**
 * Locks plans and their products against deletion until this transaction ends. Returns false if one of them is gone.
 */
export async function lockPlansForShare(tx: Transaction, providerId: number, plans: readonly Plan[]): Promise<boolean> {
  const productIds = plans.flatMap(({ productId }) => productId ?? []);
  const ids = new Set(plans.map(({ id }) => id));
  const [, held] = await Promise.all([
    tx.query(lockProductsForShareStatement, [providerId, productIds]),
    tx.query(lockPlansForShareStatement, [providerId, [...ids]]),
  ]);
  return held.length === ids.size;
}

// A change of a plan updates the provider's configuration version. Locking the provider before any plan avoids
// deadlocks.
const lockProviderStatement = `select from providers where id = $1 for no key update`;

/** Serialises changes of a provider's plans until this transaction ends. */
export async function lockPlansOfProvider(tx: Transaction, providerId: number): Promise<void> {
  await tx.query(lockProviderStatement, [providerId]);
}

// No row can start to refer to the plan until the transaction ends.
const lockPlanStatement = `${readPlansStatement} for update`;

export async function lockPlan(tx: Transaction, providerId: number, id: number): Promise<Plan | undefined> {
  const [plan] = await tx.query<Plan>(lockPlanStatement, [providerId, [id]]);
  return plan;
}

const listPlansStatement = `
  select ${planColumns}
  from plans
  where provider_id = $1 and kind = $2 and ($3::bigint is null or product_id = $3) and customized_from is null
  order by id`;

/** Lists the plans of a kind, of all products or of one, without custom plans. */
export const listPlans = (
  db: Database,
  providerId: number,
  { kind, productId }: { readonly kind: PlanKind; readonly productId?: number | undefined },
): Promise<Plan[]> => db.query<Plan>(listPlansStatement, [providerId, kind, productId ?? null]);

// Served by plans_default_idx.
const readDefaultPlansStatement = `select ${planColumns} from plans where provider_id = $1 and is_default order by id`;

/** Returns the default plans of all kinds. */
export const readDefaultPlans = (db: Database, providerId: number): Promise<Plan[]> =>
  db.query<Plan>(readDefaultPlansStatement, [providerId]);

// If two requests take one system name at once, the second waits for the first to commit and then inserts nothing.
const insertPlanStatement = `
  insert into plans (provider_id, kind, product_id, name, system_name, state, is_default, customized_from,
    approval_required, setup_fee, cost_per_month, trial_period_days, cancellation_period, created_at, updated_at)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $14)
  on conflict do nothing
  returning ${planColumns}`;

export type NewPlan = Omit<Plan, "id" | "createdAt" | "updatedAt">;

/** Returns the new plan, or undefined if another of its kind and product has its system name. */
export async function insertPlan(
  tx: Transaction,
  providerId: number,
  plan: NewPlan,
  now: Date,
): Promise<Plan | undefined> {
  const [inserted] = await tx.query<Plan>(insertPlanStatement, [
    providerId,
    plan.kind,
    plan.productId,
    plan.name,
    plan.systemName,
    plan.state,
    plan.isDefault,
    plan.customizedFrom,
    plan.approvalRequired,
    plan.setupFee,
    plan.costPerMonth,
    plan.trialPeriodDays,
    plan.cancellationPeriodSeconds,
    now,
  ]);
  return inserted;
}

type NewDefaultPlan = Pick<Plan, "kind" | "productId" | "name" | "systemName" | "state"> & {
  readonly providerId: number;
  readonly now: Date;
};

/** Inserts a default plan of a product, or of the provider for an account plan. */
export async function insertDefaultPlan(tx: Transaction, { providerId, now, ...plan }: NewDefaultPlan): Promise<Plan> {
  const inserted = await insertPlan(tx, providerId, { ...freePlan, ...plan, isDefault: true }, now);
  if (!inserted) throw new Error("The new plan was not returned.");
  return inserted;
}

/** Free, without approval. */
const freePlan = {
  customizedFrom: null,
  approvalRequired: false,
  setupFee: "0",
  costPerMonth: "0",
  trialPeriodDays: null,
  cancellationPeriodSeconds: 0,
} as const;

const updatePlanStatement = `
  update plans
  set name = $3, state = $4, approval_required = $5, setup_fee = $6, cost_per_month = $7, trial_period_days = $8,
    cancellation_period = $9, updated_at = $10
  where provider_id = $1 and id = $2
  returning ${planColumns}`;

/** Writes a locked plan. */
export async function updatePlanRow(tx: Transaction, providerId: number, plan: Plan, now: Date): Promise<Plan> {
  const [updated] = await tx.query<Plan>(updatePlanStatement, [
    providerId,
    plan.id,
    plan.name,
    plan.state,
    plan.approvalRequired,
    plan.setupFee,
    plan.costPerMonth,
    plan.trialPeriodDays,
    plan.cancellationPeriodSeconds,
    now,
  ]);
  if (!updated) throw new Error(`Plan ${plan.id} was gone although it was locked.`);
  return updated;
}

const updateDescriptionStatement = `update plans set description = $3 where provider_id = $1 and id = $2`;

/** Writes the description, which is stored but not part of `Plan`, because no document contains it. */
export async function updatePlanDescription(
  tx: Transaction,
  { providerId, planId, description }: { providerId: number; planId: number; description: string },
): Promise<void> {
  await tx.query(updateDescriptionStatement, [providerId, planId, description]);
}

// Served by applications_plan_idx. Early versions could put a second application on a custom plan.
const deletePlanStatement = `
  delete from plans
  where provider_id = $1 and id = $2
    and not exists (select from applications where provider_id = $1 and plan_id = $2)`;

/** Deletes a plan without accounts and subscriptions. Keeps it if an application still has it. */
export async function deletePlanRow(tx: Transaction, providerId: number, id: number): Promise<void> {
  await tx.query(deletePlanStatement, [providerId, id]);
}

export const versionedPlanColumns = `${planColumns}, version`;

/** A plan that was read as JSON inside another row, with its version. */
export type VersionedPlan = AsJson<Plan> & { readonly version: string };

// A version identifies one immutable state of a plan, so cached plans are never stale. Callers read the version
// together with the data that they need the plan for.
const plansByVersion = new Map<string, Plan>();

/** Half a kilobyte each. */
const cachedPlansMax = 10_000;

/** Returns the plans of these versions, or undefined if one is not cached. */
export function readCachedPlans(versions: readonly string[]): readonly Plan[] | undefined {
  const plans: Plan[] = [];
  for (const version of versions) {
    const plan = plansByVersion.get(version);
    if (!plan) return undefined;
    plans.push(plan);
  }
  return plans;
}

export function cachePlan({ version, ...json }: VersionedPlan): Plan {
  const plan = planOfJson(json);
  plansByVersion.set(version, plan);
  const [oldest] = plansByVersion.keys();
  if (plansByVersion.size > cachedPlansMax && oldest !== undefined) plansByVersion.delete(oldest);
  return plan;
}

// A cached plan is one object in all its accounts, so their documents share one node.
const representedPlans = new WeakMap<Plan, Node>();

/** Represents a plan as inside other documents. */
export function representPlan(plan: Plan): Node {
  const found = representedPlans.get(plan);
  if (found) return found;
  const node = keepXml(planNode(plan));
  representedPlans.set(plan, node);
  return node;
}

const planNode = (plan: Plan): Node =>
  record(
    "plan",
    [
      value("id", plan.id),
      value("name", plan.name),
      value("type", plan.kind),
      value("state", plan.state),
      value("approval_required", plan.approvalRequired),
      value("setup_fee", { decimal: plan.setupFee }),
      value("cost_per_month", { decimal: plan.costPerMonth }),
      value("trial_period_days", plan.trialPeriodDays),
      value("cancellation_period", plan.cancellationPeriodSeconds),
      ...(plan.productId === null ? [] : [value("service_id", plan.productId)]),
    ],
    planAttributes(plan),
  );

/** Only application plans have the attribute `default` with the value false. */
function planAttributes(plan: Plan): Readonly<Record<string, boolean>> {
  if (plan.kind === "application_plan") return { custom: plan.customizedFrom !== null, default: plan.isDefault };
  return plan.isDefault ? { default: true } : {};
}

/** Represents a plan as JSON. `adminUrl` is the origin that the client used. */
export function planToJson(plan: Plan, { timeZone }: Provider, adminUrl: string): Json {
  return {
    [plan.kind]: {
      id: plan.id,
      name: plan.name,
      state: plan.state,
      setup_fee: decimalToJson(plan.setupFee),
      cost_per_month: decimalToJson(plan.costPerMonth),
      trial_period_days: plan.trialPeriodDays ?? 0,
      cancellation_period: plan.cancellationPeriodSeconds,
      approval_required: plan.approvalRequired,
      default: plan.isDefault,
      created_at: writeTimestamp(plan.createdAt, timeZone),
      updated_at: writeTimestamp(plan.updatedAt, timeZone),
      ...(plan.productId === null ? {} : productPartOf(plan, `${adminUrl}/admin/api/services/${plan.productId}`)),
    },
  };
}

const productPartOf = (
  { id, kind, customizedFrom, systemName }: Plan,
  service: string,
): Readonly<Record<string, Json>> => ({
  ...(kind === "application_plan" ? { custom: customizedFrom !== null } : {}),
  system_name: systemName,
  links: [
    { rel: "service", href: service },
    { rel: "self", href: `${service}/${kind}s/${id}` },
  ],
});

/** Returns whether developers may change the plan themselves, ask the provider for it, or neither. */
export function planStepOf(permission: string, hasCreditCard: boolean): "change" | "ask" | "none" {
  switch (permission) {
    case "direct":
      return "change";
    case "request":
      return "ask";
    case "credit_card":
      return hasCreditCard ? "change" : "none";
    case "request_credit_card":
      return hasCreditCard ? "change" : "ask";
    default:
      return "none";
  }
}
