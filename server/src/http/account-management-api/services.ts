import { Type } from "typebox";
import { requirePermission } from "#http/shared/admin-caller.ts";
import { Problem } from "#http/shared/problem.ts";
import type { Database } from "#platform/database/database.ts";
import { record } from "#platform/document.ts";
import { renderXmlDocument } from "#platform/xml.ts";
import { deleteProduct } from "#portal/applications/index.ts";
import {
  type Product,
  type ProductContext,
  countProducts,
  createProduct,
  listProducts,
  productToJson,
  readProduct,
  representProduct,
  transitionErrors,
  updateProduct,
} from "#portal/products/index.ts";
import { readContactAddresses } from "#portal/provider-account/index.ts";
import { renderRefusedTransition, requireSuccess } from "./error-responses.ts";
import { exampleAdminUrl, exampleProduct, exampleProvider } from "./example-portal.ts";
import { type Call, type Operation, type OperationNeeds, xmlAndJson } from "./operation.ts";
import { type PageMetadata, pageMetadata, pageQuery, parsePage } from "./parameters.ts";
import { type ApiResponse, type ResponseDoc, renderJson } from "./responses.ts";
import {
  annotationsSchema,
  idSchema,
  linksSchema,
  metadataSchema,
  optionalBoolean,
  optionalText,
  timestamps,
} from "./schema-parts.ts";

const backendVersion = Type.String({
  enum: ["1", "2", "oauth", "oidc"],
  description: "How applications prove who they are: a user key, an application id and keys, OAuth, OpenID Connect.",
});

const percentages = Type.Optional(Type.Array(Type.Integer()));

const notificationSettings = Type.Object(
  { web_provider: percentages, email_provider: percentages, web_buyer: percentages, email_buyer: percentages },
  { description: "At which percentages of a limit whom to notify. Absent until it is first set." },
);

/** What can be said of a new service. */
const NewServiceSchema = Type.Object(
  {
    name: Type.String(),
    description: optionalText,
    support_email: Type.Optional(Type.String({ description: "Empty: the provider's." })),
    deployment_option: Type.Optional(
      Type.String({ description: "`hosted`, `self_managed`, `service_mesh_istio`, or `plugin_` and its language." }),
    ),
    backend_version: Type.Optional(backendVersion),
    system_name: Type.Optional(Type.String({ description: "Cannot be changed later." })),
    state_event: Type.Optional(
      Type.String({ enum: ["publish", "hide", "complete", "take_offline", "deprecate", "mark_as_deleted"] }),
    ),
    intentions_required: optionalBoolean,
    mandatory_app_key: optionalBoolean,
    referrer_filters_required: optionalBoolean,
    buyers_manage_apps: optionalBoolean,
    buyers_manage_keys: optionalBoolean,
    custom_keys_enabled: optionalBoolean,
    buyer_key_regenerate_enabled: optionalBoolean,
    buyer_can_select_plan: optionalBoolean,
    buyer_plan_change_permission: Type.Optional(
      Type.String({
        description:
          "`direct`, `request`, `credit_card`, `request_credit_card` or `none`. Anything else is kept, and permits nothing.",
      }),
    ),
    txt_support: Type.Optional(Type.String({ description: "Kept, and never returned." })),
    terms: Type.Optional(Type.String({ description: "Kept, and never returned." })),
    notification_settings: Type.Optional(notificationSettings),
    annotations: Type.Optional(annotationsSchema),
  },
  { examples: [{ name: "Tides", description: "When the water comes", backend_version: "2" }] },
);

const ServiceChangeSchema = Type.Partial(Type.Omit(NewServiceSchema, ["system_name"]), {
  examples: [{ description: "When the water comes, and goes" }],
});

/** Other columns of 3scale's products: sent alone, they are a change of nothing. */
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

/** What the documents of products contain besides the products, and the origin of their links. */
interface ServiceContext extends ProductContext {
  readonly adminUrl: string;
}

async function readServiceContext(
  db: Database,
  { provider, adminUrl }: Pick<Call, "provider" | "adminUrl">,
): Promise<ServiceContext> {
  const { supportEmail } = await readContactAddresses(db, provider.id);
  return { provider, adminUrl, supportEmail };
}

/** Renders a product in both formats. */
const renderService = (context: ServiceContext, product: Product): ApiResponse => ({
  xml: () => renderXmlDocument(representProduct(product, context)),
  json: () => renderJson(productToJson(product, context, context.adminUrl)),
  lastModified: product.updatedAt,
});

/** Renders a page of products in both formats. */
const renderServices = (
  context: ServiceContext,
  products: readonly Product[],
  standing?: PageMetadata,
): ApiResponse => ({
  xml: () =>
    renderXmlDocument(
      record(
        "services",
        products.map((product) => representProduct(product, context)),
        standing,
      ),
    ),
  json: () =>
    renderJson({
      services: products.map((product) => productToJson(product, context, context.adminUrl)),
      ...(standing ? { metadata: standing } : {}),
    }),
});

