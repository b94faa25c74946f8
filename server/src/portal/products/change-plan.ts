import { type ChangeContext, changedFields, recordAudit, requireWithinLimit } from "#access/index.ts";
import type { Pool } from "#platform/database/database.ts";
import { countLimits } from "#platform/limits.ts";
import {
  type FieldErrors,
  type FieldInput,
  type ObjectInput,
  type Parsed,
  hasNoErrors,
  longTextLengthMax,
  mergeErrors,
  parseRequest,
  parseText,
  takenErrors,
} from "#portal/fields/index.ts";
import { insertNamed, parseNewSystemName, transitionErrors } from "./change-product.ts";
import {
  type NewPlan,
  type Plan,
  type PlanKind,
  deletePlanRow,
  freePlan,
  insertPlan,
  lockPlan,
  lockPlansOfProvider,
  settablePlanFields,
  updatePlanDescription,
  updatePlanRow,
} from "./plan.ts";
import { lockProductForShare } from "./product.ts";

interface ParsedPlan {
  readonly plan: NewPlan;
  /** Undefined if the input omits it. Stored and never shown, as in 3scale's API. Service plans have none. */
  readonly description: string | undefined;
  readonly errors: FieldErrors;
}

/** Parses an input into the changed plan and returns all errors. Terms that the input omits stay unchanged. */
export function parsePlan(before: NewPlan, values: FieldInput, now: Date): ParsedPlan {
  const { changes, errors } = parseRequest(settablePlanFields(before.kind), { values, writer: "program", now });
  const description = parseText(before.kind === "service_plan" ? {} : values, "description", longTextLengthMax);
  const state = planStateAfter(before.state, values["state_event"]);
  return {
    plan: { ...before, ...changes, state: state.value ?? before.state },
    description: description.value,
    errors: mergeErrors(errors, { description: description.wrong, state_event: state.wrong }),
  };
}

const stateOfEvent: Readonly<Record<string, Plan["state"]>> = { publish: "published", hide: "hidden" };

function planStateAfter(before: Plan["state"], event: unknown): Parsed<Plan["state"]> {
  if (event === undefined || event === null || event === "") return { value: undefined, wrong: [] };
  const value = typeof event === "string" && Object.hasOwn(stateOfEvent, event) ? stateOfEvent[event] : undefined;
  if (value === undefined) return { value, wrong: ["invalid"] };
  return { value, wrong: value === before ? transitionErrors(before) : [] };
}

interface PlanCreation extends ObjectInput {
  readonly kind: PlanKind;
  /** Null for an account plan. */
  readonly productId: number | null;
}

/**
 * Creates a plan, hidden unless the input publishes it. Records an audit record, because plans have no events. Returns
 * undefined if the product does not exist.
 */
export async function createPlan(
  pool: Pool,
  { providerId, kind, productId, values, by }: PlanCreation,
): Promise<{ readonly plan: Plan } | { readonly refused: FieldErrors } | undefined> {
  const blank = { ...freePlan, kind, productId, name: "", systemName: "", state: "hidden", isDefault: false } as const;
  const { plan, description, errors } = parsePlan(blank, { name: "", ...values }, by.now);
  const named = parseNewSystemName(values, kind, plan.name, by);
  const refused = mergeErrors(errors, { system_name: named.wrong });
  if (!hasNoErrors(refused)) return { refused };

  return pool.inTransaction(async (tx) => {
    await requireWithinLimit(tx, countLimits.plans, { providerId }); // before the locks of rows, as a product's creation does
    if (description !== undefined) await lockPlansOfProvider(tx, providerId); // written by an update
    if (productId !== null && !(await lockProductForShare(tx, providerId, productId))) return undefined;
    const inserted = await insertNamed(named, (systemName) =>
      insertPlan(tx, providerId, { ...plan, systemName }, by.now),
    );
    if (!inserted) return { refused: { system_name: takenErrors(true) } };
    if (description !== undefined) await updatePlanDescription(tx, { providerId, planId: inserted.id, description });
    const detail = { kind, productId, name: inserted.name };
    const auditRecord = { action: "plan.created", subject: `plan/${inserted.id}`, detail };
    await recordAudit(tx, { providerId, actor: by.actor, ...auditRecord });
    return { plan: inserted };
  });
}

/** Identifies a plan of a kind, and of a product unless it is an account plan. */
interface PlanReference {
  readonly providerId: number;
  readonly kind: Plan["kind"];
  readonly productId: number | null;
  readonly planId: number;
}

type PlanUpdate = PlanReference & { readonly values: FieldInput; readonly by: ChangeContext };

/**
 * Changes the terms of a plan, also for its current accounts, subscriptions or applications. Returns undefined if there
 * is no such plan.
 */
