import { Type } from "typebox";
import { Problem } from "#http/shared/problem.ts";
import { requestLimits } from "#platform/limits.ts";
import { renderXmlDocument } from "#platform/xml.ts";
import { propertySchemas } from "#portal/fields/index.ts";
import {
  type ApiSpecification,
  apiSpecificationFields,
  createSpecification,
  deleteSpecification,
  listSpecifications,
  readSpecification,
  readSpecifications,
  representSpecification,
  specificationToJson,
  updateSpecification,
} from "#portal/products/index.ts";
import { exampleProvider, exampleSpecification } from "./example-portal.ts";
import type { Call, Operation } from "./operation.ts";
import {
  type ApiResponse,
  idSchema,
  type Items,
  optionalText,
  readInBatches,
  renderJson,
  renderJsonList,
  renderXmlList,
  requireSuccess,
  type ResponseDoc,
  timestamps,
} from "./responses.ts";

type SpecificationContext = Pick<Call, "provider">;

const pathOf = ({ id }: ApiSpecification): string => `/active_docs/${id}`;

const renderSpecification = ({ provider }: SpecificationContext, specification: ApiSpecification): ApiResponse => ({
  xml: () => renderXmlDocument(representSpecification(specification, provider)),
  json: () => renderJson(specificationToJson(specification, provider)),
  lastModified: specification.updatedAt,
});

const renderSpecifications = (
  { provider }: SpecificationContext,
  specifications: Items<ApiSpecification>,
): ApiResponse => ({
  xml: () => renderXmlList("api_docs", specifications, (each) => representSpecification(each, provider)),
  json: () => renderJsonList("api_docs", specifications, (each) => specificationToJson(each, provider)),
});

const SpecificationSchema = Type.Object({
  api_doc: Type.Object(
    {
      id: idSchema,
      system_name: Type.String(),
      name: Type.String(),
      description: optionalText,
      published: Type.Boolean(),
      skip_swagger_validations: Type.Boolean(),
      body: Type.String(),
      service_id: Type.Optional(Type.Integer({ description: "Absent if it belongs to no service." })),
      ...timestamps,
    },
    { title: "ApiDoc", description: "An API specification." },
  ),
});

const exampleContext = { provider: exampleProvider };

const response: ResponseDoc = {
  schema: SpecificationSchema,
  example: renderSpecification(exampleContext, exampleSpecification),
};

/** Columns of 3scale's specifications that requests cannot set. */
const ignored = ["account_id", "base_path", "created_at", "swagger_version", "tenant_id", "updated_at"];

const wrapper = "api_docs_service";
const bodyBytesMax = requestLimits.specificationBodyBytes.max;

/** Bodies in memory at once: 4 MiB. */
const readAtOnce = 4;

const listOperation: Operation = {
  title: "ActiveDocs Spec List",
  description: "Lists your specifications with their bodies, oldest first.",
  method: "GET",
  path: "/active_docs",
  action: "read-specifications",
  response: {
    schema: Type.Object({ api_docs: Type.Array(SpecificationSchema) }),
    example: renderSpecifications(exampleContext, [exampleSpecification]),
  },

  async handle({ pool }, call) {
    const { provider, caller } = call;
    const listed = await listSpecifications(pool, provider.id, caller.productScope);
    const ids = listed.map(({ id }) => id);
    const read = (some: readonly number[]) => readSpecifications(pool, provider.id, some);
    return renderSpecifications(call, readInBatches(ids, read, readAtOnce));
  },
};

const createOperation: Operation = {
  title: "ActiveDocs Spec Create",
  description:
    "Creates a specification, hidden from developers unless `published`. Errors of `body` name the first wrong part of it.",
  method: "POST",
  path: "/active_docs",
  action: "change-specifications",
  body: Type.Object(propertySchemas(apiSpecificationFields, "complete"), {
    examples: [{ name: "Tides", body: exampleSpecification.body, published: true }],
  }),
  bodyBytesMax,
  wrapper,
  ignored,
  response,

  async handle({ pool, validateSpecification: validate }, call) {
    const { provider, values, by } = call;
    const outcome = await createSpecification(pool, { providerId: provider.id, values, by, validate });
    if (outcome === "no such service") throw new Problem("service-not-found");
    const { specification } = requireSuccess(outcome);
    return { ...renderSpecification(call, specification), location: pathOf(specification) };
  },
};

const readOperation: Operation = {
  title: "ActiveDocs Spec Read",
  description: "Returns a specification.",
  method: "GET",
  path: "/active_docs/{id}",
  action: "read-specifications",
  response,

  async handle({ pool }, call) {
    const { provider, caller, id } = call;
    const key = { providerId: provider.id, id: id("id"), productScope: caller.productScope };
    return renderSpecification(call, requireSuccess(await readSpecification(pool, key)));
  },
};

const updateOperation: Operation = {
  title: "ActiveDocs Spec Update",
  description: "Updates a specification. Absent fields keep their values, and the system name cannot be changed.",
  method: "PUT",
  path: "/active_docs/{id}",
  action: "change-specifications",
  body: Type.Object(propertySchemas(apiSpecificationFields, "change"), { examples: [{ published: false }] }),
  bodyBytesMax,
  wrapper,
  ignored: [...ignored, "system_name"],
  response,

  async handle({ pool, validateSpecification: validate }, call) {
    const { provider, values, by, id } = call;
    const update = { providerId: provider.id, id: id("id"), values, by, validate };
    const outcome = await updateSpecification(pool, update);
    if (outcome === "no such service") throw new Problem("service-not-found");
    return renderSpecification(call, requireSuccess(outcome).specification);
  },
};

const deleteOperation: Operation = {
  title: "ActiveDocs Spec Delete",
  description: "Deletes a specification.",
  method: "DELETE",
  path: "/active_docs/{id}",
  action: "change-specifications",

  async handle({ pool }, { provider, by, id }) {
    requireSuccess(await deleteSpecification(pool, { providerId: provider.id, id: id("id"), by }));
    return {};
  },
};

export const specificationOperations: readonly Operation[] = [
  listOperation,
  createOperation,
  readOperation,
  updateOperation,
  deleteOperation,
];
