import { LRUCache } from "lru-cache";
import { Type } from "typebox";
import type { AsJson, Database, Transaction } from "#platform/database/database.ts";
import {
  assignments,
  insertColumns,
  insertParameters,
  insertValues,
  selectList,
  updateValues,
} from "#platform/database/field-table.ts";
import { type Json, type Node, decimalToJson, record, value } from "#platform/document.ts";
import { parseIsoTime } from "#platform/times.ts";
import { keepXml } from "#platform/xml.ts";
import { parseBoolean, parseDays, parseMoney, parseRequiredText, type SettableTable } from "#portal/fields/index.ts";
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

const stored = { insert: true, update: true } as const;

/** Statements and requests derive from these rows. Documents have 3scale's order and are written out below. */
export const planFields = {
  id: {},
  kind: { insert: true },
  productId: { insert: true },
  name: { ...stored, set: { schema: Type.String(), required: true, parse: parseRequiredText } },
  systemName: {
    insert: true,
    set: {
      schema: Type.String({ description: "Cannot be changed later. Responses have that of application plans only." }),
      once: true,
    },
  },
  state: { ...stored, set: { name: "state_event", schema: Type.String({ enum: ["publish", "hide"] }) } },
  isDefault: { insert: true },
  customizedFrom: { insert: true },
  approvalRequired: { ...stored, set: { schema: Type.Boolean(), parse: parseBoolean } },
  setupFee: { ...stored, read: "setup_fee::text", set: { schema: Type.Number(), parse: parseMoney } },
  costPerMonth: { ...stored, read: "cost_per_month::text", set: { schema: Type.Number(), parse: parseMoney } },
  trialPeriodDays: { ...stored, set: { schema: Type.Integer(), parse: parseDays } },
  cancellationPeriodSeconds: { insert: true, column: "cancellation_period" },
  createdAt: {},
  updatedAt: {},
} as const satisfies SettableTable<Plan>;

/** The API, as 3scale's, sets neither costs nor a trial of service plans. */
const servicePlanFields = {
  ...planFields,
  setupFee: {},
  costPerMonth: {},
  trialPeriodDays: {},
} as const satisfies SettableTable<Plan>;

/** Returns the rows by which requests set plans of a kind. */
export const settablePlanFields = (kind: PlanKind): SettableTable<Plan> =>
  kind === "service_plan" ? servicePlanFields : planFields;

const planColumns = selectList(planFields);

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
  const [, locked] = await Promise.all([
    tx.query(lockProductsForShareStatement, [providerId, productIds]),
    tx.query(lockPlansForShareStatement, [providerId, [...ids]]),
  ]);
  return locked.length === ids.size;
}

// A change of a plan updates the provider's configuration version. Locking the provider before any plan avoids
// deadlocks.
const lockProviderStatement = `select from providers where id = $1 for no key update`;

