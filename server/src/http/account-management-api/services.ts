import { Type } from "typebox";
import { requirePermission } from "#http/shared/admin-caller.ts";
import { Problem } from "#http/shared/problem.ts";
import type { Database, Pool } from "#platform/database/database.ts";
import { columnOf, documentProperties } from "#platform/database/field-table.ts";
import type { Node } from "#platform/document.ts";
import { renderXmlDocument } from "#platform/xml.ts";
import { readAccount } from "#portal/accounts/index.ts";
import { deleteProduct } from "#portal/applications/index.ts";
import { propertySchemas } from "#portal/fields/index.ts";
import {
  authenticationSchema,
  countProducts,
  createProduct,
  listMetrics,
  listProducts,
  type Metric,
  notificationSettingsSchema,
  type Product,
  type ProductContext,
  productFields,
  productToJson,
  readProduct,
  representMetric,
  representProduct,
  transitionErrors,
  updateProduct,
} from "#portal/products/index.ts";
import { readContactAddresses } from "#portal/provider-account/index.ts";
import {
  type ApiResponse,
  idSchema,
  linksSchema,
  metadataSchema,
  optionalText,
  renderJson,
  renderJsonList,
  renderRefusedTransition,
  renderXmlList,
  requireSuccess,
  type ResponseDoc,
  timestamps,
} from "./responses.ts";
import { exampleAdminUrl, exampleHits, exampleProduct, exampleProvider } from "./example-portal.ts";
import {
  type Call,
  type Operation,
  pageMetadata,
  type PageMetadata,
  pageQuery,
  parseId,
  parsePage,
  parseText,
} from "./operation.ts";

const NewServiceSchema = Type.Object(propertySchemas(productFields, "complete"), {
  examples: [{ name: "Tides", description: "When the water comes", backend_version: "2" }],
});

const ServiceChangeSchema = Type.Object(propertySchemas(productFields, "change"), {
  examples: [{ description: "When the water comes, and goes" }],
});

/** Columns of 3scale's products that Bellwire does not have. */
const ignoredServiceFields = [
  "account_id",
  "created_at",
  "default_application_plan_id",
  "default_service_plan_id",
  "display_provider_keys",
  "kubernetes_service_link",
  "logo_content_type",
  "logo_file_name",
  "logo_file_size",
  "state",
  "tenant_id",
  "updated_at",
];

interface ServiceContext extends ProductContext {
  readonly adminUrl: string;
  /** The metrics and methods of the products, by product. JSON only links to them. */
  readonly metrics: ReadonlyMap<number, readonly Metric[]>;
}

async function readServiceContext(
  db: Database,
  { provider, adminUrl, format }: Pick<Call, "provider" | "adminUrl" | "format">,
  products: readonly Pick<Product, "id">[],
): Promise<ServiceContext> {
  const ids = format === "xml" ? products.map(({ id }) => id) : [];
  const [{ supportEmail }, metrics] = await Promise.all([
    readContactAddresses(db, provider.id),
    ids.length === 0 ? [] : listMetrics(db, provider.id, ids),
  ]);
  return { provider, adminUrl, supportEmail, metrics: Map.groupBy(metrics, ({ productId }) => productId) };
}

const serviceNode = (product: Product, context: ServiceContext): Node =>
  representProduct(product, context, (context.metrics.get(product.id) ?? []).map(representMetric));

const renderService = (context: ServiceContext, product: Product): ApiResponse => ({
  xml: () => renderXmlDocument(serviceNode(product, context)),
  json: () => renderJson(productToJson(product, context, context.adminUrl)),
  lastModified: product.updatedAt,
});

const renderServices = (
  context: ServiceContext,
  products: readonly Product[],
  metadata?: PageMetadata,
): ApiResponse => ({
  xml: () => renderXmlList("services", products, (product) => serviceNode(product, context), metadata),
  json: () =>
    renderJsonList("services", products, (product) => productToJson(product, context, context.adminUrl), metadata),
});

