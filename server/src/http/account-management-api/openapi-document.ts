import { text as readStream } from "node:stream/consumers";
import { type TObject, Type } from "typebox";
import { describeWebhooks, nameSchemas, repetitionSays, webhookHeaders, webhooksTag } from "#http/shared/open-api.ts";
import {
  describeTags,
  type OperationGroup,
  pathParameters,
  type Tagged,
  tagOperations,
} from "#http/shared/operation.ts";
import { Problem, type ProblemCode, problems } from "#http/shared/problem.ts";
import type { JsonObject } from "#platform/document.ts";
import { indentXml } from "#platform/xml.ts";
import { deliveryLagSays } from "#http/shared/delivery-lag.ts";
import { type Body, type Format, renderError, type ResponseDoc } from "./responses.ts";
import type { Operation } from "./operation.ts";

/** Builds the OpenAPI document of the groups' operations, webhook events included. */
export async function buildOpenApiDocument(
  groups: readonly OperationGroup<Operation>[],
  version: string,
): Promise<JsonObject> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const operation of tagOperations(groups)) {
    const path = `/admin/api${operation.path}${operation.isJsonOnly ? ".json" : ""}`;
    (paths[path] ??= {})[operation.method.toLowerCase()] = await describeOperation(operation);
  }
  const document: JsonObject = JSON.parse(
    JSON.stringify({
      openapi: "3.1.1",
      info: { title: "Account Management API", version, description: introduction },
      servers: [{ url: "/", description: "The host of the Admin Portal." }],
      paths,
      webhooks: describeWebhooks(),
      components: {
        securitySchemes,
        parameters: { format: formatParameter, ...webhookHeaders },
        responses: describeErrors(),
      },
      security: Object.keys(securitySchemes).map((name) => ({ [name]: [] })),
      tags: [...describeTags(groups), webhooksTag],
    }),
  );
  return nameSchemas(document);
}

async function describeOperation(operation: Tagged<Operation>) {
  const { title, tag, description } = operation;
  const requestBody = describeBody(operation);
  return {
    summary: title,
    operationId: operationIdOf(title),
    tags: [tag],
    description,
    parameters: describeParameters(operation),
    ...(requestBody ? { requestBody } : {}),
    responses: { ...(await describeResponses(operation)), ...errorRefs(operation) },
  };
}

const operationIdOf = (title: string): string =>
  title
    .toLowerCase()
    .replaceAll(/[^a-z]+/g, "-")
    .replace(/-$/, "");

const introduction = `Accounts, users, applications and the webhook, compatible with 3scale's Account Management API.

Each path also takes an extension, \`.xml\` or \`.json\`. Without one, the parameter \`format\` selects the format, then \`Accept\`;
the default is XML. Bodies are forms, multipart forms or JSON. PATCH is a synonym of PUT for updates.

Unknown parameters are ignored, except by new access tokens and the deletion of failures. White space around a text is
removed, except in annotations, passwords and API specifications.

${repetitionSays}

XML is sent on one line; the examples here are indented. Changes made through this API send webhook events:
see *${webhooksTag.name}*. ${deliveryLagSays}`;

const securitySchemes = {
  access_token: {
    type: "apiKey",
    in: "query",
    name: "access_token",
    description: "Acts as the token's user. In the query, or in the body as a field of the same name.",
  },
  provider_key: {
    type: "apiKey",
    in: "query",
    name: "provider_key",
    description: "Acts without a user. In the query, or in the body as a field of the same name.",
  },
  basic: { type: "http", scheme: "basic", description: "Either of them, as user name or as password." },
  bearer: { type: "http", scheme: "bearer", description: "Either of them." },
  session: {
    type: "apiKey",
    in: "cookie",
    name: "bellwire_admin",
    description: "The Admin Portal's session. Requests that change data also need its CSRF token in `x-csrf-token`.",
  },
};

const formatParameter = {
  name: "format",
  in: "query",
  required: false,
  description: "The format of the response. The path's extension takes precedence; `Accept` applies if this is absent.",
  schema: { type: "string", enum: ["xml", "json"], default: "xml" },
};

