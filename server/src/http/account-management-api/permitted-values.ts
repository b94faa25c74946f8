import type { TObject } from "typebox";
import { credentialParameters } from "#http/shared/admin-caller.ts";
import { type FieldErrors, Problem, unknownParameters } from "#http/shared/problem.ts";
import type { Operation } from "./operation.ts";
import { type Parameters, isRecord, parseText } from "./parameters.ts";

type PermittedParameters = Pick<
  Operation,
  "wrapper" | "wrapperMayBeEmpty" | "dropped" | "body" | "query" | "refusesUnknown"
>;

interface SentParameters {
  readonly query: Parameters;
  readonly body: Parameters;
  /** Whether the body has a type that parameters are read from. */
  readonly hasReadableBody: boolean;
}

/**
 * Returns the parameters that an operation permits. Query parameters override those of the body. The values of a wrapper may
 * also stand alone, but then only in the body. A dropped name counts as sent, although it changes nothing.
 */
export function parseValues(operation: PermittedParameters, sent: SentParameters): Parameters {
  const { body: schema, ...permitted } = operation;
  if (operation.refusesUnknown) rejectUnknown(operation, sent);
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

interface FlatNames extends Wrapper {
  readonly known: object;
  readonly dropped?: readonly string[];
}

function wrapFlat(
  { body, hasReadableBody }: SentParameters,
  { wrapper, wrapperMayBeEmpty, known, dropped = [] }: FlatNames,
): Parameters {
  const values = Object.fromEntries(Object.entries(body).filter(([name]) => Object.hasOwn(known, name)));
  const hasName = Object.keys(values).length > 0 || dropped.some((name) => Object.hasOwn(body, name));
  return hasName || (wrapperMayBeEmpty && hasReadableBody) ? values : throwMissing(wrapper);
}

function throwMissing(wrapper: string): never {
  throw new Problem("parameter-missing", { detail: `Required parameter missing: ${wrapper}` });
}

/** What any request may say beside its own parameters: who asks, in which format, and the method of a form. */
const commonParameters = [...credentialParameters, "format", "_method"];

function rejectUnknown(
  { wrapper, dropped = [], body: schema, query: querySchema }: PermittedParameters,
  { query, body }: { query: Parameters; body: Parameters },
): void {
  const known = [...Object.keys(querySchema?.properties ?? {}), ...Object.keys(schema?.properties ?? {})];
  const taken = new Set([...known, ...dropped, ...commonParameters, ...(wrapper === undefined ? [] : [wrapper])]);
  const wrapped = wrapper === undefined ? undefined : body[wrapper];
  const given = [query, body, isRecord(wrapped) ? wrapped : {}].flatMap((each) => Object.keys(each));
  const unknown = given.filter((name) => !taken.has(name));
  if (unknown.length > 0) throw unknownParameters(unknown, known);
}

const number = /^\s*-?\d{1,15}(\.\d{1,15})?\s*$/;

/** What is wrong with the kinds of the values that a schema names. Forms know texts only, so a number may be one. */
export function findTypeErrors(values: Parameters, { properties }: TObject): FieldErrors {
  const wrong = Object.entries(properties).flatMap(([name, schema]): [string, readonly string[]][] => {
    const it = Object.hasOwn(values, name) ? values[name] : undefined;
    if (it === undefined) return [];
    const says = typeError(it, "type" in schema ? String(schema.type) : "", name);
    return says === undefined ? [] : [[name, [says]]];
  });
  return Object.fromEntries(wrong);
}

function typeError(it: unknown, type: string, name: string): string | undefined {
  if (type === "object") return Array.isArray(it) ? "is invalid" : undefined; // read by those who know what is in it
  if (type === "array") return [it].flat().every((each) => parseText(each) !== undefined) ? undefined : "is invalid";
  const text = parseText(it);
  if (text === undefined) return "is invalid";
  // What cannot be an id is the id of nothing: it is not found.
  const isNumber = (type === "number" || type === "integer") && !name.endsWith("_id");
  return isNumber && text !== "" && !number.test(text) ? "is not a number" : undefined;
}
