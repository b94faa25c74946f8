import type { FastifyInstance, FastifyRequest } from "fastify";
import { credentialParameters } from "#http/shared/admin-caller.ts";
import { Problem, unknownParameters } from "#http/shared/problem.ts";

/**
 * Refuses query parameters and body fields that the route's schema does not name. A misspelled filter would otherwise widen
 * the request: `POST /failures/retry?endpont_id=7` would retry every failure. Call it before routes are added, after the hook
 * that admits callers: strangers learn nothing about names.
 */
export function refuseUnknownNames(http: FastifyInstance): void {
  http.addHook("preValidation", async (request) => {
    const { querystring, body } = request.routeOptions.schema ?? {};
    const known = propertiesOf(querystring);
    const taken = new Set([...known, ...credentialParameters]);
    const unknown = Object.keys(fieldsOf(request.query)).filter((name) => !taken.has(name));
    if (unknown.length > 0) throw unknownParameters(unknown, known);
    if (body === undefined) requireNoBody(request);
  });
}

/** For routes without a body schema; the others say in their schema that they take no other fields. */
function requireNoBody({ body }: FastifyRequest): void {
  if (body === undefined) return;
  if (body === null || typeof body !== "object" || Array.isArray(body))
    throw new Problem("invalid", { errors: { base: ["must be object"] } });
  const unknown = Object.keys(body);
  if (unknown.length > 0)
    throw new Problem("invalid", { errors: Object.fromEntries(unknown.map((name) => [name, ["is not known"]])) });
}

const propertiesOf = (schema: unknown): readonly string[] => Object.keys(fieldsOf(fieldsOf(schema)["properties"]));

const fieldsOf = (it: unknown): Readonly<Record<string, unknown>> =>
  typeof it === "object" && it !== null ? Object.fromEntries(Object.entries(it)) : {};
