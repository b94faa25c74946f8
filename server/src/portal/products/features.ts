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
import {
  assignments,
  insertColumns,
  insertParameters,
  insertValues,
  selectList,
  updateValues,
} from "#platform/database/field-table.ts";
import { type Json, type Node, record, value } from "#platform/document.ts";
import { countLimits, textLimits } from "#platform/limits.ts";
import {
  type FieldErrors,
  type FieldInput,
  type ObjectInput,
  hasNoErrors,
  mergeErrors,
  type Parsed,
  parseNullableText,
  parseRequest,
  parseText,
  type SettableTable,
  takenErrors,
} from "#portal/fields/index.ts";
import { type Provider, writeTimestamp } from "#portal/providers/index.ts";
import { insertNamed, isSystemName, parseNewSystemName } from "./change-product.ts";
import { type Plan, type PlanKind, lockPlanForShare } from "./plan.ts";
import { lockProductForShare } from "./product.ts";

/** A text that plans promise, such as "24/7 support". */
export interface Feature {
  readonly id: number;
  /** Null for features of account plans, which belong to the provider. */
  readonly productId: number | null;
  /** The plans that can have it. */
  readonly planKind: PlanKind;
  /** 3scale does not require one. */
  readonly name: string | null;
  readonly systemName: string;
  readonly description: string | null;
  /** False hides it from developers. */
  readonly visible: boolean;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

const stored = { insert: true, update: true } as const;

/** Statements and requests derive from these rows. */
export const featureFields = {
  id: {},
  productId: { insert: true },
  planKind: { insert: true },
  name: { ...stored, set: { schema: Type.String(), parse: parseNullableText() } },
  systemName: {
    ...stored,
    set: { schema: Type.String({ description: "Made from the name, or by chance, if a new feature has none." }) },
  },
  description: { ...stored, set: { schema: Type.String(), parse: parseNullableText(textLimits.field.max) } },
  visible: {},
  createdAt: {},
  updatedAt: {},
} as const satisfies SettableTable<Feature>;

const featureColumns = selectList(featureFields);

/** The provider, for account plans, or one of its products. */
interface FeatureOwner {
  readonly providerId: number;
  readonly productId: number | null;
}

// Along features_product_idx. There are no more than a provider may have.
const listFeaturesStatement = `
  select ${featureColumns}
  from features
  where provider_id = $1 and (product_id = $2 or $2::bigint is null and product_id is null)
  order by id`;

/** Lists the features of a product, or those of account plans, oldest first. */
export const listFeatures = (db: Database, { providerId, productId }: FeatureOwner): Promise<Feature[]> =>
  db.query<Feature>(listFeaturesStatement, [providerId, productId]);

type FeatureReference = FeatureOwner & { readonly id: number };

const isOwned = "provider_id = $1 and id = $2 and product_id is not distinct from $3";
const readFeatureStatement = `select ${featureColumns} from features where ${isOwned}`;

export async function readFeature(
  db: Database,
  { providerId, id, productId }: FeatureReference,
): Promise<Feature | undefined> {
  const [feature] = await db.query<Feature>(readFeatureStatement, [providerId, id, productId]);
  return feature;
}

const scopes = { ApplicationPlan: "application_plan", ServicePlan: "service_plan" } as const;

/** The plans that a new feature of a product is for. */
export const featureScopeSchema = Type.String({ enum: Object.keys(scopes), default: "ApplicationPlan" });

/** Account plans have features of one kind, so their scope is not read. */
function parseScope({ productId }: FeatureOwner, values: FieldInput): Parsed<PlanKind> {
  if (productId === null) return { value: "account_plan", wrong: [] };
  const { scope = "ApplicationPlan" } = values;
  if (scope === "ApplicationPlan" || scope === "ServicePlan") return { value: scopes[scope], wrong: [] };
  return { value: undefined, wrong: ["must be ApplicationPlan or ServicePlan"] };
}

const systemNameErrors = (name: string): readonly string[] => [
  ...(name === "" ? ["can't be blank"] : []),
  ...(isSystemName(name) ? [] : ["invalid"]),
];

const taken: FieldErrors = { system_name: takenErrors(true) };

type NewFeature = Omit<Feature, "id" | "createdAt" | "updatedAt">;

// If two requests take one system name at once, the second waits for the first to commit and then inserts nothing.
const insertFeatureStatement = `
  insert into features (provider_id, created_at, updated_at, ${insertColumns(featureFields)})
  values ($1, $2, $2, ${insertParameters(featureFields, 3)})
  on conflict do nothing
  returning ${featureColumns}`;

async function insertFeature(tx: Transaction, providerId: number, feature: NewFeature, now: Date) {
  const values = [providerId, now, ...insertValues(featureFields, feature)];
  const [inserted] = await tx.query<Feature>(insertFeatureStatement, values);
  return inserted;
}

type FeatureOutcome = { readonly feature: Feature } | { readonly refused: FieldErrors };

/** Creates a visible feature that no plan has yet. Returns undefined if its product does not exist. */
export async function createFeature(
  pool: Pool,
  { values, by, ...owner }: FeatureOwner & ObjectInput,
): Promise<FeatureOutcome | undefined> {
  const { providerId, productId } = owner;
  const { changes, errors } = parseRequest<Feature>(featureFields, { values, writer: "program", now: by.now });
  const named = parseNewSystemName(values, "feature", changes.name ?? "", by);
  const scope = parseScope(owner, values);
  const refused = mergeErrors(errors, { system_name: named.wrong, scope: scope.wrong });
  if (!hasNoErrors(refused) || scope.value === undefined) return { refused };

  const blank = { name: null, description: null, visible: true };
  const feature = { ...blank, ...changes, productId, planKind: scope.value };
  return pool.inTransaction(async (tx) => {
    await requireWithinLimit(tx, countLimits.features, { providerId }); // before the locks of rows
    if (productId !== null && !(await lockProductForShare(tx, providerId, productId))) return undefined;
    const inserted = await insertNamed(named, (systemName) =>
      insertFeature(tx, providerId, { ...feature, systemName }, by.now),
    );
    if (!inserted) return { refused: taken };
    await auditFeature(tx, owner, by, { action: "created", feature: inserted });
    return { feature: inserted };
  });
}

interface FeatureAudit {
  readonly action: "created" | "changed" | "deleted";
  readonly feature: Feature;
  readonly changed?: readonly string[];
}

function auditFeature(
  tx: Transaction,
  { providerId }: FeatureOwner,
  { actor }: ChangeContext,
  { action, feature: { id, planKind: kind, productId, name, systemName }, changed }: FeatureAudit,
): Promise<void> {
  const detail = changed ? { changed } : { kind, productId, name: name ?? systemName };
  return recordAudit(tx, { providerId, actor, action: `feature.${action}`, subject: `feature/${id}`, detail });
}

// No other change of the feature can commit until the transaction ends. Plans may take it meanwhile.
const lockFeatureStatement = `${readFeatureStatement} for no key update`;

// By features_system_name_idx.
const hasSystemNameStatement = `
  select from features
  where provider_id = $1 and coalesce(product_id, 0) = coalesce($2::bigint, 0) and system_name = $3 and id <> $4`;

const updateFeatureStatement = `
  update features
  set ${assignments(featureFields, 4)}, updated_at = $3
  where provider_id = $1 and id = $2
  returning ${featureColumns}`;

/** Changes the texts of a feature, for all plans that have it. Returns undefined if the owner has no such feature. */
export async function updateFeature(
  pool: Pool,
  { values, by, ...reference }: FeatureReference & ObjectInput,
): Promise<FeatureOutcome | undefined> {
  const { providerId, productId, id } = reference;
  return pool.inTransaction(async (tx) => {
    // Nobody else takes a system name meanwhile, so that two features can exchange theirs without a deadlock.
    lockLimit(tx, countLimits.features, { providerId });
    const [before] = await tx.query<Feature>(lockFeatureStatement, [providerId, id, productId]);
    if (!before) return undefined;
    const { changes, errors } = parseRequest<Feature>(featureFields, { values, writer: "program", now: by.now });
    const { value: systemName = before.systemName, wrong } = parseText(values, "system_name");
    const refused = mergeErrors(errors, { system_name: [...wrong, ...systemNameErrors(systemName)] });
    if (!hasNoErrors(refused)) return { refused };
    const updated = { ...before, ...changes, systemName };
    const changed = changedFields(before, updated);
    if (changed.length === 0) return { feature: before };
    const others = await tx.query(hasSystemNameStatement, [providerId, productId, updated.systemName, id]);
    if (others.length > 0) return { refused: taken };
    const row = [providerId, id, by.now, ...updateValues(featureFields, updated)];
    const [feature] = await tx.query<Feature>(updateFeatureStatement, row);
    if (!feature) throw new Error(`Feature ${id} was gone although it was locked.`);
    await auditFeature(tx, reference, by, { action: "changed", feature, changed });
    return { feature };
  });
}

const deleteFeatureStatement = `delete from features where ${isOwned} returning ${featureColumns}`;

/** Deletes a feature, also from the plans that have it. Returns undefined if the owner has no such feature. */
export async function deleteFeature(
  pool: Pool,
  { by, ...reference }: FeatureReference & { readonly by: ChangeContext },
): Promise<{ readonly feature: Feature } | undefined> {
  const { providerId, productId, id } = reference;
  return pool.inTransaction(async (tx) => {
    // A deletion of the product deletes the same rows. It waits for this transaction, or is waited for.
    if (productId !== null && !(await lockProductForShare(tx, providerId, productId))) return undefined;
    const [feature] = await tx.query<Feature>(deleteFeatureStatement, [providerId, id, productId]);
    if (!feature) return undefined;
    await auditFeature(tx, reference, by, { action: "deleted", feature });
    return { feature };
  });
}

const readPlanFeaturesStatement = `
  select plan_id, ${featureColumns}
  from plan_features
  join features on features.provider_id = plan_features.provider_id and id = feature_id
  where plan_features.provider_id = $1 and plan_id = any($2)
  order by id`;

/** Returns the features of these plans, oldest first. A plan without any is missing. */
export async function readPlanFeatures(
  db: Database,
  providerId: number,
  planIds: readonly number[],
): Promise<ReadonlyMap<number, readonly Feature[]>> {
  const rows = await db.query<Feature & { readonly planId: number }>(readPlanFeaturesStatement, [providerId, planIds]);
  return Map.groupBy(rows, ({ planId }) => planId);
}

/** A feature that a plan has, by their ids. */
export interface EnabledFeature {
  readonly planId: number;
  readonly featureId: number;
  /** Of the plan, and so of the feature. */
  readonly kind: PlanKind;
}

const listEnabledFeaturesStatement = `
  select plan_id, feature_id, kind
  from plan_features
  join plans on plans.provider_id = plan_features.provider_id and id = plan_id
  where plan_features.provider_id = $1 and customized_from is null
    and (product_id = $2 or $2::bigint is null and product_id is null)
  order by feature_id, plan_id`;

/** Lists the features that the plans of a product have, or account plans. Leaves out custom plans, which no list shows. */
export const listEnabledFeatures = (db: Database, { providerId, productId }: FeatureOwner): Promise<EnabledFeature[]> =>
  db.query<EnabledFeature>(listEnabledFeaturesStatement, [providerId, productId]);

/** A plan of a kind and a feature, by ids that a request names. */
interface PlanFeature {
  readonly providerId: number;
  readonly kind: PlanKind;
  readonly planId: number;
  readonly featureId: number;
  readonly by: ChangeContext;
}

/** Locks the plan and its product against deletion. Returns undefined if the caller may not see such a plan. */
async function lockReferencedPlan(tx: Transaction, { providerId, kind, planId, by }: PlanFeature) {
  const plan = await lockPlanForShare(tx, providerId, planId);
  if (plan?.kind !== kind) return undefined;
  return plan.productId === null || isInProductScope(by.productScope, plan.productId) ? plan : undefined;
}

const lockFeatureForShareStatement = `${readFeatureStatement} for key share`;

const insertPlanFeatureStatement = `
  insert into plan_features (provider_id, plan_id, feature_id)
  values ($1, $2, $3)
  on conflict do nothing
  returning feature_id`;

type EnableOutcome = { readonly feature: Feature } | { readonly refused: FieldErrors } | "already enabled";

/** Gives a plan a feature of its owner and kind. Returns undefined if there is no such plan or feature. */
export async function enableFeature(pool: Pool, reference: PlanFeature): Promise<EnableOutcome | undefined> {
  const { providerId, planId, featureId, by } = reference;
  return pool.inTransaction(async (tx) => {
    await requireWithinLimit(tx, countLimits.planFeatures, { providerId }); // before the locks of rows
    const plan = await lockReferencedPlan(tx, reference);
    if (!plan) return undefined;
    const [feature] = await tx.query<Feature>(lockFeatureForShareStatement, [providerId, featureId, plan.productId]);
    if (!feature) return undefined;
    if (feature.planKind !== plan.kind) return { refused: { plan_type: ["mismatch"] } };
    const inserted = await tx.query(insertPlanFeatureStatement, [providerId, planId, featureId]);
    if (inserted.length === 0) return "already enabled";
    await auditPlanFeature(tx, { plan, feature, by, action: "enabled", providerId });
    return { feature };
  });
}

const deletePlanFeatureStatement = `
  delete from plan_features link
  using features feature
  where link.provider_id = $1 and link.plan_id = $2 and link.feature_id = $3
    and feature.provider_id = link.provider_id and feature.id = link.feature_id
  returning feature.id, feature.name, feature.system_name`;

/** Takes a feature from a plan. Returns undefined if there is no such plan, or if it does not have the feature. */
export async function disableFeature(pool: Pool, reference: PlanFeature): Promise<{ readonly id: number } | undefined> {
  const { providerId, planId, featureId, by } = reference;
  return pool.inTransaction(async (tx) => {
    const plan = await lockReferencedPlan(tx, reference);
    if (!plan) return undefined;
    const values = [providerId, planId, featureId];
    const [feature] = await tx.query<Pick<Feature, "id" | "name" | "systemName">>(deletePlanFeatureStatement, values);
    if (!feature) return undefined;
    await auditPlanFeature(tx, { plan, feature, by, action: "disabled", providerId });
    return feature;
  });
}

interface PlanFeatureAudit {
  readonly providerId: number;
  readonly plan: Plan;
  readonly feature: Pick<Feature, "id" | "name" | "systemName">;
  readonly action: "enabled" | "disabled";
  readonly by: ChangeContext;
}

const auditPlanFeature = (tx: Transaction, { providerId, plan, feature, action, by }: PlanFeatureAudit) =>
  recordAudit(tx, {
    providerId,
    actor: by.actor,
    action: `plan.feature_${action}`,
    subject: `plan/${plan.id}`,
    detail: { featureId: feature.id, name: feature.name ?? feature.systemName },
  });

// Features that are being deleted are waited for and left out.
const copyPlanFeaturesStatement = `
  insert into plan_features (provider_id, plan_id, feature_id)
  select provider_id, $3, id
  from features
  where provider_id = $1 and id in (select feature_id from plan_features where provider_id = $1 and plan_id = $2)
  order by id
  for key share`;

/** Gives a new plan the features of another. */
export async function copyPlanFeatures(tx: Transaction, providerId: number, from: number, to: number): Promise<void> {
  await tx.query(copyPlanFeaturesStatement, [providerId, from, to]);
}

/** Represents a feature as XML. */
export const representFeature = (feature: Feature, provider: Provider): Node =>
  record("feature", [
    value("id", feature.id),
    value("name", feature.name),
    value("system_name", feature.systemName),
    feature.productId === null ? value("account_id", provider.id) : value("service_id", feature.productId),
    value("scope", feature.planKind),
    value("visible", feature.visible),
    value("description", feature.description),
  ]);

/** Returns the path of a feature, below `/admin/api`. */
export const featurePath = ({ id, productId }: Pick<Feature, "id" | "productId">): string =>
  productId === null ? `/features/${id}` : `/services/${productId}/features/${id}`;

/** Represents a feature as JSON, without nulls and with links. `adminUrl` is the origin that the client used. */
export function featureToJson(feature: Feature, { timeZone }: Provider, adminUrl: string): Json {
  const { id, name, systemName, planKind, visible, description, createdAt, updatedAt, productId } = feature;
  return {
    feature: {
      id,
      ...(name === null ? {} : { name }),
      system_name: systemName,
      scope: planKind,
      visible,
      ...(description === null ? {} : { description }),
      created_at: writeTimestamp(createdAt, timeZone),
      updated_at: writeTimestamp(updatedAt, timeZone),
      links: [
        { rel: "self", href: `${adminUrl}/admin/api${featurePath(feature)}` },
        ...(productId === null ? [] : [{ rel: "service", href: `${adminUrl}/admin/api/services/${productId}` }]),
      ],
    },
  };
}
