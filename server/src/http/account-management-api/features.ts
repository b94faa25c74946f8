import { Type } from "typebox";
import { isInProductScope } from "#access/index.ts";
import { Problem } from "#http/shared/problem.ts";
import type { Database } from "#platform/database/database.ts";
import { renderXmlDocument } from "#platform/xml.ts";
import { propertySchemas } from "#portal/fields/index.ts";
import {
  createFeature,
  deleteFeature,
  disableFeature,
  enableFeature,
  type Feature,
  featureFields,
  featurePath,
  featureScopeSchema,
  featureToJson,
  listFeatures,
  type PlanKind,
  readFeature,
  readPlanFeatures,
  readPlans,
  readProduct,
  representFeature,
  updateFeature,
} from "#portal/products/index.ts";
import {
  type ApiResponse,
  idSchema,
  linksSchema,
  optionalText,
  renderJson,
  renderJsonList,
  renderXmlList,
  requireSuccess,
  type ResponseDoc,
  timestamps,
} from "./responses.ts";
import { exampleAccountFeature, exampleAdminUrl, exampleFeature, exampleProvider } from "./example-portal.ts";
import { type Call, type Operation, parseId } from "./operation.ts";

type FeatureContext = Pick<Call, "provider" | "adminUrl">;

const renderFeature = ({ provider, adminUrl }: FeatureContext, feature: Feature): ApiResponse => ({
  xml: () => renderXmlDocument(representFeature(feature, provider)),
  json: () => renderJson(featureToJson(feature, provider, adminUrl)),
  lastModified: feature.updatedAt,
});

const renderNewFeature = (context: FeatureContext, feature: Feature): ApiResponse => ({
  ...renderFeature(context, feature),
  location: featurePath(feature),
});

const renderFeatures = ({ provider, adminUrl }: FeatureContext, features: readonly Feature[]): ApiResponse => ({
  xml: () => renderXmlList("features", features, (feature) => representFeature(feature, provider)),
  json: () => renderJsonList("features", features, (feature) => featureToJson(feature, provider, adminUrl)),
});

const FeatureSchema = Type.Object({
  feature: Type.Object(
    {
      id: idSchema,
      name: optionalText,
      system_name: Type.String(),
      scope: Type.String({ enum: ["account_plan", "service_plan", "application_plan"] }),
      visible: Type.Boolean(),
      description: optionalText,
      ...timestamps,
      links: linksSchema,
    },
    { title: "Feature" },
  ),
});

const exampleContext = { provider: exampleProvider, adminUrl: exampleAdminUrl };

const responsesOf = (feature: Feature): Readonly<Record<"one" | "list", ResponseDoc>> => ({
  one: { schema: FeatureSchema, example: renderFeature(exampleContext, feature) },
  list: {
    schema: Type.Object({ features: Type.Array(FeatureSchema) }),
    example: renderFeatures(exampleContext, [feature]),
  },
});

/** The differences between the features of account plans and those of a service's plans. */
interface FeatureOwner extends Pick<Operation, "path"> {
  readonly title: string;
  readonly titleOfList: string;
  readonly example: Feature;
  /** The features in a sentence. */
  readonly noun: string;
  /** Returns the id of the service in the path, which the caller may see. Null for features of account plans. */
  readonly productId: (call: Call) => number | null;
}

const accountFeatures: FeatureOwner = {
  title: "Account Feature",
  titleOfList: "Account Features List",
  path: "/features",
  example: exampleAccountFeature,
  noun: "account plans",
  productId: () => null,
};

const serviceFeatures: FeatureOwner = {
  title: "Service Feature",
  titleOfList: "Service Feature List",
  path: "/services/{service_id}/features",
  example: exampleFeature,
  noun: "the plans of a service",
  productId: ({ serviceId }) => serviceId("service_id"),
};

const example = { name: "24/7 support", system_name: "support", description: "By phone and mail" };

/** Columns of 3scale's features that requests cannot set. */
const ignoredFields = ["created_at", "featurable_id", "featurable_type", "tenant_id", "updated_at", "visible"];

const ownerOf = ({ productId }: FeatureOwner, call: Call) => ({
  providerId: call.provider.id,
  productId: productId(call),
});

