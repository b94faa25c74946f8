import { timeOfIso } from "#platform/clock/iso-time.ts";
import type { Database, Transaction } from "#platform/database/database.ts";
import type { InJson } from "#platform/database/in-json.ts";

import type { Plan, PlanKind } from "./plan.ts";
import { holdProduct } from "./products-table.ts";

export const planColumns = `id, kind, product_id as "productId", name, system_name as "systemName", state,
  is_default as "isDefault", customized_from as "customizedFrom", approval_required as "approvalRequired",
  setup_fee::text as "setupFee", cost_per_month::text as "costPerMonth", trial_period_days as "trialPeriodDays",
  cancellation_period as "cancellationPeriodSeconds", created_at as "createdAt", updated_at as "updatedAt"`;

/** A plan that came as JSON inside of another row. */
export const planOfJson = (plan: InJson<Plan>): Plan => ({
  ...plan,
  createdAt: timeOfIso(plan.createdAt),
  updatedAt: timeOfIso(plan.updatedAt),
});

const readStatement = `select ${planColumns} from plans where provider_id = $1 and id = any($2) order by kind, id`;

/** The plans with these ids: account plans, then application plans, then service plans. */
export const readPlans = (db: Database, providerId: number, ids: readonly number[]): Promise<Plan[]> =>
  db.query<Plan>(readStatement, [providerId, ids]);

// Rows that refer to the plan can be written, but it cannot be deleted until the transaction ends. The product first,
// as whoever deletes it with its plans does.
const holdStatement = `${readStatement} for key share`;

/** The plan, which stays there until this transaction ends, and with it its product. */
export async function holdPlan(tx: Transaction, providerId: number, id: number): Promise<Plan | undefined> {
  const [known] = await readPlans(tx, providerId, [id]);
  if (!known) return undefined;
  if (known.productId !== null) await holdProduct(tx, providerId, known.productId);
  const [plan] = await tx.query<Plan>(holdStatement, [providerId, [id]]);
  return plan;
}

const holdProductsStatement = `select id from products where provider_id = $1 and id = any($2) order by id for key share`;

/** Whether these plans are all still there, as they then are until this transaction ends, and with them their products. */
export async function holdPlans(tx: Transaction, providerId: number, plans: readonly Plan[]): Promise<boolean> {
  const productIds = plans.flatMap(({ productId }) => productId ?? []);
  const ids = new Set(plans.map(({ id }) => id));
  const [, held] = await Promise.all([
    tx.query(holdProductsStatement, [providerId, productIds]),
    tx.query(holdStatement, [providerId, [...ids]]),
  ]);
  return held.length === ids.size;
}

// Before any plan, since a plan that changes renews the provider's configuration version, which is in this row: two that took
// both in different orders would wait for each other for ever.
const lockAllStatement = `select from providers where id = $1 for no key update`;

/** Whoever changes one of a provider's plans waits here until this transaction ends. */
export async function lockPlansOf(tx: Transaction, providerId: number): Promise<void> {
  await tx.query(lockAllStatement, [providerId]);
}

// Nothing can come to refer to the plan until the transaction ends.
const lockStatement = `${readStatement} for update`;

export async function lockPlan(tx: Transaction, providerId: number, id: number): Promise<Plan | undefined> {
  const [plan] = await tx.query<Plan>(lockStatement, [providerId, [id]]);
  return plan;
}

const listStatement = `
  select ${planColumns}
  from plans
  where provider_id = $1 and kind = $2 and ($3::bigint is null or product_id = $3) and customized_from is null
  order by id`;

/** The ordinary plans of a kind, of all products or of one. What was made for a single customer is not among them. */
export const listPlans = (
  db: Database,
  providerId: number,
  { kind, productId }: { readonly kind: PlanKind; readonly productId?: number | undefined },
): Promise<Plan[]> => db.query<Plan>(listStatement, [providerId, kind, productId ?? null]);

// Served by plans_default_idx.
const readDefaultsStatement = `select ${planColumns} from plans where provider_id = $1 and is_default order by id`;

/** The plans of all kinds that a new account gets unless it asks for others. */
export const readDefaultPlans = (db: Database, providerId: number): Promise<Plan[]> =>
  db.query<Plan>(readDefaultsStatement, [providerId]);

// Two that take one system name at once: the second waits for the first to commit, and then inserts nothing.
const insertStatement = `
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
  const [inserted] = await tx.query<Plan>(insertStatement, [
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
  const inserted = await insertPlan(tx, providerId, { ...plain, ...plan, isDefault: true }, now);
  if (!inserted) throw new Error("The new plan was not returned.");
  return inserted;
}

/** For nothing, at once, for everybody. */
const plain = {
  customizedFrom: null,
  approvalRequired: false,
  setupFee: "0",
  costPerMonth: "0",
  trialPeriodDays: null,
  cancellationPeriodSeconds: 0,
} as const;

const updateStatement = `
  update plans
  set name = $3, state = $4, approval_required = $5, setup_fee = $6, cost_per_month = $7, trial_period_days = $8,
    cancellation_period = $9, updated_at = $10
  where provider_id = $1 and id = $2
  returning ${planColumns}`;

/** Writes what can be changed of a locked plan. */
export async function updatePlanRow(tx: Transaction, providerId: number, plan: Plan, now: Date): Promise<Plan> {
  const [updated] = await tx.query<Plan>(updateStatement, [
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

const describeStatement = `update plans set description = $3 where provider_id = $1 and id = $2`;

/** No document has a plan's description, so it is not read with the plan. */
export async function writePlanDescription(
  tx: Transaction,
  { providerId, planId, description }: { providerId: number; planId: number; description: string },
): Promise<void> {
  await tx.query(describeStatement, [providerId, planId, description]);
}

// Served by applications_plan_idx. A sign-up once could put a second application on a plan that was made for another.
const deleteStatement = `
  delete from plans
  where provider_id = $1 and id = $2
    and not exists (select from applications where provider_id = $1 and plan_id = $2)`;

/** Deletes a plan that nothing is held on. One that an application is still on stays. */
export async function deletePlanRow(tx: Transaction, providerId: number, id: number): Promise<void> {
  await tx.query(deleteStatement, [providerId, id]);
}
