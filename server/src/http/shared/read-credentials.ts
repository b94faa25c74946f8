import type { FastifyRequest } from "fastify";

/** A value that may prove who is asking, and what it may be. */
export interface Credential {
  readonly value: string;
  readonly as: "token" | "key" | "either";
}

/** May stand in the query of every route: credentials are read before the route is known. */
export const credentialParameters = ["access_token", "provider_key"] as const;

/**
 * The credentials that a request carries, in the order in which they are tried: `access_token` and `provider_key` as
 * query or body parameters, then the halves of HTTP Basic, then a Bearer token.
 */
export function readCredentials({
  query,
  body,
  headers,
}: Pick<FastifyRequest, "query" | "body" | "headers">): Credential[] {
  const given: Credential[] = [];
  const add = (value: unknown, as: Credential["as"]): void => {
    if (typeof value === "string" && value !== "") given.push({ value, as });
  };
  for (const parameters of [query, body]) add(parameterOf(parameters, "access_token"), "token");
  for (const parameters of [query, body]) add(parameterOf(parameters, "provider_key"), "key");
  for (const value of valuesOfAuthorization(headers.authorization ?? "")) add(value, "either");
  return given;
}

/** The last value of a parameter that is given more than once, as 3scale takes it. */
function parameterOf(parameters: unknown, name: string): unknown {
  if (typeof parameters !== "object" || parameters === null) return undefined;
  const value: unknown = Object.getOwnPropertyDescriptor(parameters, name)?.value;
  return Array.isArray(value) ? value.at(-1) : value;
}

function valuesOfAuthorization(header: string): readonly string[] {
  const [, scheme = "", value = ""] = /^(\S+) +(\S+) *$/.exec(header) ?? [];
  if (scheme.toLowerCase() === "bearer") return [value];
  if (scheme.toLowerCase() !== "basic") return [];
  const [user = "", ...password] = Buffer.from(value, "base64").toString().split(":");
  return [user, password.join(":")];
}
