import type { FastifyInstance } from "fastify";
import { type Json, type JsonObject, isJsonObject } from "#platform/document.ts";
import {
  describeOperationalWebhooks,
  describeRoutes,
  describeWebhooks,
  repetitionSays,
  webhookHeaders,
  webhooksTag,
} from "../shared/open-api.ts";
import { describeTags } from "../shared/operation.ts";
import { Problem, problems, ProblemSchema, representProblem, type ProblemCode } from "../shared/problem.ts";
import { deliveryLagSays } from "../shared/delivery-lag.ts";
import { examples } from "./examples.ts";

/** Starts the OpenAPI document of the Bellwire API. Call it before its routes are added. */
export function describeBellwireApi(
  http: FastifyInstance,
  groups: Parameters<typeof describeTags>[0],
  version: string,
): Promise<() => JsonObject> {
  return describeRoutes(http, {
    title: "Bellwire API",
    version,
    complete: completeDocument,
    description:
      "Endpoints, events, deliveries, failures and bins. JSON, in snake_case. Lists return `limit` objects at a time and a " +
      "cursor, `next`, for the next page. Errors are `application/problem+json` (RFC 9457) with a stable `code`. " +
      `${repetitionSays} ${deliveryLagSays}`,
    securitySchemes: {
      token: { type: "http", scheme: "bearer", description: "An access token with the scope `account_management`." },
      session: {
        type: "apiKey",
        in: "cookie",
        name: "bellwire_admin",
        description: "The Admin Portal's session. Requests that change data also need its token in `x-csrf-token`.",
      },
    },
    tags: [...describeTags(groups), webhooksTag],
  });
}

/** Adds examples, common refusals and the webhooks to the document that Fastify generates from the routes. */
function completeDocument(document: JsonObject): object {
  const components = fieldsOf(document["components"]);
  const parameters = { ...fieldsOf(components["parameters"]), ...webhookHeaders };
  const paths = mapValues(fieldsOf(document["paths"]), (item) =>
    mapValues(fieldsOf(item), (operation, method) =>
      completeOperation(operation, { method, schemas: fieldsOf(components["schemas"]) }),
    ),
  );
  return {
    ...document,
    servers: [{ url: "/", description: "The host of the Admin Portal." }],
    paths,
    webhooks: { ...describeWebhooks(), ...describeOperationalWebhooks() },
    components: { ...components, parameters, responses: refusals() },
  };
}

/** The refusals by status: their name, description and problem codes. */
const refused: Readonly<Record<string, readonly [name: string, description: string, ...codes: ProblemCode[]]>> = {
  400: [
    "Unreadable",
    "The request cannot be read, as text that is not UTF-8, or has an unknown query parameter.",
    "request-unreadable",
    "parameter-unknown",
    "idempotency-key-invalid",
  ],
  401: ["Unauthorized", "The credentials are missing or wrong.", "credentials-missing", "credentials-wrong"],
  403: ["Forbidden", "The credentials do not permit this.", "permission-missing", "role-missing", "webhooks-denied"],
  404: ["NotFound", "The object does not exist or belongs to another provider.", "not-found"],
  409: [
    "Conflict",
    "The request conflicts with the current state, or a request with this idempotency key has no response yet.",
    "conflict",
    "idempotency-key-in-use",
    "response-lost",
  ],
  413: ["TooLarge", "The body is larger than 1 MiB.", "body-too-large"],
  415: ["UnknownMediaType", "The body is not JSON.", "media-type-unsupported"],
  422: [
    "Invalid",
    "Some values are invalid, which `errors` lists by field, or the idempotency key is that of another request.",
    "invalid",
    "limit-reached",
    "idempotency-key-reused",
  ],
  429: [
    "TooMany",
    "Too many wrong credentials, too many changes of an account, or too many emails to a person. `Retry-After` gives the seconds to wait.",
    "too-many-bad-credentials",
    "too-many-changes",
    "too-many-requests",
  ],
  500: ["Broken", "An internal error occurred.", "internal"],
  503: [
    "Away",
    "The database is unavailable or full, or too many password checks are running. No change is partly done.",
    "database-away",
    "database-full",
    "too-busy",
  ],
};