/** Serialises changes of a provider's plans, their terms and metrics until this transaction ends. */
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
  where provider_id = $1 and kind = $2 and ($3::bigint is null or product_id = $3) and ($4 or customized_from is null)
  order by id`;

interface PlanFilter {
  readonly kind: PlanKind;
  readonly productId?: number | undefined;
  readonly withCustom?: boolean | undefined;
}

/** Lists the plans of a kind, of all products or of one. Custom plans, which no other application can have, only on request. */
export const listPlans = (
  db: Database,
  providerId: number,
  { kind, productId, withCustom = false }: PlanFilter,
): Promise<Plan[]> => db.query<Plan>(listPlansStatement, [providerId, kind, productId ?? null, withCustom]);

// Of each product the default plan, else the first one.
const readServicePlansStatement = `
  select distinct on (product_id) ${planColumns}
  from plans
  where provider_id = $1 and kind = 'service_plan' and customized_from is null
    and ($2::bigint is null or product_id = $2) and ($3 or is_default or state = 'published')
  order by product_id, is_default desc, id`;

/**
 * Returns the service plans that accounts are subscribed on if none is chosen, one for each product, or that of one product. For
 * developers, a plan that is not the default is published.
 */
export const readServicePlans = (
  db: Database,
  providerId: number,
  { productId, withHidden }: { readonly productId?: number; readonly withHidden: boolean },
): Promise<Plan[]> => db.query<Plan>(readServicePlansStatement, [providerId, productId ?? null, withHidden]);

// Served by plans_default_idx.
const readDefaultPlansStatement = `select ${planColumns} from plans where provider_id = $1 and is_default order by id`;

/** Returns the default plans of all kinds. */
export const readDefaultPlans = (db: Database, providerId: number): Promise<Plan[]> =>
  db.query<Plan>(readDefaultPlansStatement, [providerId]);

// If two requests take one system name at once, the second waits for the first to commit and then inserts nothing.
const insertPlanStatement = `
  insert into plans (provider_id, created_at, updated_at, ${insertColumns(planFields)})
  values ($1, $2, $2, ${insertParameters(planFields, 3)})
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
  const values = [providerId, now, ...insertValues(planFields, plan)];
  const [inserted] = await tx.query<Plan>(insertPlanStatement, values);
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
export const freePlan = {
  customizedFrom: null,
  approvalRequired: false,
  setupFee: "0",
  costPerMonth: "0",
  trialPeriodDays: null,
  cancellationPeriodSeconds: 0,
} as const;

const updatePlanStatement = `
  update plans
  set ${assignments(planFields, 4)}, updated_at = $3
  where provider_id = $1 and id = $2
  returning ${planColumns}`;

/** Writes a locked plan. */
export async function updatePlanRow(tx: Transaction, providerId: number, plan: Plan, now: Date): Promise<Plan> {
  const values = [providerId, plan.id, now, ...updateValues(planFields, plan)];
  const [updated] = await tx.query<Plan>(updatePlanStatement, values);
  if (!updated) throw new Error(`Plan ${plan.id} was gone although it was locked.`);
  return updated;
}

const updateDescriptionStatement = `
  update plans set description = $3 where provider_id = $1 and id = $2 and description is distinct from $3`;

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
// together with the data that they need the plan for. Half a kilobyte each.
const plansByVersion = () => new LRUCache<string, Plan>({ max: 10_000 });

/** Returns the plans of these versions, or undefined if one is not cached. */
export function readCachedPlans({ caches }: Database, versions: readonly string[]): readonly Plan[] | undefined {
  const cached = caches.get(plansByVersion);
  const plans: Plan[] = [];
  for (const version of versions) {
    const plan = cached.get(version);
    if (!plan) return undefined;
    plans.push(plan);
  }
  return plans;
}

export function cachePlan({ caches }: Database, { version, ...json }: VersionedPlan): Plan {
  const plan = planOfJson(json);
  caches.get(plansByVersion).set(version, plan);
  return plan;
}

/** Represents a plan as inside other documents. `nodes` has the nodes of plans represented before. */
export function representPlan(plan: Plan, nodes?: WeakMap<object, Node>): Node {
  const node = nodes?.get(plan) ?? keepXml(planNode(plan));
  nodes?.set(plan, node);
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
  ...(kind === "application_plan" ? { custom: customizedFrom !== null, system_name: systemName } : {}),
  links: [
    { rel: "service", href: service },
    { rel: "self", href: `${service}/${kind}s/${id}` },
  ],
});

/** Returns whether developers may change the plan themselves, ask the provider for it, or neither. */
export function planStepOf(permission: string, hasCreditCard: boolean): "change" | "request" | "none" {
  switch (permission) {
    case "direct":
      return "change";
    case "request":
      return "request";
    case "credit_card":
      return hasCreditCard ? "change" : "none";
    case "request_credit_card":
      return hasCreditCard ? "change" : "request";
    default:
      return "none";
  }
}