export async function updatePlan(
  pool: Pool,
  { values, by, ...reference }: PlanUpdate,
): Promise<{ readonly plan: Plan } | { readonly refused: FieldErrors } | undefined> {
  return pool.inTransaction(async (tx) => {
    const [, before] = await Promise.all([
      lockPlansOfProvider(tx, reference.providerId),
      lockPlan(tx, reference.providerId, reference.planId),
    ]);
    if (!isReferenced(before, reference)) return undefined;
    const { plan: updated, description, errors } = parsePlan(before, values, by.now);
    if (!hasNoErrors(errors)) return { refused: errors };
    const plan = { ...before, ...updated };
    if (description !== undefined) await updatePlanDescription(tx, { ...reference, description });
    const changed = changedFields(before, plan);
    if (changed.length === 0) return { plan: before };
    const auditRecord = { action: "plan.changed", subject: `plan/${plan.id}`, detail: { changed } };
    await recordAudit(tx, { providerId: reference.providerId, actor: by.actor, ...auditRecord });
    return { plan: await updatePlanRow(tx, reference.providerId, plan, by.now) };
  });
}

/** Returns whether the plan exists and has the kind and product of the reference. */
const isReferenced = (plan: Plan | undefined, { kind, productId }: PlanReference): plan is Plan =>
  plan !== undefined && plan.kind === kind && plan.productId === productId;

// Clears the old default first, because plans_default_idx allows only one. Both rows are locked.
const clearDefaultStatement = `
  update plans
  set is_default = false, updated_at = $4
  where provider_id = $1 and kind = $2 and product_id is not distinct from $3 and is_default`;

const makeDefaultStatement = `update plans set is_default = true, updated_at = $3 where provider_id = $1 and id = $2`;

/** Makes a plan the default of its kind and product. Returns undefined if there is no such plan. */
export async function makePlanDefault(
  pool: Pool,
  { by, ...reference }: PlanReference & { readonly by: ChangeContext },
): Promise<{ readonly plan: Plan } | undefined> {
  const { providerId, kind, productId, planId } = reference;
  return pool.inTransaction(async (tx) => {
    const [, plan] = await Promise.all([lockPlansOfProvider(tx, providerId), lockPlan(tx, providerId, planId)]);
    if (!isReferenced(plan, reference) || plan.customizedFrom !== null) return undefined;
    if (plan.isDefault) return { plan };
    await tx.query(clearDefaultStatement, [providerId, kind, productId, by.now]);
    await tx.query(makeDefaultStatement, [providerId, planId, by.now]);
    const auditRecord = { action: "plan.changed", subject: `plan/${planId}`, detail: { changed: ["isDefault"] } };
    await recordAudit(tx, { providerId, actor: by.actor, ...auditRecord });
    return { plan: { ...plan, isDefault: true, updatedAt: by.now } };
  });
}

// Served by accounts_plan_idx, service_subscriptions_plan_idx, applications_plan_idx and plans_customized_idx.
const planUseStatement = `
  select exists (select from accounts where provider_id = $1 and plan_id = $2)
      or exists (select from service_subscriptions where provider_id = $1 and plan_id = $2)
      or exists (select from applications where provider_id = $1 and plan_id = $2) as "isHeld",
    exists (select from plans where provider_id = $1 and customized_from = $2) as "isCustomized"`;

/** The plan, or a custom plan derived from it, is in use. */
type PlanInUse = `${Plan["kind"]} in use` | `${Plan["kind"]} customized`;

/** Deletes a plan, unless it or a custom plan derived from it is in use. Returns undefined if there is no such plan. */
export async function deletePlan(
  pool: Pool,
  { by, ...reference }: PlanReference & { readonly by: ChangeContext },
): Promise<{ readonly plan: Plan } | { readonly notAllowed: PlanInUse } | undefined> {
  const { providerId, planId } = reference;
  return pool.inTransaction(async (tx) => {
    const plan = await lockPlan(tx, providerId, planId);
    if (!isReferenced(plan, reference)) return undefined;
    const [use] = await tx.query<{ isHeld: boolean; isCustomized: boolean }>(planUseStatement, [providerId, planId]);
    if (use?.isHeld) return { notAllowed: `${plan.kind} in use` };
    if (use?.isCustomized) return { notAllowed: `${plan.kind} customized` };
    await deletePlanRow(tx, providerId, planId);
    const { kind, productId, name } = plan;
    const auditRecord = { action: "plan.deleted", subject: `plan/${planId}`, detail: { kind, productId, name } };
    await recordAudit(tx, { providerId, actor: by.actor, ...auditRecord });
    return { plan };
  });
}
