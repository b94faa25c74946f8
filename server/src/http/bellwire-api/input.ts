import type { FastifyInstance, FastifyRequest, FastifySchemaCompiler } from "fastify";
import type { TSchema } from "typebox";
import { Compile, type Validator } from "typebox/compile";
import { isRecord } from "#platform/document.ts";
import { credentialParameters } from "../shared/admin-caller.ts";
import { brokenRules } from "../shared/broken-rules.ts";
import { decodeUtf8, refuseCompressedBodies } from "../shared/forms.ts";
import { Problem, unknownParameters } from "../shared/problem.ts";
import type { Operation } from "./operation.ts";

/**
 * Parses JSON as Fastify does, but refuses bytes that are not UTF-8 instead of storing a replacement character. An empty body
 * counts as no body, because many clients send a Content-Type without one.
 */
export function acceptJson(http: FastifyInstance): void {
  refuseCompressedBodies(http);
  http.removeContentTypeParser("text/plain"); // Fastify accepts it by default, and no operation takes it
  const parse = http.getDefaultJsonParser("error", "error");
  http.addContentTypeParser(
    "application/json",
    { parseAs: "buffer" },
    async (request: FastifyRequest, body: Buffer) => {
      const text = decodeUtf8(body);
      if (text.trim() === "") return {};
      const { promise, resolve, reject } = Promise.withResolvers<unknown>();
      void parse(request, text, (error, value) => (error ? reject(error) : resolve(value)));
      return promise;
    },
  );
  http.addHook("preValidation", async (request) => {
    if (request.routeOptions.schema?.body !== undefined && request.body === undefined) request.body = {};
  });
}

/**
 * Refuses query parameters and body fields that the operation does not name. A misspelled filter would otherwise widen the
 * request: `POST /failures/retry?endpont_id=7` would retry every failure.
 */
export function refuseUnknownNames(request: FastifyRequest, { query, body }: Operation): void {
  const names = Object.keys(query?.properties ?? {});
  const accepted = new Set([...names, ...credentialParameters]);
  const unknown = Object.keys(fieldsOf(request.query)).filter((name) => !accepted.has(name));
  if (unknown.length > 0) throw unknownParameters(unknown, names);
  if (!body) requireNoBody(request); // the body schemas refuse additional properties themselves
}

function requireNoBody({ body }: FastifyRequest): void {
  if (body === undefined) return;
  if (!isRecord(body)) throw new Problem("invalid", { errors: { base: ["must be object"] } });
  const unknown = Object.keys(body);
  if (unknown.length > 0)
    throw new Problem("invalid", { errors: Object.fromEntries(unknown.map((name) => [name, ["is not known"]])) });
}

/**
 * Validates a part of a request, for Fastify's `setValidatorCompiler`. Paths and queries are texts: a number is parsed if it is
 * written as in JSON. TypeBox's own conversion reads `1.5`, `1n` and `true` as 1, and would change the wrong row.
 */
export const compileValidator: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  let compiled: Validator | undefined;
  return (input) => {
    const validator = (compiled ??= Compile(schema)); // all of them would take a third of the time of a start
    const value = httpPart === "body" ? input : parseTexts(input, schema);
    return validator.Check(value) ? { value } : { error: brokenRules(validator, value) };
  };
};

function parseTexts(input: unknown, schema: TSchema): unknown {
  if (!isRecord(input)) return input;
  const properties = "properties" in schema ? fieldsOf(schema.properties) : {};
  return Object.fromEntries(
    Object.entries(input).map(([name, value]) => [
      name,
      Object.hasOwn(properties, name) ? parseText(value, properties[name]) : value,
    ]),
  );
}

/** Leaves a value that it cannot parse as it is, so that the schema refuses it. */
function parseText(value: unknown, schema: unknown): unknown {
  const { type, items } = fieldsOf(schema);
  if (type === "array") return [value].flat().map((item) => parseText(item, items)); // a parameter given once is a list of one
  if (typeof value !== "string") return value;
  if (type === "integer") return /^(0|-?[1-9]\d{0,15})$/.test(value) ? Number(value) : value;
  if (type === "boolean") return booleans.get(value) ?? value;
  return value;
}

const booleans: ReadonlyMap<string, boolean> = new Map([
  ["true", true],
  ["1", true],
  ["false", false],
  ["0", false],
]);

const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> => (isRecord(value) ? value : {});
