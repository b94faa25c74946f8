import type { AsJson, Database, Transaction } from "#platform/database/database.ts";
import { type Json, type Node, decimalToJson, record, value } from "#platform/document.ts";
import { parseIsoTime } from "#platform/times.ts";
import { keepXml } from "#platform/xml.ts";
import { type Provider, writeTimestamp } from "#portal/providers/index.ts";
import { lockProductForShare } from "./product.ts";

export type PlanKind = "account_plan" | "service_plan" | "application_plan";

/** On which terms an account, a subscription to a product or an application is held. */
export interface Plan {
  readonly id: number;
  readonly kind: PlanKind;
  /** Null for account plans alone. */
  readonly productId: number | null;
  readonly name: string;
  readonly systemName: string;
  readonly state: "hidden" | "published";
  readonly isDefault: boolean;
  /** The plan that this one was made from for a single customer. Null for an ordinary plan. */
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

/** A plan that came as JSON inside of another row. */
const planOfJson = (plan: AsJson<Plan>): Plan => ({
  ...plan,
  createdAt: parseIsoTime(plan.createdAt),
  updatedAt: parseIsoTime(plan.updatedAt),
});

const readPlansStatement = `select ${planColumns} from plans where provider_id = $1 and id = any($2) order by kind, id`;

/** The plans with these ids: account plans, then application plans, then service plans. */
export const readPlans = (db: Database, providerId: number, ids: readonly number[]): Promise<Plan[]> =>
  db.query<Plan>(readPlansStatement, [providerId, ids]);

// Rows that refer to the plan can be written, but it cannot be deleted until the transaction ends. The product first,
// as whoever deletes it with its plans does.
const lockPlansForShareStatement = `${readPlansStatement} for key share`;

/** The plan, which stays there until this transaction ends, and with it its product. */
export async function lockPlanForShare(tx: Transaction, providerId: number, id: number): Promise<Plan | undefined> {
  const [known] = await readPlans(tx, providerId, [id]);
  if (!known) return undefined;
  if (known.productId !== null) await lockProductForShare(tx, providerId, known.productId);
  const [plan] = await tx.query<Plan>(lockPlansForShareStatement, [providerId, [id]]);
  return plan;
}

const lockProductsForShareStatement = `select id from products where provider_id = $1 and id = any($2) order by id for key share`;

/** Whether these plans are all still there, as they then are until this transaction ends, and with them their products. */
export async function lockPlansForShare(tx: Transaction, providerId: number, plans: readonly Plan[]): Promise<boolean> {
  const productIds = plans.flatMap(({ productId }) => productId ?? []);
  const ids = new Set(plans.map(({ id }) => id));
  const [, held] = await Promise.all([
    tx.query(lockProductsForShareStatement, [providerId, productIds]),
    tx.query(lockPlansForShareStatement, [providerId, [...ids]]),
  ]);
  return held.length === ids.size;
}

// Before any plan, since a plan that changes renews the provider's configuration version, which is in this row: two that took
// both in different orders would wait for each other for ever.
const lockProviderStatement = `select from providers where id = $1 for no key update`;

/** Whoever changes one of a provider's plans waits here until this transaction ends. */
export async function lockPlansOfProvider(tx: Transaction, providerId: number): Promise<void> {
  await tx.query(lockProviderStatement, [providerId]);
}

// Nothing can come to refer to the plan until the transaction ends.
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

/** The ordinary plans of a kind, of all products or of one. What was made for a single customer is not among them. */
export const listPlans = (
  db: Database,
  providerId: number,
  { kind, productId }: { readonly kind: PlanKind; readonly productId?: number | undefined },
): Promise<Plan[]> => db.query<Plan>(listPlansStatement, [providerId, kind, productId ?? null]);

// Served by plans_default_idx.
const readDefaultPlansStatement = `select ${planColumns} from plans where provider_id = $1 and is_default order by id`;

/** The plans of all kinds that a new account gets unless it asks for others. */
export const readDefaultPlans = (db: Database, providerId: number): Promise<Plan[]> =>
  db.query<Plan>(readDefaultPlansStatement, [providerId]);

// Two that take one system name at once: the second waits for the first to commit, and then inserts nothing.
const insertPlanStatement = `
  insert into plans (provider_id, kind, product_id, name, system_name, state, is_default, customized_from,
    approval_required, setup_fee, cost_per_month, trial_period_days, cancellation_period, created_at, updated_at)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $14)
  on conflict do nothing
  returning ${planColumns}`;

export type NewPlan = Omit<Plan, "id" | "createdAt" | "updatedAt">;

/** The new plan, or undefined if another of its kind and product has its system name. */
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

/** A plan that is the default of its product, or of the provider for an account plan. */
export async function insertDefaultPlan(tx: Transaction, { providerId, now, ...plan }: NewDefaultPlan): Promise<Plan> {
  const inserted = await insertPlan(tx, providerId, { ...freePlan, ...plan, isDefault: true }, now);
  if (!inserted) throw new Error("The new plan was not returned.");
  return inserted;
}

/** For nothing, at once, for everybody. */
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

/** Writes what can be changed of a locked plan. */
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

/** No document has a plan's description, so it is not read with the plan. */
export async function updatePlanDescription(
  tx: Transaction,
  { providerId, planId, description }: { providerId: number; planId: number; description: string },
): Promise<void> {
  await tx.query(updateDescriptionStatement, [providerId, planId, description]);
}

// Served by applications_plan_idx. A sign-up once could put a second application on a plan that was made for another.
const deletePlanStatement = `
  delete from plans
  where provider_id = $1 and id = $2
    and not exists (select from applications where provider_id = $1 and plan_id = $2)`;

/** Deletes a plan that nothing is held on. One that an application is still on stays. */
export async function deletePlanRow(tx: Transaction, providerId: number, id: number): Promise<void> {
  await tx.query(deletePlanStatement, [providerId, id]);
}

export const versionedPlanColumns = `${planColumns}, version`;

/** A plan that came as JSON inside of another row, with the name of what it says. */
export type VersionedPlan = AsJson<Plan> & { readonly version: string };

// A version names what one plan says for ever, so what is remembered of it is never stale. Whoever asks has read the version
// just now, with what the plan is needed for.
const plansByVersion = new Map<string, Plan>();

/** Half a kilobyte each. */
const cachedPlansMax = 10_000;

/** The plans of these versions. Undefined if one of them was never read, or is not remembered any more. */
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

// A plan that is remembered is one object in all accounts that are on it: their documents hold one and the same node.
const representedPlans = new WeakMap<Plan, Node>();

/** A plan as documents contain it. */
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

/** Only an application plan says that it is not the default. */
function planAttributes(plan: Plan): Readonly<Record<string, boolean>> {
  if (plan.kind === "application_plan") return { custom: plan.customizedFrom !== null, default: plan.isDefault };
  return plan.isDefault ? { default: true } : {};
}

/** A plan as the API's JSON has it. `adminUrl` is the origin that the API is reached at. */
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

/** What developers may do about a plan: move to another at once, ask the provider for it, or neither. */
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