const featureKey = (owner: FeatureOwner, call: Call) => ({ ...ownerOf(owner, call), id: call.id("id") });

const listFeaturesOperation = (owner: FeatureOwner): Operation => ({
  title: owner.titleOfList,
  description: `Lists the features of ${owner.noun}, oldest first.`,
  method: "GET",
  path: owner.path,
  action: "read-features",
  response: responsesOf(owner.example).list,

  async handle({ pool }, call) {
    const key = ownerOf(owner, call);
    if (key.productId !== null) requireSuccess(await readProduct(pool, key.providerId, key.productId));
    return renderFeatures(call, await listFeatures(pool, key));
  },
});

const createFeatureOperation = (owner: FeatureOwner): Operation => ({
  title: `${owner.title} Create`,
  description: `Creates a feature of ${owner.noun}. No plan has it yet.`,
  method: "POST",
  path: owner.path,
  action: "change-features",
  body: Type.Object(
    {
      ...propertySchemas(featureFields, "complete"),
      ...(owner === serviceFeatures && { scope: Type.Optional(featureScopeSchema) }),
    },
    { examples: [example] },
  ),
  wrapper: "feature",
  ignored: [...ignoredFields, "scope"],
  response: responsesOf(owner.example).one,

  async handle({ pool }, call) {
    const { values, by } = call;
    const outcome = await createFeature(pool, { ...ownerOf(owner, call), values, by });
    return renderNewFeature(call, requireSuccess(outcome).feature);
  },
});

const readFeatureOperation = (owner: FeatureOwner): Operation => ({
  title: `${owner.title} Read`,
  description: `Returns a feature of ${owner.noun}.`,
  method: "GET",
  path: `${owner.path}/{id}`,
  action: "read-features",
  response: responsesOf(owner.example).one,

  async handle({ pool }, call) {
    return renderFeature(call, requireSuccess(await readFeature(pool, featureKey(owner, call))));
  },
});

const updateFeatureOperation = (owner: FeatureOwner): Operation => ({
  title: `${owner.title} Update`,
  description: `Updates a feature of ${owner.noun}. Absent fields keep their values, and the scope cannot be changed.`,
  method: "PUT",
  path: `${owner.path}/{id}`,
  action: "change-features",
  body: Type.Object(propertySchemas(featureFields, "change"), { examples: [{ name: "Support around the clock" }] }),
  wrapper: "feature",
  ignored: [...ignoredFields, "scope"],
  response: responsesOf(owner.example).one,

  async handle({ pool }, call) {
    const { values, by } = call;
    const outcome = await updateFeature(pool, { ...featureKey(owner, call), values, by });
    return renderFeature(call, requireSuccess(outcome).feature);
  },
});

const deleteFeatureOperation = (owner: FeatureOwner): Operation => ({
  title: `${owner.title} Delete`,
  description: `Deletes a feature of ${owner.noun}, also from the plans that have it.`,
  method: "DELETE",
  path: `${owner.path}/{id}`,
  action: "change-features",

  async handle({ pool }, call) {
    requireSuccess(await deleteFeature(pool, { ...featureKey(owner, call), by: call.by }));
    return {};
  },
});

export const featureOperations: readonly Operation[] = [accountFeatures, serviceFeatures].flatMap((owner) =>
  [
    listFeaturesOperation,
    createFeatureOperation,
    readFeatureOperation,
    updateFeatureOperation,
    deleteFeatureOperation,
  ].map((operationOf) => operationOf(owner)),
);

/** The differences between the features of the kinds of plans. */
interface PlanFeatures {
  readonly kind: PlanKind;
  readonly noun: string;
  readonly titles: Readonly<Record<"list" | "enable" | "disable", string>>;
  readonly readAction: Operation["action"];
  readonly changeAction: Operation["action"];
  readonly example: Feature;
}

const accountPlanFeatures: PlanFeatures = {
  kind: "account_plan",
  noun: "an account plan",
  titles: {
    list: "Account Plan Features List",
    enable: "Account Plan Features Create",
    disable: "Account Plan Features Delete",
  },
  readAction: "read-account-plans",
  changeAction: "change-plans",
  example: exampleAccountFeature,
};

