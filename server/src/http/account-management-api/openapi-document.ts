import { text as textOf } from "node:stream/consumers";
import { type TObject, Type } from "typebox";
import { describeWebhooks, webhookHeaders, webhooksTag } from "#http/shared/describe-webhooks.ts";
import { Problem, type ProblemCode, problems } from "#http/shared/problem.ts";
import { indentXml } from "#platform/document/indent-xml.ts";
import { type JsonObject, nameSchemas } from "#platform/open-api/name-schemas.ts";
import { renderError } from "./error-responses.ts";
import type { Format } from "./negotiate-format.ts";
import type { Operation, Tag } from "./operation.ts";
import type { Body, ResponseDoc } from "./responses.ts";
import { parametersOf } from "./serve-operations.ts";

/** The OpenAPI document of `operations`, with what is sent to webhooks. */
export async function buildOpenApiDocument(operations: readonly Operation[], version: string): Promise<JsonObject> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const operation of operations) {
    const path = `/admin/api${operation.path}${operation.formats.includes("xml") ? "" : ".json"}`;
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
      tags,
    }),
  );
  return nameSchemas(document);
}

async function describeOperation(operation: Operation) {
  const { title, tag, says } = operation;
  const requestBody = describeBody(operation);
  return {
    summary: title,
    operationId: operationIdOf(title),
    tags: [tag],
    description: says,
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

const introduction = `Accounts, users, applications and the webhook, as 3scale's API has them.

Each path also takes an extension, \`.xml\` or \`.json\`; without one the parameter \`format\` decides, then \`Accept\`, and without
that it is XML. Bodies are forms, multipart forms or JSON. Where something is updated, PATCH does what PUT does.

XML is sent on one line; here it is shown with an element a line. What an operation changes is told to your
receivers: see *${webhooksTag.name}*.`;

const securitySchemes = {
  access_token: {
    type: "apiKey",
    in: "query",
    name: "access_token",
    description: "Acts as the token's user. In the query, or in the body as a field of this name.",
  },
  provider_key: {
    type: "apiKey",
    in: "query",
    name: "provider_key",
    description: "Acts without a user. In the query, or in the body as a field of this name.",
  },
  basic: { type: "http", scheme: "basic", description: "Either of them, as user name or as password." },
  bearer: { type: "http", scheme: "bearer", description: "Either of them." },
  session: {
    type: "apiKey",
    in: "cookie",
    name: "bellwire_admin",
    description: "The Admin Portal's session. What changes things also needs its token in `x-csrf-token`.",
  },
};

const tagDescriptions: Readonly<Record<Tag, string>> = {
  Webhooks: "Where what happens is sent to, and what could not be delivered.",
  Signup: "An account with all that belongs to it, at once.",
  Accounts: "The organisations of the developers who use your API.",
  Users: "The people of an account.",
  Applications: "What an account calls your API with.",
  "Application keys": "The secrets of an application, and the hosts that it may call from.",
  "Account plans": "On which terms accounts are held.",
  "Application plans": "On which terms a service may be used.",
  Services: "Your APIs.",
  "Access tokens": "What programs prove with whom they act for.",
  "Fields definitions": "What is kept of accounts, users and applications besides.",
  Settings: "What developers may do in the Developer Portal.",
  Provider: "Your own account and its people.",
};

const tags = [...Object.entries(tagDescriptions).map(([name, text]) => ({ name, description: text })), webhooksTag];

/** What tells the format where neither the path's extension nor a header does. */
const formatParameter = {
  name: "format",
  in: "query",
  required: false,
  description: "The format of the answer. The path's extension counts first; `Accept` counts where this is left out.",
  schema: { type: "string", enum: ["xml", "json"], default: "xml" },
};

const describeParameters = ({ path, texts, query, formats }: Operation): readonly object[] => [
  ...parametersInPath(path, texts),
  ...parametersInQuery(query),
  ...(formats.includes("xml") ? [{ $ref: "#/components/parameters/format" }] : []),
];

const parametersInPath = (path: string, texts: Operation["texts"]) =>
  parametersOf(path).map((name) => ({
    name,
    in: "path",
    required: true,
    description: describeInPath(path, name),
    schema: texts?.includes(name) ? { type: "string" } : { type: "integer" },
    example: exampleParameters[name] ?? exampleParameters[parameterOwner(path, name)] ?? 1,
  }));

/** Of the documentation's portal, where there is one. */
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
  "application plan": 11,
  "referrer filter": 51,
  "service contract": 61,
  "access token": 71,
  "fields definition": 2,
};

const describeInPath = (path: string, name: string): string => {
  const owner = parameterOwner(path, name);
  if (name === "key") return "The key itself.";
  return owner === "access token" ? "The access token's id, or its value." : `The ${owner}'s id.`;
};

/** `/accounts/{id}/approve` names an account. */
const parameterOwner = (path: string, name: string): string =>
  (new RegExp(`(\\w+)/\\{${name}\\}`).exec(path)?.[1] ?? "").replaceAll("_", " ").replace(/s$/, "");

const parametersInQuery = (query: TObject | undefined) =>
  Object.entries(query?.properties ?? {}).map(([name, schema]) => {
    const { description, ...rest } = { description: undefined, ...schema };
    return { name, in: "query", required: query?.required?.includes(name) ?? false, description, schema: rest };
  });

const mediaTypes = ["application/x-www-form-urlencoded", "multipart/form-data", "application/json"] as const;

/** What an operation is sent: in each media type the same schema, whose example is shown. */
function describeBody({ title, body, wrapper }: Operation): object | undefined {
  if (!body) return undefined;
  const { examples, ...schema }: { examples?: unknown; title: string } = { ...body, title: requestSchemaName(title) };
  const example: unknown = Array.isArray(examples) ? examples[0] : undefined;
  const content = Object.fromEntries(mediaTypes.map((type) => [type, { schema, example }]));
  return { required: true, ...(wrapper === undefined ? {} : { description: wrapperNote(wrapper) }), content };
}

/** "Account Update" sends an AccountUpdateRequest. */
const requestSchemaName = (title: string): string =>
  `${title.replaceAll(/[^A-Za-z]+(.?)/g, (_between, first: string) => first.toUpperCase())}Request`;

const wrapperNote = (wrapper: string): string =>
  `The fields may also stand below \`${wrapper}\`: as an object in JSON, as \`${wrapper}[…]\` in a form.`;

/** The answers that are no refusals. */
async function describeResponses({ method, formats, answers }: Operation): Promise<Record<number, object>> {
  if (!answers) return { 200: { description: "Done. The answer is empty." } };
  const content = await describeContent(answers, formats);
  if (method === "POST") return { 201: { description: "Made, as it is now.", headers: locationHeader, content } };
  return {
    200: { description: method === "GET" ? "As it is." : "As it is now.", headers: validatorHeaders, content },
    ...(method === "GET" ? { 304: { description: "You have this answer already, as your request says." } } : {}),
  };
}

async function describeContent({ schema, example }: ResponseDoc, formats: Operation["formats"]) {
  const xml = formats.includes("xml") ? await readAll(example.xml?.()) : undefined;
  const json: unknown = JSON.parse((await readAll(example.json?.())) ?? "null");
  return {
    ...(xml === undefined ? {} : { "application/xml": { schema: xmlText, example: indentXml(xml) } }),
    "application/json": { schema, example: json },
  };
}

async function readAll(body: Body | undefined): Promise<string | undefined> {
  const written = await body;
  return typeof written === "object" ? textOf(written) : written;
}

/** OpenAPI describes the shape of JSON; of XML the example tells. */
const xmlText = { type: "string", contentMediaType: "application/xml" };

const headerDoc = (text: string) => ({ description: text, schema: { type: "string" } });
const locationHeader = { Location: headerDoc("Where it can be read.") };
const validatorHeaders = {
  ETag: headerDoc("Send it back as `If-None-Match`, and an answer that has not changed is 304 and empty."),
  "Last-Modified": headerDoc(
    "Of a single thing: when it changed, itself and not what belongs to it. So `If-Modified-Since` is not looked at.",
  ),
};

interface ErrorResponse {
  readonly name: string;
  readonly says: string;
  /** The problems that are answered with this status, for their bodies. */
  readonly codes: readonly ProblemCode[];
}

const errorResponses = {
  400: {
    name: "Unreadable",
    says: "The request cannot be read, or something that it must say is missing.",
    codes: ["request-unreadable", "time-invalid", "parameter-missing", "parameter-unknown"],
  },
  403: {
    name: "Forbidden",
    says: "No credentials, or wrong ones; or they may not do this; or it cannot be deleted as things are. XML is empty where only the role is wrong.",
    codes: ["credentials-wrong", "permission-missing", "role-missing", "not-deletable"],
  },
  404: { name: "NotFound", says: "There is no such thing, or it is not yours. XML is empty.", codes: ["not-found"] },
  406: { name: "UnknownFormat", says: "There is no such format here.", codes: ["format-unknown"] },
  409: {
    name: "Conflict",
    says: "Somebody else was given this name or value in the same moment. The answer is empty.",
    codes: ["conflict"],
  },
  413: { name: "TooLarge", says: "The body is larger than a mebibyte.", codes: ["body-too-large"] },
  415: {
    name: "UnknownMediaType",
    says: "The body is neither a form nor JSON.",
    codes: ["media-type-unsupported"],
  },
  422: {
    name: "Invalid",
    says: "Some values are not acceptable, or its state does not allow this step.",
    codes: ["invalid", "parameter-type-wrong", "not-subscribable", "limit-reached"],
  },
  429: {
    name: "TooMany",
    says: "Too many wrong credentials, or changes of an account. `Retry-After` says how many seconds to wait.",
    codes: ["too-many-bad-credentials", "too-many-changes"],
  },
  503: {
    name: "Away",
    says: "The database is away, or has no room left. Nothing is half done.",
    codes: ["database-away", "database-full", "too-busy"],
  },
  500: { name: "Broken", says: "Something went wrong on our side.", codes: ["internal"] },
} as const satisfies Record<number, ErrorResponse>;

type Status = keyof typeof errorResponses;

/** Which refusals an operation can answer, by what it takes and does. */
function errorRefs({ path, texts, query, body, formats, also }: Operation): Record<number, object> {
  const readsText = body !== undefined || query !== undefined || texts !== undefined;
  const mayMiss = path.includes("{") || also?.includes(404) === true;
  const mayRefuse = body !== undefined || also?.includes(422) === true;
  const statuses: readonly Status[] = [
    ...(readsText ? [400 as const] : []),
    403,
    ...(mayMiss ? [404 as const] : []),
    406,
    ...(body ? ([409, 413, 415] as const) : []),
    ...(mayRefuse ? [422 as const] : []),
    429,
    500,
    503,
  ];
  const variant = formats.includes("xml") ? "" : "InJson";
  return Object.fromEntries(
    statuses.map((status) => [status, { $ref: `#/components/responses/${errorResponses[status].name}${variant}` }]),
  );
}

/** The refusals of all operations, by name. Those of operations without XML have none either. */
const describeErrors = (): Record<string, object> =>
  Object.fromEntries(
    Object.values(errorResponses).flatMap((each) => [
      [each.name, describeError(each, ["xml", "json"])],
      [`${each.name}InJson`, describeError(each, ["json"])],
    ]),
  );

function describeError({ says, codes }: ErrorResponse, formats: readonly Format[]): object {
  const content: Record<string, { schema: unknown; examples: Record<string, object> }> = {};
  for (const code of codes) {
    for (const format of formats) {
      const { text, isPlain } = renderError(new Problem(code, exampleDetails[code]), format, "req-1");
      if (text === "" && isEmptyInAllFormats(code)) continue;
      const { type, schema, value } = isPlain ? { ...plain, value: text } : describeBodyIn(text, format);
      (content[type] ??= { schema, examples: {} }).examples[code] = { summary: problems[code].says, value };
    }
  }
  return { description: says, ...(Object.keys(content).length > 0 ? { content } : {}) };
}

/** Such answers have no documented content. Others are empty in XML only, and name their type all the same. */
const isEmptyInAllFormats = (code: ProblemCode): boolean =>
  renderError(new Problem(code, exampleDetails[code]), "json", "req-1").text === "";

const plain = { type: "text/plain", schema: { type: "string" } };

function describeBodyIn(text: string, format: Format) {
  if (format === "xml") return { type: "application/xml", schema: xmlText, value: text === "" ? "" : indentXml(text) };
  const value: unknown = JSON.parse(text);
  return { type: "application/json", schema: ErrorSchema, value };
}

/** What such problems also tell. */
const exampleDetails: Partial<Record<ProblemCode, ConstructorParameters<typeof Problem>[1]>> = {
  invalid: { errors: { org_name: ["can't be blank"], email: ["has already been taken"] } },
  "not-deletable": { errors: { base: ["Can't delete last admin"] } },
  "parameter-missing": { detail: "Required parameter missing: web_hook" },
  "parameter-type-wrong": { detail: "Wrong type for parameter: web_hook" },
  "parameter-unknown": { detail: "A parameter is not known here: tiem." },
};

const RefusedStep = Type.Object({
  from: Type.String({ description: "The state that it is in." }),
  event: Type.String({ description: "The step that does not lead on from there." }),
  error: Type.String(),
  object: Type.Record(Type.String(), Type.Unknown(), { description: "The thing itself." }),
});

const ErrorSchema = Type.Object(
  {
    error: Type.Optional(Type.Union([Type.String(), RefusedStep])),
    errors: Type.Optional(
      Type.Record(Type.String(), Type.Array(Type.String()), { description: "What is wrong, by field." }),
    ),
    status: Type.Optional(Type.String()),
  },
  { title: "Refusal", description: "One of these says why." },
);
