import { Type } from "typebox";
import {
  type ChangeContext,
  changedFields,
  isInProductScope,
  lockLimit,
  recordAudit,
  requireWithinLimit,
} from "#access/index.ts";
import type { Database, Pool, Transaction } from "#platform/database/database.ts";
import { insertColumns, insertParameters, insertValues, selectList } from "#platform/database/field-table.ts";
import { type Json, type Node, record, value } from "#platform/document.ts";
import { countLimits, textLimits } from "#platform/limits.ts";
import {
  type FieldErrors,
  type FieldInput,
  type ObjectInput,
  hasNoErrors,
  longTextLengthMax,
  mergeErrors,
  parseNullableText,
  parseRequest,
  parseRequiredText,
  type SettableTable,
  takenErrors,
  textsOfAllErrors,
} from "#portal/fields/index.ts";
import { type Provider, writeTimestamp } from "#portal/providers/index.ts";
import { parseNewSystemName } from "./change-product.ts";
import { type Plan, lockPlanForShare, lockPlansOfProvider, readPlans } from "./plan.ts";
import { hitsName, lockProductForShare } from "./product.ts";

/** What a product's API counts: a metric, or a method, which is a part of the metric `hits`. */
export interface Metric {
  readonly id: number;
  readonly productId: number;
  /** The metric of a method. Null for a metric. */
  readonly parentId: number | null;
  readonly systemName: string;
  readonly friendlyName: string;
  /** A method's unit is that of its metric. */
  readonly unit: string;
  readonly description: string | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

const unitOfMetric = `
  coalesce(unit, (
    select parent.unit from metrics as parent
    where parent.provider_id = metrics.provider_id and parent.id = metrics.parent_id))`;

/** Statements and requests derive from these rows. */
export const metricFields = {
  id: {},
  productId: { insert: true },
  parentId: { insert: true },
  friendlyName: {
    insert: true,
    set: {
      schema: Type.String({ description: "Unique within the service." }),
      required: true,
      parse: parseRequiredText,
    },
  },
  systemName: { insert: true, set: { schema: Type.String({ description: "Cannot be changed later." }), once: true } },
  unit: { insert: true, read: unitOfMetric, set: { schema: Type.String(), required: true, parse: parseRequiredText } },
  description: { insert: true, set: { schema: Type.String(), parse: parseNullableText(longTextLengthMax) } },
  createdAt: {},
  updatedAt: {},
} as const satisfies SettableTable<Metric>;

/** The rows by which requests set methods. */
export const methodFields = { ...metricFields, unit: {} } as const satisfies SettableTable<Metric>;

const metricColumns = selectList(metricFields);

// Served by the unique keys.
const listMetricsStatement = `
  select ${metricColumns} from metrics where provider_id = $1 and product_id = any($2) order by id`;

/** Lists the metrics and methods of products, oldest first. */
export const listMetrics = (db: Database, providerId: number, productIds: readonly number[]): Promise<Metric[]> =>
  db.query<Metric>(listMetricsStatement, [providerId, productIds]);

const readMetricsStatement = `select ${metricColumns} from metrics where provider_id = $1 and id = any($2)`;

const readMetrics = (db: Database, providerId: number, ids: readonly number[]): Promise<Metric[]> =>
  db.query<Metric>(readMetricsStatement, [providerId, ids]);

/** Identifies a metric or method of a product, or a method of a metric. */
export interface MetricReference {
  readonly providerId: number;
  readonly productId: number;
  readonly metricId: number;
  /** Undefined if it may be a metric or a method. */
  readonly parentId?: number | undefined;
}

/** Returns undefined if there is no such metric or method. */
export async function readMetric(db: Database, reference: MetricReference): Promise<Metric | undefined> {
  const { providerId, productId, metricId, parentId } = reference;
  const [metric] = await readMetrics(db, providerId, [metricId]);
  const isReferenced = metric?.productId === productId && (parentId === undefined || metric.parentId === parentId);
  return isReferenced ? metric : undefined;
}

interface MetricCreation extends ObjectInput {
  readonly productId: number;
  /** The metric of a new method. Undefined for a new metric. */
  readonly parentId?: number | undefined;
}

type MetricOutcome = { readonly metric: Metric } | { readonly refused: FieldErrors } | undefined;

const insertMetricStatement = `
  insert into metrics (provider_id, created_at, updated_at, ${insertColumns(metricFields)})
  values ($1, $2, $2, ${insertParameters(metricFields, 3)})
  returning ${metricColumns}`;

/** Creates a metric or a method. Returns undefined if the product or the parent does not exist. */
export const createMetric = (pool: Pool, creation: MetricCreation): Promise<MetricOutcome> =>
  pool.inTransaction(async (tx) => {
    const { providerId, productId, parentId, values, by } = creation;
    await requireWithinLimit(tx, countLimits.metrics, { providerId });
    await lockPlansOfProvider(tx, providerId);
    if (!(await lockProductForShare(tx, providerId, productId))) return undefined;
    const parent = parentId === undefined ? null : await readMetric(tx, { providerId, productId, metricId: parentId });
    if (parent === undefined) return undefined;
    const { changes, errors } = parseMetric({ friendly_name: "", unit: "", ...values }, parent !== null, by.now);
    const blank = { productId, parentId: parent?.id ?? null, unit: null, description: null };
    const named = await nameMetric(tx, creation, changes.friendlyName ?? "");
    const metric = { ...blank, friendlyName: "", ...changes, systemName: named.systemName };
    const refused = mergeErrors(errors, named.errors, parentErrors(parent), await textsErrors(tx, providerId, metric));
    if (!hasNoErrors(refused)) return { refused };
    const [inserted] = await tx.query<Metric>(insertMetricStatement, [
      providerId,
      by.now,
      ...insertValues(metricFields, metric),
    ]);
    if (!inserted) throw new Error("The new metric was not returned.");
    const detail = { productId, systemName: inserted.systemName, parentId: inserted.parentId };
    await auditMetric(tx, { providerId, id: inserted.id, action: "metric.created", detail, by });
    return { metric: inserted };
  });

const parseMetric = (values: FieldInput, isMethod: boolean, now: Date) =>
  parseRequest<Metric>(isMethod ? methodFields : metricFields, { values, writer: "program", now });

const parentErrors = (parent: Metric | null): FieldErrors =>
  parent === null || parent.systemName === hitsName ? {} : { parent_id: ["You can only create methods under 'hits'"] };

// Served by the unique keys. The provider is locked, so no other request takes a name meanwhile.
const takenNamesStatement = `
  select coalesce(bool_or(system_name = $3), false) as "systemName",
    coalesce(bool_or(friendly_name = $4), false) as "friendlyName"
  from metrics
  where provider_id = $1 and product_id = $2 and id <> $5 and (system_name = $3 or friendly_name = $4)`;

interface Names {
  readonly providerId: number;
  readonly productId: number;
  readonly systemName: string;
  readonly friendlyName: string;
  /** The metric's own id, or 0 for a new one. */
  readonly id: number;
}

async function readTakenNames(tx: Transaction, { providerId, productId, systemName, friendlyName, id }: Names) {
  const names = [providerId, productId, systemName, friendlyName, id];
  const [taken] = await tx.query<{ systemName: boolean; friendlyName: boolean }>(takenNamesStatement, names);
  return { systemName: taken?.systemName === true, friendlyName: taken?.friendlyName === true };
}

/** Returns the system name of a new metric, which derives from its friendly name unless the input has one, and the errors of both. */
async function nameMetric(
  tx: Transaction,
  { providerId, productId, values, by }: MetricCreation,
  friendlyName: string,
): Promise<{ readonly systemName: string; readonly errors: FieldErrors }> {
  const { systemName, wrong, alternative: otherName } = parseNewSystemName(values, "metric", friendlyName, by);
  const taken = await readTakenNames(tx, { providerId, productId, systemName, friendlyName, id: 0 });
  const alternative = taken.systemName ? otherName : undefined;
  return {
    systemName: alternative ?? systemName,
    errors: {
      system_name: [...wrong, ...takenErrors(taken.systemName && alternative === undefined)],
      friendly_name: takenErrors(taken.friendlyName),
    },
  };
}

// By the unique keys: a provider has at most thousands of metrics.
const lengthOfOthersStatement = `
  select coalesce(sum(length(description)), 0)::float8 as length from metrics where provider_id = $1 and id <> $2`;

type Described = Pick<Metric, "description"> & Partial<Pick<Metric, "id">>;

/** Returns an error if a new or changed metric has a too long description, together with all others of the provider. */
const textsErrors = (
  tx: Transaction,
  providerId: number,
  { id = 0, description }: Described,
  before?: Described,
): Promise<FieldErrors> =>
  textsOfAllErrors(
    "metrics",
    { after: { description }, before: before && { description: before.description } },
    async () => {
      lockLimit(tx, textLimits.metrics, { providerId });
      const [others] = await tx.query<{ length: number }>(lengthOfOthersStatement, [providerId, id]);
      return others?.length ?? 0;
    },
  );

const updateMetricStatement = `
  update metrics
  set friendly_name = $4, description = $5, unit = case when parent_id is null then $6 end, updated_at = $3
  where provider_id = $1 and id = $2
  returning ${metricColumns}`;

/** Changes a metric or method. Returns undefined if it does not exist. */
export const updateMetric = (
  pool: Pool,
  { values, by, ...reference }: MetricReference & Pick<MetricCreation, "values" | "by">,
): Promise<MetricOutcome> =>
  pool.inTransaction(async (tx) => {
    const { providerId } = reference;
    await lockPlansOfProvider(tx, providerId);
    const before = await readMetric(tx, reference);
    if (!before) return undefined;
    const { changes, errors } = parseMetric(values, before.parentId !== null, by.now);
    const metric = { ...before, ...changes };
    const taken = await readTakenNames(tx, { providerId, ...metric });
    const friendlyName = { friendly_name: takenErrors(taken.friendlyName) };
    const refused = mergeErrors(errors, friendlyName, await textsErrors(tx, providerId, metric, before));
    if (!hasNoErrors(refused)) return { refused };
    const changed = changedFields(before, metric);
    if (changed.length === 0) return { metric: before };
    const row = [providerId, metric.id, by.now, metric.friendlyName, metric.description, metric.unit];
    const [updated] = await tx.query<Metric>(updateMetricStatement, row);
    if (!updated) throw new Error(`Metric ${metric.id} was gone although its provider was locked.`);
    await auditMetric(tx, { providerId, id: metric.id, action: "metric.changed", detail: { changed }, by });
    return { metric: updated };
  });

const deleteMetricStatement = `delete from metrics where provider_id = $1 and id = $2`;

type MetricDeletion = { readonly metric: Metric } | { readonly notAllowed: "hits" } | undefined;

/** Deletes a metric or method with its limits and pricing rules, except for `hits`. Returns undefined if it does not exist. */
export const deleteMetric = (
  pool: Pool,
  { by, ...reference }: MetricReference & { readonly by: ChangeContext },
): Promise<MetricDeletion> =>
  pool.inTransaction(async (tx) => {
    const { providerId } = reference;
    await lockPlansOfProvider(tx, providerId);
    const metric = await readMetric(tx, reference);
    if (!metric) return undefined;
    if (metric.systemName === hitsName) return { notAllowed: "hits" };
    await tx.query(deleteMetricStatement, [providerId, metric.id]);
    const detail = { productId: metric.productId, systemName: metric.systemName };
    await auditMetric(tx, { providerId, id: metric.id, action: "metric.deleted", detail, by });
    return { metric };
  });

interface MetricAudit {
  readonly providerId: number;
  readonly id: number;
  readonly action: `metric.${string}`;
  readonly detail: Readonly<Record<string, unknown>>;
  readonly by: ChangeContext;
}

const auditMetric = (tx: Transaction, { providerId, id, action, detail, by }: MetricAudit): Promise<void> =>
  recordAudit(tx, { providerId, actor: by.actor, action, subject: `metric/${id}`, detail });

/** An application plan, and a metric or method of its product. */
export interface PlanAndMetric {
  readonly plan: Plan & { readonly productId: number };
  readonly metric: Metric;
}

export interface TermReference {
  readonly providerId: number;
  readonly planId: number;
  readonly metricId: number;
}

type Caller = Pick<ChangeContext, "productScope">;

/** Returns undefined if there is no such application plan in the caller's product scope. */
export async function readApplicationPlan(
  db: Database,
  { providerId, planId }: Pick<TermReference, "providerId" | "planId">,
  { productScope }: Caller,
): Promise<PlanAndMetric["plan"] | undefined> {
  const [plan] = await readPlans(db, providerId, [planId]);
  if (plan?.kind !== "application_plan" || plan.productId === null) return undefined;
  return isInProductScope(productScope, plan.productId) ? { ...plan, productId: plan.productId } : undefined;
}

/** Returns undefined if there is no such plan in the caller's product scope, or no such metric of its product. */
export async function readPlanAndMetric(
  db: Database,
  reference: TermReference,
  caller: Caller,
): Promise<PlanAndMetric | undefined> {
  const [plan, [metric]] = await Promise.all([
    readApplicationPlan(db, reference, caller),
    readMetrics(db, reference.providerId, [reference.metricId]),
  ]);
  return plan && metric?.productId === plan.productId ? { plan, metric } : undefined;
}

/** Keeps the terms of all plans from changing, and the plan and metric from being deleted, until this transaction ends. */
export async function lockTerms(
  tx: Transaction,
  reference: TermReference,
  caller: Caller,
): Promise<PlanAndMetric | undefined> {
  await lockPlansOfProvider(tx, reference.providerId);
  // Plans are deleted without a lock of the provider.
  await lockPlanForShare(tx, reference.providerId, reference.planId);
  return readPlanAndMetric(tx, reference, caller);
}

/** Represents a metric or a method as XML. */
export const representMetric = (metric: Metric): Node =>
  record(metric.parentId === null ? "metric" : "method", [
    value("id", metric.id),
    value("name", metric.systemName),
    value("system_name", metric.systemName),
    value("friendly_name", metric.friendlyName),
    value("service_id", metric.productId),
    value("description", metric.description),
    metric.parentId === null ? value("unit", metric.unit) : value("metric_id", metric.parentId),
  ]);

const metricsUrl = (adminUrl: string, productId: number): string =>
  `${adminUrl}/admin/api/services/${productId}/metrics`;

/** Returns the link to a metric or a method in documents of others. That to a method has 3scale's form, which leads nowhere. */
export const metricUrl = (
  { id, productId, parentId }: Pick<Metric, "id" | "productId" | "parentId">,
  adminUrl: string,
): string =>
  parentId === null
    ? `${metricsUrl(adminUrl, productId)}/${id}`
    : `${metricsUrl(adminUrl, productId)}/${parentId}/methods?id=${id}`;

/** Represents a metric or a method as JSON, in the form of the path that leads to it. `adminUrl` is the origin that the client used. */
export function metricToJson(
  metric: Metric,
  form: "metric" | "method",
  { timeZone }: Provider,
  adminUrl: string,
): Json {
  const { id, productId, parentId, systemName, friendlyName, description, unit } = metric;
  const self = `${metricsUrl(adminUrl, productId)}/${id}`;
  return {
    [form]: {
      id,
      name: systemName,
      system_name: systemName,
      friendly_name: friendlyName,
      ...(description === null ? {} : { description }),
      ...(form === "metric" ? { unit } : {}),
      ...(parentId === null ? {} : { parent_id: parentId }),
      created_at: writeTimestamp(metric.createdAt, timeZone),
      updated_at: writeTimestamp(metric.updatedAt, timeZone),
      links:
        form === "metric"
          ? [
              { rel: "service", href: `${adminUrl}/admin/api/services/${productId}` },
              { rel: "self", href: self },
            ]
          : [
              { rel: "parent", href: `${metricsUrl(adminUrl, productId)}/${parentId}` },
              { rel: "self", href: metricUrl(metric, adminUrl) },
            ],
    },
  };
}
