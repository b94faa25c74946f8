import { Problem, unknownParameters } from "#http/shared/problem.ts";
import { credentialParameters } from "#http/shared/read-credentials.ts";
import { judgeTypes } from "./judge-types.ts";
import type { Operation } from "../operation.ts";
import { isRecord, type Parameters } from "./read-parameters.ts";

type Told = Pick<Operation, "wrapper" | "dropped" | "body" | "query" | "refusesUnknown">;

/**
 * What an operation is told: its query and its body together. Where the values belong into a wrapper, they may also stand
 * alone in the body; those of the query are then not enough. What is dropped is enough, though it says nothing.
 */
export function readValues(operation: Told, { query, body }: { query: Parameters; body: Parameters }): Parameters {
  const { wrapper, dropped = [], body: schema } = operation;
  if (operation.refusesUnknown) refuseUnknown(operation, { query, body });
  const values =
    wrapper === undefined || !schema
      ? { ...query, ...body }
      : unwrap(body, wrapper, { known: schema.properties, dropped });
  const errors = schema ? judgeTypes(values, schema) : {};
  if (Object.keys(errors).length > 0) throw new Problem("invalid", { errors });
  return values;
}

interface Names {
  readonly known: object;
  readonly dropped: readonly string[];
}

function unwrap(body: Parameters, wrapper: string, { known, dropped }: Names): Parameters {
  if (!Object.hasOwn(body, wrapper)) {
    const values = Object.fromEntries(Object.entries(body).filter(([name]) => Object.hasOwn(known, name)));
    const isSaid = Object.keys(values).length > 0 || dropped.some((name) => Object.hasOwn(body, name));
    return isSaid ? values : missing(wrapper);
  }
  const values = body[wrapper] ?? "";
  if (values === "" || (isRecord(values) && Object.keys(values).length === 0)) return missing(wrapper);
  if (!isRecord(values)) throw new Problem("invalid", { errors: { [wrapper]: ["is invalid"] } });
  return values;
}

function missing(wrapper: string): never {
  throw new Problem("parameter-missing", { detail: `Required parameter missing: ${wrapper}` });
}

/** What any request may say beside its own parameters: who asks, in which format, and the method of a form. */
const takenByAll = [...credentialParameters, "format", "_method"];

function refuseUnknown(
  { wrapper, dropped = [], body: schema, query: querySchema }: Told,
  { query, body }: { query: Parameters; body: Parameters },
): void {
  const known = [...Object.keys(querySchema?.properties ?? {}), ...Object.keys(schema?.properties ?? {})];
  const taken = new Set([...known, ...dropped, ...takenByAll, ...(wrapper === undefined ? [] : [wrapper])]);
  const wrapped = wrapper === undefined ? undefined : body[wrapper];
  const given = [query, body, isRecord(wrapped) ? wrapped : {}].flatMap((each) => Object.keys(each));
  const unknown = given.filter((name) => !taken.has(name));
  if (unknown.length > 0) throw unknownParameters(unknown, known);
}