const describeParameters = ({ path, textParameters, query, isJsonOnly }: Operation): readonly object[] => [
  ...describePath(path, textParameters),
  ...describeQuery(query),
  ...(isJsonOnly ? [] : [{ $ref: "#/components/parameters/format" }]),
];

const describePath = (path: string, textParameters: Operation["textParameters"]) =>
  pathParameters(path).map((name) => {
    const example = exampleParameters[name] ?? exampleParameters[parameterOwner(path, name)] ?? 1;
    const isText = textParameters?.includes(name);
    return {
      name,
      in: "path",
      required: true,
      description: describePathParameter(path, name),
      schema: isText ? { type: "string" } : { type: "integer" },
      example: isText ? String(example) : example,
    };
  });

/** The ids in example-portal.ts. */
const exampleParameters: Readonly<Record<string, string | number>> = {
  account_id: 31,
  application_id: 41,
  service_id: 7,
  user_id: 3,
  key: "3b1f7c52a9e04d1f8c6b2a7d5e9f0a13",
  account: 31,
  user: 21,
  application: 41,
  service: 7,
  "account plan": 9,
  "service plan": 10,
  "application plan": 11,
  feature: 81,
  "active doc": 91,
  "referrer filter": 51,
  "service contract": 61,
  "service subscription": 61,
  "access token": 71,
  "authentication provider": 91,
  "fields definition": 2,
};

const describePathParameter = (path: string, name: string): string => {
  const owner = parameterOwner(path, name);
  if (name === "key") return "The key itself.";
  if (owner === "active doc") return "The specification's id.";
  return owner === "access token" ? "The access token's id, or its value." : `The ${owner}'s id.`;
};

/** Returns the object that a path parameter identifies: "account" for `id` in `/accounts/{id}/approve`. */
const parameterOwner = (path: string, name: string): string =>
  (new RegExp(`(\\w+)/\\{${name}\\}`).exec(path)?.[1] ?? "").replaceAll("_", " ").replace(/s$/, "");

const describeQuery = (query: TObject | undefined) =>
  Object.entries(query?.properties ?? {}).map(([name, property]) => {
    const { description, ...schema } = { description: undefined, ...property };
    return { name, in: "query", required: query?.required?.includes(name) ?? false, description, schema };
  });

const formType = "application/x-www-form-urlencoded";
const mediaTypes = [formType, "multipart/form-data", "application/json"] as const;

function describeBody({ title, body, wrapper }: Operation): object | undefined {
  if (!body) return undefined;
  const { examples, ...schema }: { examples?: unknown; title: string } = { ...body, title: requestSchemaName(title) };
  const example: unknown = Array.isArray(examples) ? examples[0] : undefined;
  const form = { schema, example, ...describeEncoding(body) };
  const content = Object.fromEntries(mediaTypes.map((type) => [type, type === formType ? form : { schema, example }]));
  return { required: true, ...(wrapper === undefined ? {} : { description: describeWrapper(wrapper) }), content };
}

/** Lists repeat their field, objects name their properties in brackets. Some programs send JSON text where nothing says so. */
const fieldEncodings: Readonly<Record<string, object>> = {
  array: { style: "form", explode: true },
  object: { style: "deepObject", explode: true },
};

function describeEncoding({ properties }: TObject): { readonly encoding?: object } {
  const encoded = Object.entries(properties).flatMap(([name, property]) => {
    const { type }: { type?: string } = property;
    const encoding = fieldEncodings[type ?? ""];
    return encoding ? [[name, encoding] as const] : [];
  });
  return encoded.length > 0 ? { encoding: Object.fromEntries(encoded) } : {};
}

/** Returns `AccountUpdateRequest` for "Account Update". */
const requestSchemaName = (title: string): string =>
  `${title.replaceAll(/[^A-Za-z]+(.?)/g, (_separator, first: string) => first.toUpperCase())}Request`;

const describeWrapper = (wrapper: string): string =>
  `The fields may also be nested in \`${wrapper}\`: an object in JSON, \`${wrapper}[…]\` in a form.`;

