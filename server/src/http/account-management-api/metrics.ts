import { type TObject, Type } from "typebox";
import type { Pool } from "#platform/database/database.ts";
import { renderXmlDocument } from "#platform/xml.ts";
import { propertySchemas } from "#portal/fields/index.ts";
import {
  createMetric,
  deleteMetric,
  listMetrics,
  type Metric,
  metricFields,
  metricToJson,
  methodFields,
  readMetric,
  readProduct,
  representMetric,
  updateMetric,
} from "#portal/products/index.ts";
import { exampleAdminUrl, exampleHits, exampleMethod, exampleProvider } from "./example-portal.ts";
import type { Call, Operation } from "./operation.ts";
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

type MetricContext = Pick<Call, "provider" | "adminUrl">;

/** The differences between the operations of metrics and of methods. */
interface Kind {
  /** The wrapper in JSON. XML shows a method as a method on all paths. */
  readonly form: "metric" | "method";
  readonly title: string;
  /** The kind in a sentence. */
  readonly noun: string;
  readonly path: string;
  /** What the list has. */
  readonly listed: string;
  readonly body: Readonly<Record<"complete" | "change", TObject>>;
  readonly response: ResponseDoc;
  readonly listResponse: ResponseDoc;
  /** Returns the id of the metric in the path of a method. */
  readonly parentId: (call: Call) => number | undefined;
}

const metricProperties = {
  id: idSchema,
  name: Type.String({ description: "The same as `system_name`." }),
  system_name: Type.String(),
  friendly_name: Type.String(),
  description: optionalText,
};

const MetricSchema = Type.Object({
  metric: Type.Object(
    {
      ...metricProperties,
      unit: Type.String(),
      parent_id: Type.Optional(Type.Integer({ description: "The metric of a method. Absent for a metric." })),
      ...timestamps,
      links: linksSchema,
    },
    { title: "Metric" },
  ),
});

const MethodSchema = Type.Object({
  method: Type.Object(
    { ...metricProperties, parent_id: idSchema, ...timestamps, links: linksSchema },
    { title: "Method" },
  ),
});

const renderMetric = ({ provider, adminUrl }: MetricContext, form: Kind["form"], metric: Metric): ApiResponse => ({
  xml: () => renderXmlDocument(representMetric(metric)),
  json: () => renderJson(metricToJson(metric, form, provider, adminUrl)),
  lastModified: metric.updatedAt,
});

const renderMetrics = (
  { provider, adminUrl }: MetricContext,
  form: Kind["form"],
  metrics: readonly Metric[],
): ApiResponse => ({
  xml: () => renderXmlList(`${form}s`, metrics, representMetric),
  json: () => renderJsonList(`${form}s`, metrics, (metric) => metricToJson(metric, form, provider, adminUrl)),
});

const exampleContext = { provider: exampleProvider, adminUrl: exampleAdminUrl };

const examplesOf = (examples: readonly object[]) => ({ examples: [...examples] });

const metrics: Kind = {
  form: "metric",
  title: "Service Metric",
  noun: "a metric",
  path: "/services/{service_id}/metrics",
  listed: "Lists the metrics and methods of a service.",
  body: {
    complete: Type.Object(
      propertySchemas(metricFields, "complete"),
      examplesOf([{ friendly_name: "Megabytes", unit: "MB", system_name: "megabytes" }]),
    ),
    change: Type.Object(propertySchemas(metricFields, "change"), examplesOf([{ friendly_name: "Traffic" }])),
  },
  response: { schema: MetricSchema, example: renderMetric(exampleContext, "metric", exampleHits) },
  listResponse: {
    schema: Type.Object({ metrics: Type.Array(MetricSchema) }),
    example: renderMetrics(exampleContext, "metric", [exampleHits, exampleMethod]),
  },
  parentId: () => undefined,
};

const methods: Kind = {
  form: "method",
  title: "Service Method",
  noun: "a method",
  path: "/services/{service_id}/metrics/{metric_id}/methods",
  listed: "Lists the methods of a metric. Only `hits` has some.",
  body: {
    complete: Type.Object(
      propertySchemas(methodFields, "complete"),
      examplesOf([{ friendly_name: "Ferry times", system_name: "ferry_times" }]),
    ),
    change: Type.Object(propertySchemas(methodFields, "change"), examplesOf([{ friendly_name: "Departures" }])),
  },
  response: { schema: MethodSchema, example: renderMetric(exampleContext, "method", exampleMethod) },
  listResponse: {
    schema: Type.Object({ methods: Type.Array(MethodSchema) }),
    example: renderMetrics(exampleContext, "method", [exampleMethod]),
  },
  parentId: ({ id }) => id("metric_id"),
};