const ServiceSchema = Type.Object({
  service: Type.Object(
    {
      id: idSchema,
      name: Type.String(),
      state: Type.String(),
      system_name: Type.String(),
      backend_version: backendVersion,
      deployment_option: Type.String(),
      support_email: optionalText,
      description: optionalText,
      intentions_required: Type.Boolean(),
      buyers_manage_apps: Type.Boolean(),
      buyers_manage_keys: Type.Boolean(),
      referrer_filters_required: Type.Boolean(),
      custom_keys_enabled: Type.Boolean(),
      buyer_key_regenerate_enabled: Type.Boolean(),
      mandatory_app_key: Type.Boolean(),
      buyer_can_select_plan: Type.Boolean(),
      buyer_plan_change_permission: Type.String(),
      notification_settings: Type.Optional(notificationSettings),
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
};

const serviceResponse: ResponseDoc = { schema: ServiceSchema, example: renderService(exampleContext, exampleProduct) };

const servicesResponse: ResponseDoc = {
  schema: Type.Object({ services: Type.Array(ServiceSchema), metadata: metadataSchema }),
  example: renderServices(exampleContext, [exampleProduct]),
};

export const listServicesOperation: Operation = {
  title: "Service List",
  tag: "Services",
  description:
    "Returns the services, oldest first. When there are more than `per_page`, the answer says which page it is.",
  method: "GET",
  path: "/services",
  action: "read-products",
  formats: xmlAndJson,
  query: Type.Object(pageQuery),
  response: servicesResponse,

  async handle({ pool }, call) {
    const {
      provider,
      caller: { reach },
      query,
    } = call;
    const page = parsePage(query);
    const products = await listProducts(pool, provider.id, { reach, limit: page.limit, offset: page.offset });
    const standing = pageMetadata(page, await countProducts(pool, provider.id, reach));
    return renderServices(await readServiceContext(pool, call), products, standing);
  },
};

export const createServiceOperation: Operation = {
  title: "Service Create",
  tag: "Services",
  description: "Makes a service, with a service plan for who is to use it. For admins and the provider key.",
  method: "POST",
  path: "/services",
  action: "create-products",
  formats: xmlAndJson,
  body: NewServiceSchema,
  wrapper: "service",
  ignored: ignoredServiceFields,
  response: serviceResponse,

  async handle({ pool }, call) {
    const { provider, values, by, adminUrl } = call;
    const { product } = requireSuccess(await createProduct(pool, { providerId: provider.id, values, by }));
    const context = await readServiceContext(pool, call);
    return {
      ...renderService(context, product),
      status: 201,
      location: `${adminUrl}/admin/api/services/${product.id}`,
    };
  },
};

export const readServiceOperation: Operation = {
  title: "Service Read",
  tag: "Services",
  description: "Returns a service.",
  method: "GET",
  path: "/services/{id}",
  action: "read-products",
  formats: xmlAndJson,
  response: serviceResponse,

  async handle({ pool }, call) {
    const product = requireSuccess(await readProduct(pool, call.provider.id, call.serviceId("id")));
    return renderService(await readServiceContext(pool, call), product);
  },
};

export const updateServiceOperation: Operation = {
  title: "Service Update",
  tag: "Services",
  description: "Changes a service. What is left out stays as it is, and so does `system_name`.",
  method: "PUT",
  path: "/services/{id}",
  action: "change-products",
  formats: xmlAndJson,
  body: ServiceChangeSchema,
  wrapper: "service",
  ignored: [...ignoredServiceFields, "system_name"],
  response: serviceResponse,

  async handle(needs, call) {
    const { state_event: stateEvent, ...values } = call.values;
    if (stateEvent === "mark_as_deleted") return markAsDeleted(needs, call, values);
    return renderService(await readServiceContext(needs.pool, call), await updateFields(needs, call, call.values));
  },
};

async function updateFields({ pool }: OperationNeeds, call: Call, values: Call["values"]) {
  const { provider, by } = call;
  const productId = call.serviceId("id");
  return requireSuccess(await updateProduct(pool, { providerId: provider.id, productId, values, by })).product;
}

/** The state event that stands for the deletion, with what else was sent. The answer is the last that is seen of it. */
async function markAsDeleted(needs: OperationNeeds, call: Call, values: Call["values"]): Promise<ApiResponse> {
  const { provider, by, caller } = call;
  requirePermission(caller, "delete-products", provider);
  const product = await updateFields(needs, call, values);
  const deleted = await deleteProduct(needs.pool, { provider, productId: product.id, by });
  if (deleted && "notAllowed" in deleted) {
    throw new Problem("invalid", { errors: { state_event: transitionErrors(product.state) } });
  }
  requireSuccess(deleted);
  return renderService(await readServiceContext(needs.pool, call), { ...product, state: "deleted" });
}

export const deleteServiceOperation: Operation = {
  title: "Service Delete",
  tag: "Services",
  description:
    "Deletes a service with its plans, subscriptions and applications, unless it is the last one. For admins and the provider key.",
  method: "DELETE",
  path: "/services/{id}",
  action: "delete-products",
  formats: xmlAndJson,
  otherErrors: [422], // of the last one, with a provider key

  async handle({ pool }, call) {
    const { provider, by, caller } = call;
    const outcome = await deleteProduct(pool, { provider, productId: call.serviceId("id"), by });
    if (outcome && "notAllowed" in outcome) {
      // 3scale asks a token's owner for the ability first, and a key only for the state.
      if (caller.actor.kind === "token") throw new Problem("role-missing");
      if (caller.actor.kind === "key") {
        const context = await readServiceContext(pool, call);
        return renderRefusedTransition({
          from: outcome.product.state,
          event: "mark_as_deleted",
          object: {
            xml: () => representProduct(outcome.product, context),
            json: () => productToJson(outcome.product, context, call.adminUrl),
          },
        });
      }
    }
    requireSuccess(outcome);
    return {};
  },
};
