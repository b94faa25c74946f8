import { Type } from "typebox";
import { type ChangeContext, changedFields, recordAudit, requireWithinLimit } from "#access/index.ts";
import { type Database, type Pool, queryRow, type Transaction } from "#platform/database/database.ts";
import {
  assignments,
  insertColumns,
  insertParameters,
  insertValues,
  selectList,
  updateValues,
} from "#platform/database/field-table.ts";
import { formatDecimal, type Json, type Node, record, value } from "#platform/document.ts";
import { countLimits } from "#platform/limits.ts";
import {
  type FieldErrors,
  type FieldInput,
  type ObjectInput,
  hasNoErrors,
  mergeErrors,
  type Parsed,
  parseMoney,
  parseRequest,
  parseWhole,
  type SettableTable,
  takenErrors,
} from "#portal/fields/index.ts";
import { type Provider, writeTimestamp } from "#portal/providers/index.ts";
import { lockTerms, metricUrl, type TermReference } from "./metrics.ts";

// How much of a metric an application plan allows, and what it costs. Gateways and billing systems read both.

export const limitPeriods = ["eternity", "year", "month", "week", "day", "hour", "minute"] as const;

interface PlanTerm {
  readonly id: number;
  readonly planId: number;
  readonly metricId: number;
  /** The metric of a method. Null if the term is about a metric. */
  readonly metricParentId: number | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** How much of a metric the applications of a plan may use in a period. */
export interface UsageLimit extends PlanTerm {
  readonly period: (typeof limitPeriods)[number];
  readonly value: number;
}

/** What a unit of a metric costs from the `min`th to the `max`th in a month. */
export interface PricingRule extends PlanTerm {
  /** A decimal, as text. */
  readonly costPerUnit: string;
  readonly min: number;
  /** Null: without an upper bound. */
  readonly max: number | null;
}

function parsePeriod(values: FieldInput, name: string): Parsed<UsageLimit["period"]> {
  const sent = values[name];
  if (sent === undefined) return { value: undefined, wrong: [] };
  const period = limitPeriods.find((candidate) => candidate === sent);
  return { value: period, wrong: period === undefined ? ["is invalid"] : [] };
}

/** A blank or negative value is 0, as in 3scale. */
function parseLimitValue(values: FieldInput, name: string): Parsed<number> {
  if (values[name] === undefined) return { value: undefined, wrong: [] };
  const { value: number = 0, wrong } = parseWhole(values, name);
  return { value: Math.max(0, number), wrong };
}

/** Requires a number if the input contains the name. */
function parseMin(values: FieldInput, name: string): Parsed<number> {
  if (values[name] === undefined) return { value: undefined, wrong: [] };
  const { value: min, wrong } = parseWhole(values, name);
  if (wrong.length > 0) return { value: undefined, wrong };
  if (min === undefined) return { value: undefined, wrong: ["is not a number"] };
  return { value: min, wrong: min >= 1 ? [] : ["must be greater than or equal to 1"] };
}

function parseMax(values: FieldInput, name: string): Parsed<number | null> {
  if (values[name] === undefined) return { value: undefined, wrong: [] };
  const { value: max = null, wrong } = parseWhole(values, name);
  return { value: max, wrong };
}

function parseCostPerUnit(values: FieldInput, name: string): Parsed<string> {
  if (values[name] === null || values[name] === "") return { value: undefined, wrong: ["is not a number"] };
  const { value: cost, wrong } = parseMoney(values, name);
  return { value: cost, wrong: wrong.map((text) => (text.includes("decimals") ? "maximum decimals is 4." : text)) };
}

const parentOf = (table: string): string =>
  `(select parent_id from metrics where metrics.provider_id = ${table}.provider_id and metrics.id = ${table}.metric_id)`;

const ofPlanAndMetric = { id: {}, planId: { insert: true }, metricId: { insert: true } } as const;

/** Statements and requests derive from these rows. */
export const limitFields = {
  ...ofPlanAndMetric,
  metricParentId: { read: parentOf("usage_limits") },
  period: {
    insert: true,
    update: true,
    set: { schema: Type.String({ enum: [...limitPeriods] }), required: true, parse: parsePeriod },
  },
  value: {
    insert: true,
    update: true,
    set: { schema: Type.Integer({ description: "If empty or negative, 0." }), parse: parseLimitValue },
  },
  createdAt: {},
  updatedAt: {},
} as const satisfies SettableTable<UsageLimit>;

export const pricingRuleFields = {
  ...ofPlanAndMetric,
  metricParentId: { read: parentOf("pricing_rules") },
  min: { insert: true, set: { schema: Type.Integer({ minimum: 1, default: 1 }), parse: parseMin } },
  max: {
    insert: true,
    set: { schema: Type.Integer({ description: "If empty, without an upper bound." }), parse: parseMax },
  },
  costPerUnit: {
    insert: true,
    read: "cost_per_unit::text",
    set: { schema: Type.Number({ description: "With at most 4 decimals.", default: 0 }), parse: parseCostPerUnit },
  },
  createdAt: {},
  updatedAt: {},
} as const satisfies SettableTable<PricingRule>;

const limitColumns = selectList(limitFields);
const ruleColumns = selectList(pricingRuleFields);

/** Terms of a plan, or of a metric in all plans, as 3scale's lists have them. */
type TermsOf = { readonly providerId: number } & ({ readonly planId: number } | { readonly metricId: number });

/** The parameters $1 to $3 of the lists. */
const ofPlanOrMetric = (of: TermsOf): readonly (number | null)[] =>
  "planId" in of ? [of.providerId, of.planId, null] : [of.providerId, null, of.metricId];

// Served by the unique key and usage_limits_metric_idx.
const listLimitsStatement = `
  select ${limitColumns}
  from usage_limits
  where provider_id = $1 and (plan_id = $2 or metric_id = $3)
  order by id
  limit $4 offset $5`;

export const listLimits = (
  db: Database,
  of: TermsOf,
  page?: { readonly limit: number; readonly offset: number },
): Promise<UsageLimit[]> =>
  db.query<UsageLimit>(listLimitsStatement, [...ofPlanOrMetric(of), page?.limit ?? null, page?.offset ?? 0]);

const countLimitsStatement = `
  select count(*)::integer as count from usage_limits where provider_id = $1 and plan_id = $2`;

export const countLimitsOfPlan = async (db: Database, providerId: number, planId: number): Promise<number> =>
  (await queryRow<{ count: number }>(db, countLimitsStatement, [providerId, planId])).count;

// Served by the unique key and pricing_rules_metric_idx.
const listRulesStatement = `
  select ${ruleColumns}
  from pricing_rules
  where provider_id = $1 and (plan_id = $2 or metric_id = $3)
  order by id`;

export const listPricingRules = (db: Database, of: TermsOf): Promise<PricingRule[]> =>
  db.query<PricingRule>(listRulesStatement, [...ofPlanOrMetric(of)]);

/** A limit with the name of its metric or method. */
export type NamedLimit = Pick<UsageLimit, "planId" | "period" | "value"> & { readonly name: string };
export type NamedRule = Pick<PricingRule, "planId" | "min" | "max" | "costPerUnit"> & { readonly name: string };

const limitsOfPlansStatement = `
  select plan_id, friendly_name as name, period, value
  from usage_limits as term
  join metrics on metrics.provider_id = term.provider_id and metrics.id = metric_id
  where term.provider_id = $1 and plan_id = any($2)
  order by term.id`;

const rulesOfPlansStatement = `
  select plan_id, friendly_name as name, min, max, cost_per_unit::text
  from pricing_rules as term
  join metrics on metrics.provider_id = term.provider_id and metrics.id = metric_id
  where term.provider_id = $1 and plan_id = any($2)
  order by metric_id, min`;

/** Returns the limits of these plans, oldest first, and their pricing rules, by metric and range. */
export async function readNamedTerms(
  db: Database,
  providerId: number,
  planIds: readonly number[],
): Promise<{ readonly limits: readonly NamedLimit[]; readonly rules: readonly NamedRule[] }> {
  const [limits, rules] = await Promise.all([
    db.query<NamedLimit>(limitsOfPlansStatement, [providerId, planIds]),
    db.query<NamedRule>(rulesOfPlansStatement, [providerId, planIds]),
  ]);
  return { limits, rules };
}

type TermCreation = TermReference & ObjectInput;

const insertLimitStatement = `
  insert into usage_limits (provider_id, created_at, updated_at, ${insertColumns(limitFields)})
  values ($1, $2, $2, ${insertParameters(limitFields, 3)})
  returning ${limitColumns}`;

type LimitOutcome = { readonly limit: UsageLimit } | { readonly refused: FieldErrors } | undefined;

/** Creates a limit. Returns undefined if the plan or the metric does not exist. */
export const createLimit = (pool: Pool, { values, by, ...reference }: TermCreation): Promise<LimitOutcome> =>
  pool.inTransaction(async (tx) => {
    const { providerId, planId, metricId } = reference;
    await requireWithinLimit(tx, countLimits.usageLimits, { providerId });
    await requireWithinLimit(tx, countLimits.limitsOfPlan, { providerId, id: planId });
    if (!(await lockTerms(tx, reference, by))) return undefined;
    const request = { values: { period: "", ...values }, writer: "program", now: by.now } as const;
    const { changes, errors } = parseRequest<UsageLimit>(limitFields, request);
    const refused = mergeErrors(errors, await periodErrors(tx, { ...reference, id: 0, period: changes.period }));
    if (!hasNoErrors(refused)) return { refused };
    const row = insertValues(limitFields, { period: changes.period, value: 0, ...changes, planId, metricId });
    const [limit] = await tx.query<UsageLimit>(insertLimitStatement, [providerId, by.now, ...row]);
    if (!limit) throw new Error("The new limit was not returned.");
    const detail = { period: limit.period, value: limit.value };
    await auditTerm(tx, { reference, term: "limit", id: limit.id, step: "created", detail, by });
    return { limit };
  });

// Served by the unique key. The provider is locked, so no other request adds one meanwhile.
const takenPeriodStatement = `
  select from usage_limits where provider_id = $1 and plan_id = $2 and metric_id = $3 and period = $4 and id <> $5`;

interface PeriodOfLimit extends TermReference {
  /** The limit's own id, or 0 for a new one. */
  readonly id: number;
  readonly period: UsageLimit["period"] | undefined;
}

async function periodErrors(
  tx: Transaction,
  { providerId, planId, metricId, period, id }: PeriodOfLimit,
): Promise<FieldErrors> {
  if (period === undefined) return {};
  const taken = await tx.query(takenPeriodStatement, [providerId, planId, metricId, period, id]);
  return { period: takenErrors(taken.length > 0) };
}

const readLimitStatement = `
  select ${limitColumns} from usage_limits where provider_id = $1 and metric_id = $2 and id = $3`;

/** Returns a limit of a metric, also one of another plan than its path says, as in 3scale. Undefined if there is none. */
export async function readLimit(
  db: Database,
  { providerId, metricId, id }: TermReference & { readonly id: number },
): Promise<UsageLimit | undefined> {
  const [limit] = await db.query<UsageLimit>(readLimitStatement, [providerId, metricId, id]);
  return limit;
}

const updateLimitStatement = `
  update usage_limits
  set ${assignments(limitFields, 4)}, updated_at = $3
  where provider_id = $1 and id = $2
  returning ${limitColumns}`;

/** Changes a limit. Returns undefined if it does not exist. */
export const updateLimit = (
  pool: Pool,
  { values, by, ...reference }: TermCreation & { readonly id: number },
): Promise<LimitOutcome> =>
  pool.inTransaction(async (tx) => {
    const { providerId, id } = reference;
    const before = (await lockTerms(tx, reference, by)) && (await readLimit(tx, reference));
    if (!before) return undefined;
    const request = { values, writer: "program", now: by.now } as const;
    const { changes, errors } = parseRequest<UsageLimit>(limitFields, request);
    const limit = { ...before, ...changes };
    const refused = mergeErrors(errors, await periodErrors(tx, { providerId, ...limit }));
    if (!hasNoErrors(refused)) return { refused };
    const changed = changedFields(before, limit);
    if (changed.length === 0) return { limit: before };
    const row = [providerId, id, by.now, ...updateValues(limitFields, limit)];
    const [updated] = await tx.query<UsageLimit>(updateLimitStatement, row);
    if (!updated) return undefined;
    const own = { ...reference, planId: limit.planId };
    await auditTerm(tx, { reference: own, term: "limit", id, step: "changed", detail: { changed }, by });
    return { limit: updated };
  });

// Served by the unique key. The provider is locked, so no other request adds one meanwhile.
const overlappingStatement = `
  select from pricing_rules
  where provider_id = $1 and plan_id = $2 and metric_id = $3
    and ($5::bigint is null or min <= $5) and (max is null or max >= $4)
  limit 1`;

const insertRuleStatement = `
  insert into pricing_rules (provider_id, created_at, updated_at, ${insertColumns(pricingRuleFields)})
  values ($1, $2, $2, ${insertParameters(pricingRuleFields, 3)})
  returning ${ruleColumns}`;

type RuleOutcome = { readonly rule: PricingRule } | { readonly refused: FieldErrors } | undefined;

/** Creates a pricing rule. Returns undefined if the plan or the metric does not exist. */
export const createPricingRule = (pool: Pool, { values, by, ...reference }: TermCreation): Promise<RuleOutcome> =>
  pool.inTransaction(async (tx) => {
    const { providerId, planId, metricId } = reference;
    await requireWithinLimit(tx, countLimits.pricingRules, { providerId });
    await requireWithinLimit(tx, countLimits.rulesOfPlan, { providerId, id: planId });
    if (!(await lockTerms(tx, reference, by))) return undefined;
    const { changes, errors } = parseRequest<PricingRule>(pricingRuleFields, {
      values,
      writer: "program",
      now: by.now,
    });
    const rule = { min: 1, max: null, costPerUnit: "0", ...changes, planId, metricId };
    const refused = mergeErrors(errors, hasNoErrors(errors) ? await rangeErrors(tx, { providerId, ...rule }) : {});
    if (!hasNoErrors(refused)) return { refused };
    const row = [providerId, by.now, ...insertValues(pricingRuleFields, rule)];
    const [inserted] = await tx.query<PricingRule>(insertRuleStatement, row);
    if (!inserted) throw new Error("The new pricing rule was not returned.");
    const detail = { min: rule.min, max: rule.max, costPerUnit: rule.costPerUnit };
    await auditTerm(tx, { reference, term: "pricing_rule", id: inserted.id, step: "created", detail, by });
    return { rule: inserted };
  });

async function rangeErrors(
  tx: Transaction,
  { providerId, planId, metricId, min, max }: TermReference & Pick<PricingRule, "min" | "max">,
): Promise<FieldErrors> {
  if (max !== null && max < min) return { max: ["'To' value cannot be less than your 'From' value"] };
  const overlapping = await tx.query(overlappingStatement, [providerId, planId, metricId, min, max]);
  if (overlapping.length === 0) return {};
  return { min: ["The 'From' value must be greater than the 'To' values of other existing rules"] };
}

// A term of a metric, also one of another plan than its path says, as in 3scale.
const deleteStatements = {
  limit: `delete from usage_limits where provider_id = $1 and metric_id = $2 and id = $3 returning plan_id, period, value`,
  pricing_rule: `
    delete from pricing_rules where provider_id = $1 and metric_id = $2 and id = $3
    returning plan_id, min, max, cost_per_unit::text`,
} as const;

interface TermDeletion extends TermReference {
  readonly term: keyof typeof deleteStatements;
  readonly id: number;
  readonly by: ChangeContext;
}

/** Deletes a limit or a pricing rule. Returns undefined if it does not exist. */
export const deleteTerm = (
  pool: Pool,
  { term, by, ...reference }: TermDeletion,
): Promise<{ readonly deleted: true } | undefined> =>
  pool.inTransaction(async (tx) => {
    const { providerId, metricId, id } = reference;
    if (!(await lockTerms(tx, reference, by))) return undefined;
    const [detail] = await tx.query<Record<string, unknown>>(deleteStatements[term], [providerId, metricId, id]);
    if (!detail) return undefined;
    await auditTerm(tx, { reference, term, id, step: "deleted", detail, by });
    return { deleted: true };
  });

interface TermAudit {
  readonly reference: TermReference;
  readonly term: keyof typeof deleteStatements;
  readonly id: number;
  readonly step: "created" | "changed" | "deleted";
  readonly detail: Readonly<Record<string, unknown>>;
  readonly by: ChangeContext;
}

const auditTerm = (tx: Transaction, { reference, term, id, step, detail, by }: TermAudit): Promise<void> =>
  recordAudit(tx, {
    providerId: reference.providerId,
    actor: by.actor,
    action: `${term}.${step}`,
    subject: `${term}/${id}`,
    detail: { planId: reference.planId, metricId: reference.metricId, ...detail },
  });

// Metrics are locked against deletion, because nothing else keeps those of another plan.
const copyLimitsStatement = `
  insert into usage_limits (provider_id, plan_id, metric_id, period, value, created_at, updated_at)
  select original.provider_id, $3, metric_id, period, value, $4, $4
  from usage_limits as original
  join metrics on metrics.provider_id = original.provider_id and metrics.id = original.metric_id
  where original.provider_id = $1 and plan_id = $2
  order by metric_id
  for key share of metrics`;

const copyRulesStatement = `
  insert into pricing_rules (provider_id, plan_id, metric_id, min, max, cost_per_unit, created_at, updated_at)
  select original.provider_id, $3, metric_id, min, max, cost_per_unit, $4, $4
  from pricing_rules as original
  join metrics on metrics.provider_id = original.provider_id and metrics.id = original.metric_id
  where original.provider_id = $1 and plan_id = $2
  order by metric_id
  for key share of metrics`;

interface TermsCopy {
  readonly providerId: number;
  readonly from: number;
  readonly to: number;
  readonly now: Date;
}

/** Copies the limits and pricing rules of a plan to a new one. */
export async function copyTerms(tx: Transaction, { providerId, from, to, now }: TermsCopy): Promise<void> {
  const values = [providerId, from, to, now];
  await Promise.all([tx.query(copyLimitsStatement, values), tx.query(copyRulesStatement, values)]);
}

export const representLimit = (limit: UsageLimit): Node =>
  record("limit", [
    value("id", limit.id),
    value("metric_id", limit.metricId),
    value("plan_id", limit.planId),
    value("period", limit.period),
    value("value", limit.value),
  ]);

export const representPricingRule = (rule: PricingRule): Node =>
  record("pricing_rule", [
    value("id", rule.id),
    value("metric_id", rule.metricId),
    value("plan_id", rule.planId),
    value("cost_per_unit", { decimal: rule.costPerUnit }),
    value("min", rule.min),
    value("max", rule.max),
  ]);

interface TermContext {
  readonly provider: Provider;
  /** The origin that the client used. */
  readonly adminUrl: string;
  /** The product of the plan and the metric. */
  readonly productId: number;
}

export function limitToJson(limit: UsageLimit, { provider, adminUrl, productId }: TermContext): Json {
  const { id, planId, metricId, metricParentId: parentId } = limit;
  return {
    limit: {
      id,
      period: limit.period,
      value: limit.value,
      metric_id: metricId,
      plan_id: planId,
      created_at: writeTimestamp(limit.createdAt, provider.timeZone),
      updated_at: writeTimestamp(limit.updatedAt, provider.timeZone),
      links: [
        { rel: "metric", href: metricUrl({ id: metricId, productId, parentId }, adminUrl) },
        // 3scale's form, which leads to the list.
        { rel: "self", href: `${adminUrl}/admin/api/application_plans/${planId}/metrics/${metricId}/limits?id=${id}` },
        { rel: "plan", href: planUrl(planId, productId, adminUrl) },
      ],
    },
  };
}

const planUrl = (planId: number, productId: number, adminUrl: string): string =>
  `${adminUrl}/admin/api/services/${productId}/application_plans/${planId}`;

export function pricingRuleToJson(rule: PricingRule, { provider, adminUrl, productId }: TermContext): Json {
  const { id, planId, metricId, metricParentId: parentId } = rule;
  return {
    pricing_rule: {
      id,
      metric_id: metricId,
      cost_per_unit: formatDecimal(rule.costPerUnit),
      min: rule.min,
      ...(rule.max === null ? {} : { max: rule.max }),
      created_at: writeTimestamp(rule.createdAt, provider.timeZone),
      updated_at: writeTimestamp(rule.updatedAt, provider.timeZone),
      links: [
        { rel: "metric", href: metricUrl({ id: metricId, productId, parentId }, adminUrl) },
        { rel: "plan", href: planUrl(planId, productId, adminUrl) },
      ],
    },
  };
}