/** The metric or method in the path. */
const referenceOf = ({ parentId }: Kind, call: Call) => ({
  providerId: call.provider.id,
  productId: call.serviceId("service_id"),
  parentId: parentId(call),
  metricId: call.id("id"),
});

/** Returns the metrics of the service in the path, or the methods of its metric. Throws `not-found` if there is none. */
async function listOf(pool: Pool, { parentId }: Kind, call: Call): Promise<readonly Metric[]> {
  const { id: productId } = requireSuccess(await readProduct(pool, call.provider.id, call.serviceId("service_id")));
  const all = await listMetrics(pool, call.provider.id, [productId]);
  const parent = parentId(call);
  if (parent === undefined) return all;
  requireSuccess(all.find(({ id }) => id === parent));
  return all.filter((metric) => metric.parentId === parent);
}

const locationOf = ({ id, productId, parentId }: Metric): string =>
  parentId === null
    ? `/services/${productId}/metrics/${id}`
    : `/services/${productId}/metrics/${parentId}/methods/${id}`;

const wrapped = {
  wrapper: "metric",
  wrapperMayBeEmpty: true,
  // Columns of 3scale's metrics: `name` is deprecated there, and a method has the unit of its metric.
  ignored: ["name", "system_name", "unit"],
} as const satisfies Partial<Operation>;

const readOperations = (kind: Kind): readonly Operation[] => [
  {
    title: `${kind.title} List`,
    description: kind.listed,
    method: "GET",
    path: kind.path,
    action: "read-products",
    response: kind.listResponse,
    async handle({ pool }, call) {
      return renderMetrics(call, kind.form, await listOf(pool, kind, call));
    },
  },
  {
    title: `${kind.title} Read`,
    description: `Returns ${kind.noun}.`,
    method: "GET",
    path: `${kind.path}/{id}`,
    action: "read-products",
    response: kind.response,
    async handle({ pool }, call) {
      return renderMetric(call, kind.form, requireSuccess(await readMetric(pool, referenceOf(kind, call))));
    },
  },
];

const writeOperations = (kind: Kind): readonly Operation[] => [
  {
    title: `${kind.title} Create`,
    description: `Creates ${kind.noun}.`,
    method: "POST",
    path: kind.path,
    action: "change-products",
    body: kind.body.complete,
    ...wrapped,
    response: kind.response,
    async handle({ pool }, call) {
      const { provider, values, by } = call;
      const productId = call.serviceId("service_id");
      const creation = { providerId: provider.id, productId, parentId: kind.parentId(call), values, by };
      const { metric } = requireSuccess(await createMetric(pool, creation));
      return { ...renderMetric(call, kind.form, metric), location: locationOf(metric) };
    },
  },
  {
    title: `${kind.title} Update`,
    description: `Updates ${kind.noun}. Absent fields keep their values.`,
    method: "PUT",
    path: `${kind.path}/{id}`,
    action: "change-products",
    body: kind.body.change,
    ...wrapped,
    response: kind.response,
    async handle({ pool }, call) {
      const { values, by } = call;
      const outcome = await updateMetric(pool, { ...referenceOf(kind, call), values, by });
      return renderMetric(call, kind.form, requireSuccess(outcome).metric);
    },
  },
  {
    title: `${kind.title} Delete`,
    description: `Deletes ${kind.noun} with its limits and pricing rules. The metric \`hits\` cannot be deleted.`,
    method: "DELETE",
    path: `${kind.path}/{id}`,
    action: "change-products",
    async handle({ pool }, call) {
      requireSuccess(await deleteMetric(pool, { ...referenceOf(kind, call), by: call.by }));
      return {};
    },
  },
];

const operationsOf = (kind: Kind): readonly Operation[] => [...readOperations(kind), ...writeOperations(kind)];

export const metricOperations = operationsOf(metrics);
export const methodOperations = operationsOf(methods);
