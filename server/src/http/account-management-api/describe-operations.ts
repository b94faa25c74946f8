import type { TObject } from "typebox";
import { nameSchemas, type JsonObject } from "#platform/open-api/name-schemas.ts";
import type { Operation } from "./operation.ts";
import { parametersOf } from "./route-of-operation.ts";

const description = `Accounts, users, applications and the webhook, as 3scale's API has them.

Each path also takes an extension, \`.xml\` or \`.json\`; without one, \`Accept\` decides, and without that it is XML.
Bodies are forms, multipart forms or JSON. Where something is updated, PATCH does what PUT does.`;

const securitySchemes = {
  access_token: { type: "apiKey", in: "query", name: "access_token", description: "Acts as the token's user." },
  provider_key: { type: "apiKey", in: "query", name: "provider_key", description: "Acts without a user." },
  basic: { type: "http", scheme: "basic", description: "Either of them, as user name or as password." },
  bearer: { type: "http", scheme: "bearer", description: "Either of them." },
  session: {
    type: "apiKey",
    in: "cookie",
    name: "bellwire_admin",
    description: "The Admin Portal's session. What changes things also needs its token in `x-csrf-token`.",
  },
};

/** The OpenAPI document of `operations`. */
export function describeOperations(operations: readonly Operation[], version: string): JsonObject {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const operation of operations) {
    const isJsonOnly = !operation.formats.includes("xml");
    const path = `/admin/api${operation.path}${isJsonOnly ? ".json" : ""}`;
    (paths[path] ??= {})[operation.method.toLowerCase()] = describe(operation);
  }
  const document: JsonObject = JSON.parse(
    JSON.stringify({
      openapi: "3.1.0",
      info: { title: "Account Management API", version, description },
      paths,
      components: { securitySchemes },
      security: Object.keys(securitySchemes).map((name) => ({ [name]: [] })),
      tags: [...new Set(operations.map(({ tag }) => tag))].map((name) => ({ name })),
    }),
  );
  return nameSchemas(document);
}

const describe = ({ title, tag, says, path, texts, method, formats, query, body, answers }: Operation) => ({
  summary: title,
  operationId: title
    .toLowerCase()
    .replaceAll(/[^a-z]+/g, "-")
    .replace(/-$/, ""),
  tags: [tag],
  description: says,
  parameters: [...parametersInPath(path, texts), ...parametersInQuery(query)],
  ...(body ? { requestBody: { required: true, content: inEach(bodyTypes, body) } } : {}),
  responses: {
    [method === "POST" ? 201 : 200]: {
      description: answers ? "Done." : "Done. The answer is empty.",
      ...(answers
        ? { content: { ...(formats.includes("xml") ? xmlContent : {}), "application/json": { schema: answers } } }
        : {}),
    },
    403: { description: "Wrong credentials, or they may not do this." },
    ...(path.includes("{") ? { 404: { description: "There is no such thing." } } : {}),
    ...(body ? { 422: { description: "Some values are not acceptable: `errors` says which." } } : {}),
  },
});

const bodyTypes = ["application/x-www-form-urlencoded", "multipart/form-data", "application/json"];
const inEach = (types: readonly string[], schema: TObject) =>
  Object.fromEntries(types.map((type) => [type, { schema }]));

const xmlContent = { "application/xml": { schema: { type: "string" } } };

const parametersInPath = (path: string, texts: Operation["texts"]) =>
  parametersOf(path).map((name) => ({
    name,
    in: "path",
    required: true,
    schema: { type: texts?.includes(name) ? "string" : "integer" },
  }));

const parametersInQuery = (query: TObject | undefined) =>
  Object.entries(query?.properties ?? {}).map(([name, schema]) => ({
    name,
    in: "query",
    required: query?.required?.includes(name) ?? false,
    schema,
  }));