async function describeResponses({ method, isJsonOnly, response }: Operation): Promise<Record<number, object>> {
  if (!response) return { 200: { description: "Done. The response is empty." } };
  const content = await describeContent(response, isJsonOnly);
  if (method === "POST") return { 201: { description: "Created.", headers: locationHeader, content } };
  return {
    200: { description: method === "GET" ? "Found." : "Updated.", headers: validatorHeaders, content },
    ...(method === "GET" ? { 304: { description: "Unchanged since the response with this ETag." } } : {}),
  };
}

async function describeContent({ schema, example }: ResponseDoc, isJsonOnly: Operation["isJsonOnly"]) {
  const xml = isJsonOnly ? undefined : await readBody(example.xml?.());
  const json: unknown = JSON.parse((await readBody(example.json?.())) ?? "null");
  return {
    ...(xml === undefined ? {} : { "application/xml": { schema: xmlSchema, example: indentXml(xml) } }),
    "application/json": { schema, example: json },
  };
}

async function readBody(body: Body | undefined): Promise<string | undefined> {
  return typeof body === "object" ? readStream(body) : body;
}

/** OpenAPI schemas describe JSON. XML has an example only. */
const xmlSchema = { type: "string", contentMediaType: "application/xml" };

const headerDoc = (description: string) => ({ description, schema: { type: "string" } });
const locationHeader = { Location: headerDoc("The URL of the new object.") };
const validatorHeaders = {
  ETag: headerDoc("Send it as `If-None-Match` to get 304 with an empty body while the response is unchanged."),
  "Last-Modified": headerDoc(
    "The last update of a single object, without the objects that belong to it. `If-Modified-Since` is therefore ignored.",
  ),
};

interface ErrorResponse {
  readonly name: string;
  readonly description: string;
  /** The problems with this status, each with an example. */
  readonly codes: readonly ProblemCode[];
}

const errorResponses = {
  400: {
    name: "Unreadable",
    description: "The request cannot be parsed, or a required parameter is missing.",
    codes: ["request-unreadable", "time-invalid", "parameter-missing", "parameter-unknown", "idempotency-key-invalid"],
  },
  403: {
    name: "Forbidden",
    description:
      "The credentials are missing, wrong or insufficient, or the object cannot be deleted in its current state. XML is empty if only the role is insufficient.",
    codes: ["credentials-wrong", "permission-missing", "role-missing", "not-deletable"],
  },
  404: {
    name: "NotFound",
    description: "The object does not exist, or belongs to another provider. XML is empty.",
    codes: ["not-found"],
  },
  406: { name: "UnknownFormat", description: "The format is not supported here.", codes: ["format-unknown"] },
  409: {
    name: "Conflict",
    description:
      "A concurrent request took this name or value: the response is empty. Or a request with this idempotency key has no response yet.",
    codes: ["conflict", "idempotency-key-in-use", "response-lost"],
  },
  413: {
    name: "TooLarge",
    description: "The body is larger than 1 MiB, or 4 MiB with a specification.",
    codes: ["body-too-large"],
  },
  415: {
    name: "UnknownMediaType",
    description: "The body is neither a form nor JSON.",
    codes: ["media-type-unsupported"],
  },
  422: {
    name: "Invalid",
    description:
      "Some values are invalid, the object's state does not allow this transition, or the idempotency key is that of another request.",
    codes: [
      "invalid",
      "parameter-type-wrong",
      "not-subscribable",
      "service-not-found",
      "limit-reached",
      "idempotency-key-reused",
    ],
  },
  429: {
    name: "TooMany",
    description:
      "Too many wrong credentials, too many changes of an account, or too many emails to a person. `Retry-After` is the wait in seconds.",
    codes: ["too-many-bad-credentials", "too-many-changes", "too-many-requests"],
  },
  503: {
    name: "Away",
    description: "The database is unavailable or full. Nothing was changed in part.",
    codes: ["database-away", "database-full", "too-busy"],
  },
  500: { name: "Broken", description: "An internal error.", codes: ["internal"] },
} as const satisfies Record<number, ErrorResponse>;