const refusals = (): Record<string, object> =>
  Object.fromEntries(Object.values(refused).map((each) => [each[0], describeRefusal(each)]));

function describeRefusal([, description, ...codes]: (typeof refused)[string]): object {
  const problemExamples = codes.map((code) => {
    const problem = new Problem(code, code === "invalid" ? { errors: { name: ["is required"] } } : {});
    return [code, { summary: problems[code].title, value: representProblem(problem, "req-1") }];
  });
  const content = {
    "application/problem+json": { schema: ProblemSchema, examples: Object.fromEntries(problemExamples) },
  };
  return { description, content };
}

/** Statuses that every route may return. */
const fromAny = ["400", "401", "403", "429", "500", "503"];

interface Described {
  readonly method: string;
  readonly schemas: JsonObject;
}

function completeOperation(described: Json, { method, schemas }: Described): object {
  const operation = fieldsOf(described);
  const { operationId } = operation;
  const example = (typeof operationId === "string" && examples[operationId]) || {};
  const body = fieldsOf(operation["requestBody"]);
  const takes = operation["requestBody"] !== undefined;
  const mayCarryBody = method !== "get"; // a body where none is taken is refused
  const isChecked = mayCarryBody || Array.isArray(operation["parameters"]);
  const own = Object.entries(fieldsOf(operation["responses"]));
  const statuses = new Set([
    ...own.map(([status]) => status).filter((status) => status in refused),
    ...fromAny,
    ...(hasPathParameter(operation["parameters"]) ? ["404"] : []),
    ...(isChecked ? ["422"] : []),
    ...(mayCarryBody ? ["409", "413", "415"] : []),
  ]);
  return {
    ...operation,
    ...(takes
      ? {
          requestBody: {
            ...body,
            required: hasRequiredField(body, schemas),
            content: withExample(body["content"], () => example.body),
          },
        }
      : {}),
    responses: {
      ...Object.fromEntries(
        own
          .filter(([status]) => !(status in refused))
          .map(([status, response]) => [status, answered(response, status, example)]),
      ),
      ...Object.fromEntries(
        [...statuses].map((status) => [status, { $ref: `#/components/responses/${refused[status]?.[0]}` }]),
      ),
    },
  };
}

const hasPathParameter = (parameters: Json | undefined): boolean =>
  Array.isArray(parameters) && parameters.some((parameter: Json) => fieldsOf(parameter)["in"] === "path");

/** A request without a body counts as an empty object, which suffices if no field is required. */
const hasRequiredField = (body: JsonObject, schemas: JsonObject): boolean =>
  Object.values(fieldsOf(body["content"])).some((media) => {
    const { $ref, ...schema } = fieldsOf(fieldsOf(media)["schema"]);
    const { required } = typeof $ref === "string" ? fieldsOf(schemas[$ref.split("/").at(-1) ?? ""]) : schema;
    return Array.isArray(required) && required.length > 0;
  });

function answered(response: Json, status: string, { answer, answers = {} }: (typeof examples)[string]): object {
  const { content, ...rest } = fieldsOf(response);
  return content === undefined
    ? rest
    : { ...rest, content: withExample(content, (type) => answers[type] ?? answers[status] ?? answer) };
}

const withExample = (content: Json | undefined, exampleIn: (type: string) => unknown): object =>
  Object.fromEntries(
    Object.entries(fieldsOf(content)).map(([type, media]) => [type, { ...fieldsOf(media), example: exampleIn(type) }]),
  );

const mapValues = <Value, Result>(
  values: Readonly<Record<string, Value>>,
  convert: (value: Value, name: string) => Result,
): Record<string, Result> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, convert(value, name)]));

const fieldsOf = (json: Json | undefined): JsonObject => (isJsonObject(json) ? json : {});
