import { credentialParameters } from "#http/shared/admin-caller.ts";
import { Problem, unknownParameters } from "#http/shared/problem.ts";
import type { Operation } from "../operation.ts";
import { judgeTypes } from "./judge-types.ts";
import { type Parameters, isRecord } from "./read-parameters.ts";

type Permitted = Pick<Operation, "wrapper" | "wrapperMayBeEmpty" | "dropped" | "body" | "query" | "refusesUnknown">;

interface Sent {
  readonly query: Parameters;
  readonly body: Parameters;
  /** Whether the body has a type that parameters are read from. */
  readonly hasReadableBody: boolean;
}

/**
 * Returns the parameters that an operation permits. Query parameters override those of the body. The values of a wrapper may
 * also stand alone, but then only in the body. A dropped name counts as sent, although it changes nothing.
 */
export function readValues(operation: Permitted, sent: Sent): Parameters {
  const { body: schema, ...permitted } = operation;
  if (operation.refusesUnknown) refuseUnknown(operation, sent);
  const parameters = { ...sent.body, ...sent.query };
  const { wrapper } = permitted;
  const values =
    wrapper === undefined || !schema
      ? parameters
      : Object.hasOwn(parameters, wrapper)
        ? unwrap(parameters[wrapper], { ...permitted, wrapper })
        : wrapFlat(sent, { ...permitted, wrapper, known: schema.properties });
  const errors = schema ? judgeTypes(values, schema) : {};
  if (Object.keys(errors).length > 0) throw new Problem("invalid", { errors });
  return values;
}

interface Wrapper extends Pick<Operation, "wrapperMayBeEmpty"> {
  readonly wrapper: string;
}

function unwrap(wrapped: unknown, { wrapper, wrapperMayBeEmpty }: Wrapper): Parameters {
  if (wrapped === null || wrapped === "") return missing(wrapper);
  if (!isRecord(wrapped)) {
    throw new Problem("parameter-type-wrong", { detail: `Wrong type for parameter: ${wrapper}` });
  }
  return Object.keys(wrapped).length > 0 || wrapperMayBeEmpty ? wrapped : missing(wrapper);
}

interface FlatNames extends Wrapper {
  readonly known: object;
  readonly dropped?: readonly string[];
}

function wrapFlat(
  { body, hasReadableBody }: Sent,
  { wrapper, wrapperMayBeEmpty, known, dropped = [] }: FlatNames,
): Parameters {
  const values = Object.fromEntries(Object.entries(body).filter(([name]) => Object.hasOwn(known, name)));
  const hasName = Object.keys(values).length > 0 || dropped.some((name) => Object.hasOwn(body, name));
  return hasName || (wrapperMayBeEmpty && hasReadableBody) ? values : missing(wrapper);
}

function missing(wrapper: string): never {
  throw new Problem("parameter-missing", { detail: `Required parameter missing: ${wrapper}` });
}

/** What any request may say beside its own parameters: who asks, in which format, and the method of a form. */
const takenByAll = [...credentialParameters, "format", "_method"];

function refuseUnknown(
  { wrapper, dropped = [], body: schema, query: querySchema }: Permitted,
  { query, body }: { query: Parameters; body: Parameters },
): void {
  const known = [...Object.keys(querySchema?.properties ?? {}), ...Object.keys(schema?.properties ?? {})];
  const taken = new Set([...known, ...dropped, ...takenByAll, ...(wrapper === undefined ? [] : [wrapper])]);
  const wrapped = wrapper === undefined ? undefined : body[wrapper];
  const given = [query, body, isRecord(wrapped) ? wrapped : {}].flatMap((each) => Object.keys(each));
  const unknown = given.filter((name) => !taken.has(name));
  if (unknown.length > 0) throw unknownParameters(unknown, known);
}