const servicePlanFeatures: PlanFeatures = {
  kind: "service_plan",
  noun: "a service plan",
  titles: {
    list: "Service Plan Feature List",
    enable: "Service Plan Feature Add",
    disable: "Service Plan Features Delete",
  },
  readAction: "read-service-plans",
  changeAction: "change-plans",
  example: { ...exampleFeature, planKind: "service_plan" },
};

const applicationPlanFeatures: PlanFeatures = {
  kind: "application_plan",
  noun: "an application plan",
  titles: {
    list: "Application Plan Feature List",
    enable: "Application Plan Feature Create",
    disable: "Application Plan Feature Delete",
  },
  readAction: "read-features",
  changeAction: "change-features",
  example: exampleFeature,
};

/** Throws unless there is a plan of this kind that the caller may see. */
async function requirePlan(db: Database, kind: PlanKind, { provider, caller }: Call, id: number): Promise<void> {
  const [plan] = await readPlans(db, provider.id, [id]);
  const isVisible =
    plan?.kind === kind && (plan.productId === null || isInProductScope(caller.productScope, plan.productId));
  if (!isVisible) throw new Problem("not-found");
}

/** Returns the plan and the feature that a call names. As in 3scale, `feature_id` wins over `id`. */
const planFeatureKey = ({ kind }: PlanFeatures, { provider, by, id }: Call, featureId: unknown) => ({
  providerId: provider.id,
  kind,
  planId: id(`${kind}_id`),
  featureId: parseId(featureId) ?? 0,
  by,
});

const listPlanFeatures = ({ kind, titles, noun, readAction, example: feature }: PlanFeatures): Operation => ({
  title: titles.list,
  description: `Lists the features of ${noun}, oldest first.`,
  method: "GET",
  path: `/${kind}s/{${kind}_id}/features`,
  action: readAction,
  response: responsesOf(feature).list,

  async handle({ pool }, call) {
    const planId = call.id(`${kind}_id`);
    await requirePlan(pool, kind, call, planId);
    const features = await readPlanFeatures(pool, call.provider.id, [planId]);
    return renderFeatures(call, features.get(planId) ?? []);
  },
});

const enableOperation = (planFeatures: PlanFeatures): Operation => ({
  title: planFeatures.titles.enable,
  description:
    `Gives ${planFeatures.noun} a feature of the same scope. ` +
    "The response is 409 without a body if the plan has it already.",
  method: "POST",
  path: `/${planFeatures.kind}s/{${planFeatures.kind}_id}/features`,
  action: planFeatures.changeAction,
  body: Type.Object(
    {
      feature_id: Type.Optional(Type.Integer({ description: "The id of the feature." })),
      id: Type.Optional(Type.Integer({ description: "The same, without `feature_id`." })),
    },
    { examples: [{ feature_id: planFeatures.example.id }] },
  ),
  response: responsesOf(planFeatures.example).one,

  async handle({ pool }, call) {
    const { feature_id: featureId, id } = call.values;
    const outcome = await enableFeature(pool, planFeatureKey(planFeatures, call, featureId ?? id));
    if (outcome === "already enabled") throw new Problem("conflict");
    return renderNewFeature(call, requireSuccess(outcome).feature);
  },
});

const disableOperation = (planFeatures: PlanFeatures): Operation => ({
  title: planFeatures.titles.disable,
  description: `Takes a feature from ${planFeatures.noun}.`,
  method: "DELETE",
  path: `/${planFeatures.kind}s/{${planFeatures.kind}_id}/features/{id}`,
  action: planFeatures.changeAction,

  async handle({ pool }, call) {
    const { feature_id: featureId = call.id("id") } = call.query;
    requireSuccess(await disableFeature(pool, planFeatureKey(planFeatures, call, featureId)));
    return {};
  },
});

export const planFeatureOperations: readonly Operation[] = [
  accountPlanFeatures,
  servicePlanFeatures,
  applicationPlanFeatures,
].flatMap((planFeatures) =>
  [listPlanFeatures, enableOperation, disableOperation].map((operationOf) => operationOf(planFeatures)),
);
