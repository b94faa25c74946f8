import type { TObject } from "typebox";
import { credentialParameters } from "#http/shared/admin-caller.ts";
import { Problem, unknownParameters, type FieldErrors } from "#http/shared/problem.ts";
import type { Operation } from "./operation.ts";
import { isRecord, parseText, type Parameters } from "./parameters.ts";

type PermittedParameters = Pick<
  Operation,
  "wrapper" | "wrapperMayBeEmpty" | "ignored" | "body" | "query" | "rejectsUnknown"
>;

interface SentParameters {
  readonly query: Parameters;
  readonly body: Parameters;
  /** True if the body's Content-Type is one that parameters are parsed from. */
  readonly hasReadableBody: boolean;
}

/**
 * Returns the parameters that an operation permits. Query parameters override body parameters. The content of a wrapper may
 * also stand outside of it, but then only in the body. An ignored parameter counts as sent, but changes nothing.
 */
export function parseValues(operation: PermittedParameters, sent: SentParameters): Parameters {
  const { body: schema, ...permitted } = operation;
  if (operation.rejectsUnknown) rejectUnknown(operation, sent);
  const parameters = { ...sent.body, ...sent.query };
  const { wrapper } = permitted;
  const values =
    wrapper === undefined || !schema
      ? parameters
      : Object.hasOwn(parameters, wrapper)
        ? unwrap(parameters[wrapper], { ...permitted, wrapper })
        : wrapFlat(sent, { ...permitted, wrapper, known: schema.properties });
  const errors = schema ? findTypeErrors(values, schema) : {};
  if (Object.keys(errors).length > 0) throw new Problem("invalid", { errors });
  return values;
}

interface Wrapper extends Pick<Operation, "wrapperMayBeEmpty"> {
  readonly wrapper: string;
}

function unwrap(wrapped: unknown, { wrapper, wrapperMayBeEmpty }: Wrapper): Parameters {
  if (wrapped === null || wrapped === "") return throwMissing(wrapper);
  if (!isRecord(wrapped)) {
    throw new Problem("parameter-type-wrong", { detail: `Wrong type for parameter: ${wrapper}` });
  }
  return Object.keys(wrapped).length > 0 || wrapperMayBeEmpty ? wrapped : throwMissing(wrapper);
}

interface FlatParameters extends Wrapper {
  readonly known: object;
  readonly ignored?: readonly string[];
}

function wrapFlat(
  { body, hasReadableBody }: SentParameters,
  { wrapper, wrapperMayBeEmpty, known, ignored = [] }: FlatParameters,
): Parameters {
  const values = Object.fromEntries(Object.entries(body).filter(([name]) => Object.hasOwn(known, name)));
  const hasParameter = Object.keys(values).length > 0 || ignored.some((name) => Object.hasOwn(body, name));
  return hasParameter || (wrapperMayBeEmpty && hasReadableBody) ? values : throwMissing(wrapper);
}

function throwMissing(wrapper: string): never {
  throw new Problem("parameter-missing", { detail: `Required parameter missing: ${wrapper}` });
}

/** Parameters that every request may have: credentials, the format, and the method of a form. */
const commonParameters = [...credentialParameters, "format", "_method"];

function rejectUnknown(
  { wrapper, ignored = [], body: schema, query: querySchema }: PermittedParameters,
  { query, body }: SentParameters,
): void {
  const known = [...Object.keys(querySchema?.properties ?? {}), ...Object.keys(schema?.properties ?? {})];
  const accepted = new Set([...known, ...ignored, ...commonParameters, ...(wrapper === undefined ? [] : [wrapper])]);
  const wrapped = wrapper === undefined ? undefined : body[wrapper];
  const sent = [query, body, isRecord(wrapped) ? wrapped : {}].flatMap((each) => Object.keys(each));
  const unknown = sent.filter((name) => !accepted.has(name));
  if (unknown.length > 0) throw unknownParameters(unknown, known);
}

const numberPattern = /^\s*-?\d{1,15}(\.\d{1,15})?\s*$/;

/** Returns the type errors of values, by name. A text counts as a number if it is written as one, because forms have only texts. */
export function findTypeErrors(values: Parameters, { properties }: TObject): FieldErrors {
  const errors = Object.entries(properties).flatMap(([name, schema]): [string, readonly string[]][] => {
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    if (value === undefined) return [];
    const error = typeError(value, "type" in schema ? String(schema.type) : "", name);
    return error === undefined ? [] : [[name, [error]]];
  });
  return Object.fromEntries(errors);
}

function typeError(value: unknown, type: string, name: string): string | undefined {
  if (type === "object") return Array.isArray(value) ? "is invalid" : undefined; // the use case checks its content
  if (type === "array") return [value].flat().every((item) => parseText(item) !== undefined) ? undefined : "is invalid";
  const text = parseText(value);
  if (text === undefined) return "is invalid";
  // A malformed id is the id of no object: the use case answers that it is not found.
  const isNumber = (type === "number" || type === "integer") && !name.endsWith("_id");
  return isNumber && text !== "" && !numberPattern.test(text) ? "is not a number" : undefined;
}