const ServiceSchema = Type.Object({
  service: Type.Object(
    {
      id: idSchema,
      name: Type.String(),
      state: Type.String(),
      system_name: Type.String(),
      backend_version: authenticationSchema,
      deployment_option: Type.String(),
      support_email: optionalText,
      description: optionalText,
      ...Object.fromEntries(
        documentProperties(productFields, "switches").map((name) => [columnOf(productFields, name), Type.Boolean()]),
      ),
      buyer_plan_change_permission: Type.String(),
      notification_settings: Type.Optional(notificationSettingsSchema),
      annotations: Type.Record(Type.String(), Type.String()),
      ...timestamps,
      links: linksSchema,
    },
    { title: "Service" },
  ),
});

const exampleContext: ServiceContext = {
  provider: exampleProvider,
  adminUrl: exampleAdminUrl,
  supportEmail: "support@acme.example",
  metrics: new Map([[exampleProduct.id, [exampleHits]]]),
};

const serviceResponse: ResponseDoc = { schema: ServiceSchema, example: renderService(exampleContext, exampleProduct) };

const servicesResponse: ResponseDoc = {
  schema: Type.Object({ services: Type.Array(ServiceSchema), metadata: metadataSchema }),
  example: renderServices(exampleContext, [exampleProduct]),
};

/** Saves the other values and deletes the service, which is what this `state_event` means in 3scale. */
async function markAsDeleted(
  pool: Pool,
  { provider, by, caller }: Call,
  change: { readonly productId: number; readonly values: Call["values"] },
): Promise<Product> {
  requirePermission(caller, "delete-products", provider);
  const outcome = await deleteProduct(pool, { provider, ...change, by });
  if (outcome && "notAllowed" in outcome) {
    throw new Problem("invalid", { errors: { state_event: transitionErrors(outcome.product.state) } });
  }
  return { ...requireSuccess(outcome).product, state: "deleted" };
}

const noBackends: ApiResponse = { json: () => renderJson([]) };