type ErrorStatus = keyof typeof errorResponses;

/** Returns references to the errors that an operation can answer, by its input and its method. */
function errorRefs({
  method,
  path,
  textParameters,
  query,
  body,
  isJsonOnly,
  otherErrors = [],
}: Operation): Record<number, object> {
  const mayHaveKey = method !== "GET";
  const hasTextInput = query !== undefined || textParameters !== undefined;
  const mayBeMissing = path.includes("{") || otherErrors.includes(404);
  const statuses: readonly ErrorStatus[] = [
    ...(hasTextInput || mayHaveKey ? [400 as const] : []),
    403,
    ...(mayBeMissing ? [404 as const] : []),
    406,
    ...(mayHaveKey ? [409 as const] : []),
    ...(body ? ([413, 415] as const) : []),
    ...(mayHaveKey || otherErrors.includes(422) ? [422 as const] : []),
    429,
    500,
    503,
  ];
  const variant = isJsonOnly ? "InJson" : "";
  return Object.fromEntries(
    statuses.map((status) => [status, { $ref: `#/components/responses/${errorResponses[status].name}${variant}` }]),
  );
}

/** Describes the errors of all operations, by name, once for both formats and once for JSON only. */
const describeErrors = (): Record<string, object> =>
  Object.fromEntries(
    Object.values(errorResponses).flatMap((error) => [
      [error.name, describeError(error, ["xml", "json"])],
      [`${error.name}InJson`, describeError(error, ["json"])],
    ]),
  );

function describeError({ description, codes }: ErrorResponse, formats: readonly Format[]): object {
  const content: Record<string, { schema: unknown; examples: Record<string, object> }> = {};
  for (const code of codes) {
    for (const format of formats) {
      const { text, isPlain } = renderError(new Problem(code, exampleDetails[code]), format, "req-1");
      if (text === "" && isEmptyInAllFormats(code)) continue;
      const { type, schema, value } = isPlain ? { ...plainText, value: text } : describeErrorBody(text, format);
      (content[type] ??= { schema, examples: {} }).examples[code] = { summary: problems[code].title, value };
    }
  }
  return { description, ...(Object.keys(content).length > 0 ? { content } : {}) };
}

/** Errors that are empty in both formats have no content. Those that are empty in XML only still have a media type. */
const isEmptyInAllFormats = (code: ProblemCode): boolean =>
  renderError(new Problem(code, exampleDetails[code]), "json", "req-1").text === "";

const plainText = { type: "text/plain", schema: { type: "string" } };

function describeErrorBody(text: string, format: Format) {
  if (format === "xml") {
    return { type: "application/xml", schema: xmlSchema, value: text === "" ? "" : indentXml(text) };
  }
  const value: unknown = JSON.parse(text);
  return { type: "application/json", schema: ErrorSchema, value };
}

const exampleDetails: Partial<Record<ProblemCode, ConstructorParameters<typeof Problem>[1]>> = {
  invalid: { errors: { org_name: ["can't be blank"], email: ["has already been taken"] } },
  "not-deletable": { errors: { base: ["Can't delete last admin"] } },
  "parameter-missing": { detail: "Required parameter missing: web_hook" },
  "parameter-type-wrong": { detail: "Wrong type for parameter: web_hook" },
  "parameter-unknown": { detail: "Unknown parameters: tiem." },
};

const RefusedTransitionSchema = Type.Object({
  from: Type.String({ description: "The object's current state." }),
  event: Type.String({ description: "The transition that this state does not allow." }),
  error: Type.String(),
  object: Type.Record(Type.String(), Type.Unknown(), { description: "The object, unchanged." }),
});

const ErrorSchema = Type.Object(
  {
    error: Type.Optional(Type.Union([Type.String(), RefusedTransitionSchema])),
    errors: Type.Optional(
      Type.Record(Type.String(), Type.Array(Type.String()), { description: "The error messages, by field." }),
    ),
    status: Type.Optional(Type.String()),
  },
  { title: "Refusal", description: "One of these fields gives the reason." },
);
