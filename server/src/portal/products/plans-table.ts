import type { Database, Transaction } from "#platform/database/database.ts";

import type { Plan, PlanKind } from "./plan.ts";

const columns = `id, kind, product_id as "productId", name, system_name as "systemName", state,
  is_default as "isDefault", customized_from as "customizedFrom", approval_required as "approvalRequired",
  setup_fee as "setupFee", cost_per_month as "costPerMonth", trial_period_days as "trialPeriodDays",
  cancellation_period as "cancellationPeriodSeconds", created_at as "createdAt", updated_at as "updatedAt"`;

const readStatement = `select ${columns} from plans where provider_id = $1 and id = any($2) order by kind, id`;

/** The plans with these ids: account plans, then application plans, then service plans. */
export const readPlans = (db: Database, providerId: number, ids: readonly number[]): Promise<Plan[]> =>
  db.query<Plan>(readStatement, [providerId, ids]);

// Served by plans_default_idx.
const readDefaultsStatement = `select ${columns} from plans where provider_id = $1 and is_default order by id`;

/** The plans of all kinds that a new account gets unless it asks for others. */
export const readDefaultPlans = (db: Database, providerId: number): Promise<Plan[]> =>
  db.query<Plan>(readDefaultsStatement, [providerId]);

const insertStatement = `
  insert into plans (provider_id, kind, product_id, name, system_name, state, is_default, created_at, updated_at)
  values ($1, $2, $3, $4, $5, $6, true, $7, $7)
  returning ${columns}`;

interface NewDefaultPlan {
  readonly providerId: number;
  readonly kind: PlanKind;
  readonly productId: number | null;
  readonly name: string;
  readonly systemName: string;
  readonly state: Plan["state"];
  readonly now: Date;
}

/** A plan that is the default of its product, or of the provider for an account plan. */
export async function insertDefaultPlan(tx: Transaction, plan: NewDefaultPlan): Promise<Plan> {
  const { providerId, kind, productId, name, systemName, state, now } = plan;
  const [inserted] = await tx.query<Plan>(insertStatement, [providerId, kind, productId, name, systemName, state, now]);
  if (!inserted) throw new Error("The new plan was not returned.");
  return inserted;
}