export const serviceOperations: readonly Operation[] = [
  {
    title: "Service List",
    description: "Lists the services, oldest first. A list of more than `per_page` services has page metadata.",
    method: "GET",
    path: "/services",
    action: "read-products",
    query: Type.Object(pageQuery),
    response: servicesResponse,
    async handle({ pool }, call) {
      const { provider, caller, query } = call;
      const page = parsePage(query);
      const { productScope } = caller;
      const products = await listProducts(pool, provider.id, { productScope, limit: page.limit, offset: page.offset });
      const metadata = pageMetadata(page, await countProducts(pool, provider.id, productScope));
      return renderServices(await readServiceContext(pool, call, products), products, metadata);
    },
  },
  {
    title: "Service Create",
    description: "Creates a service with a service plan and the metric `hits`. Only for admins and the provider key.",
    method: "POST",
    path: "/services",
    action: "create-products",
    body: NewServiceSchema,
    wrapper: "service",
    ignored: ignoredServiceFields,
    response: serviceResponse,
    async handle({ pool }, call) {
      const { provider, values, by } = call;
      const { product } = requireSuccess(await createProduct(pool, { providerId: provider.id, values, by }));
      const context = await readServiceContext(pool, call, [product]);
      return { ...renderService(context, product), location: `/services/${product.id}` };
    },
  },
  {
    title: "Service Read",
    description: "Returns a service.",
    method: "GET",
    path: "/services/{id}",
    action: "read-products",
    response: serviceResponse,
    async handle({ pool }, call) {
      const product = requireSuccess(await readProduct(pool, call.provider.id, call.serviceId("id")));
      return renderService(await readServiceContext(pool, call, [product]), product);
    },
  },
  {
    title: "Service Update",
    description: "Updates a service. Absent fields keep their values, and `system_name` cannot be changed.",
    method: "PUT",
    path: "/services/{id}",
    action: "change-products",
    body: ServiceChangeSchema,
    wrapper: "service",
    ignored: [...ignoredServiceFields, "system_name"],
    response: serviceResponse,
    async handle({ pool }, call) {
      const { provider, by } = call;
      const { state_event: stateEvent, ...values } = call.values;
      const productId = call.serviceId("id");
      const product =
        stateEvent === "mark_as_deleted"
          ? await markAsDeleted(pool, call, { productId, values })
          : requireSuccess(await updateProduct(pool, { providerId: provider.id, productId, values: call.values, by }))
              .product;
      return renderService(await readServiceContext(pool, call, [product]), product);
    },
  },
  {
    title: "Service Delete",
    description:
      "Deletes a service with its plans, metrics, subscriptions and applications, unless it is the last one. Only for admins and the provider key. " +
      "A service with 100,000 applications takes minutes. The deletion continues if the client does not wait. If it fails, repeat it.",
    method: "DELETE",
    path: "/services/{id}",
    action: "delete-products",
    otherErrors: [422], // with a provider key, if it is the last service

    async handle({ pool }, call) {
      const { provider, by, caller } = call;
      const outcome = await deleteProduct(pool, { provider, productId: call.serviceId("id"), by });
      if (outcome && "notAllowed" in outcome) {
        // 3scale checks the permission of a token's owner first. For a key it checks only the state.
        if (caller.actor.kind === "token") throw new Problem("role-missing");
        if (caller.actor.kind === "key") {
          const context = await readServiceContext(pool, call, [outcome.product]);
          return renderRefusedTransition({
            from: outcome.product.state,
            event: "mark_as_deleted",
            object: {
              xml: () => serviceNode(outcome.product, context),
              json: () => productToJson(outcome.product, context, call.adminUrl),
            },
          });
        }
      }
      requireSuccess(outcome);
      return {};
    },
  },
  {
    title: "Backend Usage List",
    description: "Lists the backends that a service uses. The list is empty: there are no backends.",
    method: "GET",
    path: "/services/{service_id}/backend_usages",
    action: "read-products",
    isJsonOnly: true,
    response: { schema: Type.Array(Type.Object({}), { maxItems: 0 }), example: noBackends },
    // 3scale's toolbox reads it before it imports an application plan.
    async handle({ pool }, call) {
      requireSuccess(await readProduct(pool, call.provider.id, call.serviceId("service_id")));
      return noBackends;
    },
  },
];

type ReadObject = (db: Database, providerId: number, id: number) => Promise<object | undefined>;

const isGone: ReadObject = async () => undefined;

/** By 3scale's names of the objects that it deletes in the background. Bellwire has neither proxies nor backends. */
const objectsWithStatus: ReadonlyMap<string, ReadObject> = new Map([
  ["service", readProduct],
  ["account", readAccount],
  ["proxy", isGone],
  ["backend_api", isGone],
]);

/** Clients of 3scale poll it until a deleted object is gone. */
export const objectStatusOperation: Operation = {
  title: "Object deletion status for objects that are deleted asynchronously",
  description:
    "Responds 200 while the object exists, and 404 once it is gone. Accounts are gone at once, services when their deletion ends; there " +
    "are no objects of the other types. Only for admins.",
  method: "GET",
  path: "/objects/status",
  action: "read-deletions",
  isJsonOnly: true,
  query: Type.Object({
    object_type: Type.String({ enum: [...objectsWithStatus.keys()], description: "The kind of the deleted object." }),
    object_id: Type.String({ minLength: 1, description: "The id that the object had." }),
  }),
  otherErrors: [404],
  async handle({ pool }, { provider, caller, query }) {
    const readObject = objectsWithStatus.get(requireText(query, "object_type"));
    if (!readObject || caller.role === "key") throw new Problem("role-missing"); // in 3scale, nobody may see another type
    const id = parseId(requireText(query, "object_id"));
    requireSuccess(id === undefined ? undefined : await readObject(pool, provider.id, id));
    return {};
  },
};

function requireText(query: Call["query"], name: string): string {
  const text = parseText(query[name]) ?? "";
  if (text === "") throw new Problem("parameter-missing", { detail: `Required parameter missing: ${name}` });
  return text;
}
