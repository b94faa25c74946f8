import type { FastifyInstance, FastifyRequest } from "fastify";
import Schema from "typebox/schema";
import { fieldsOf, follow, type Fields } from "./open-api.ts";

/**
 * Records each response that the OpenAPI document does not describe: its status, its media type, or its JSON. Call it before
 * routes are added; read the records when all requests are answered.
 */
export function watchAnswers(http: FastifyInstance, document: () => Promise<Fields>): readonly string[] {
  const mismatches = new Set<string>();
  const list: string[] = [];
  http.addHook("onSend", async (request, reply, payload) => {
    const description = await document();
    const operation = operationOf(description, request);
    if (!operation) return;
    const type = String(reply.getHeader("content-type")).split(";", 1)[0] ?? "";
    const wrong = findMismatch(description, operation, { status: reply.statusCode, type, text: textOf(payload) });
    const mismatch = wrong && `${request.method} ${request.routeOptions.url}: ${wrong}`;
    if (mismatch === undefined || mismatches.has(mismatch)) return;
    mismatches.add(mismatch);
    list.push(mismatch);
  });
  return list;
}

/** PATCH is documented as PUT; an extension is not part of the path. */
function operationOf(document: Fields, { method, routeOptions }: FastifyRequest): Fields | undefined {
  const path = (routeOptions.url ?? "").replace(/\.:extension$/, "").replaceAll(/:(\w+)/g, "{$1}");
  const paths = fieldsOf(document["paths"]);
  const item = fieldsOf(paths[path] ?? paths[`${path}.json`]);
  const operation = item[method.toLowerCase()] ?? (method === "PATCH" ? item["put"] : undefined);
  return operation === undefined ? undefined : fieldsOf(operation);
}

/** Statuses and methods without a body in HTTP. */
const hasNoBody = new Set([204, 304]);

interface Sent {
  readonly status: number;
  readonly type: string;
  /** Undefined for bytes that are not text. */
  readonly text: string | undefined;
}

function findMismatch(document: Fields, operation: Fields, { status, type, text }: Sent): string | undefined {
  const response = fieldsOf(operation["responses"])[status];
  if (response === undefined) return `answers ${status}`;
  if (text === undefined || text === "" || hasNoBody.has(status)) return undefined;
  const media = fieldsOf(follow(document, response)["content"])[type];
  if (media === undefined) return `answers ${status} as ${type}`;
  if (!type.endsWith("json")) return undefined;
  const schema = validatorOf(document, fieldsOf(media));
  const json: unknown = JSON.parse(text);
  if (!schema.Check(json)) {
    const [, errors] = schema.Errors(json);
    const details = errors.map(({ instancePath, message }) => `${instancePath} ${message}`).join(", ");
    return `answers ${status} with JSON that its schema does not allow: ${details}`;
  }
  const undeclared = findUndeclared(document, [fieldsOf(media)["schema"]], json);
  return undeclared && `answers ${status} with a property that its schema does not declare: ${undeclared}`;
}

/**
 * Returns the path of a property that no schema of the value declares. Handlers send what they return, so this keeps values that are not
 * for clients out of responses.
 */
function findUndeclared(document: Fields, given: readonly unknown[], value: unknown): string | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const schemas = given.flatMap((schema) => alternativesOf(document, schema));
  for (const [name, child] of Object.entries(value)) {
    const ofChild = Array.isArray(value)
      ? schemas.map(({ items }) => items)
      : schemas.flatMap((schema) => schemasOfProperty(schema, name));
    const undeclared = ofChild.length === 0 ? "" : findUndeclared(document, ofChild, child);
    if (undeclared !== undefined) return `/${name}${undeclared}`;
  }
  return undefined;
}

function alternativesOf(document: Fields, schema: unknown): readonly Fields[] {
  const followed = follow(document, schema);
  const parts = ["anyOf", "oneOf", "allOf"].flatMap((name) => listOf(followed[name]));
  return [followed, ...parts.flatMap((part) => alternativesOf(document, part))];
}

/** Returns the schemas of a property. A schema without any properties, such as one of all values, declares each. */
function schemasOfProperty(schema: Fields, name: string): readonly unknown[] {
  const { properties, patternProperties, additionalProperties } = schema;
  const declared = fieldsOf(properties)[name];
  if (declared !== undefined) return [declared];
  const matching = Object.entries(fieldsOf(patternProperties)).filter(([pattern]) =>
    new RegExp(pattern, "u").test(name),
  );
  if (matching.length > 0) return matching.map(([, each]) => each);
  if (additionalProperties !== undefined && additionalProperties !== false) return [additionalProperties];
  const isOpen = !closing.some((keyword) => keyword in schema);
  return isOpen ? [{}] : [];
}

/** With one of these keywords, a schema does not stand for any object. */
const closing = [
  "properties",
  "patternProperties",
  "additionalProperties",
  "items",
  "enum",
  "const",
  "$ref",
  "anyOf",
  "oneOf",
  "allOf",
];

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

type Validator = ReturnType<typeof Schema.Compile>;

/** Compiling a validator takes longer than the response. */
const validators = new WeakMap<Fields, Validator>();

function validatorOf(document: Fields, media: Fields): Validator {
  const cached = validators.get(media);
  if (cached) return cached;
  const validator = Schema.Compile({ components: document["components"], ...fieldsOf(media["schema"]) });
  validators.set(media, validator);
  return validator;
}

const textOf = (payload: unknown): string | undefined =>
  typeof payload === "string" ? payload : Buffer.isBuffer(payload) ? payload.toString() : undefined;
