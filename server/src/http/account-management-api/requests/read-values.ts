import type { TObject } from "typebox";
import { Problem } from "#http/shared/problem.ts";
import { judgeTypes } from "./judge-types.ts";
import type { Operation } from "../operation.ts";
import { isRecord, type Parameters } from "./read-parameters.ts";

type Told = Pick<Operation, "wrapper" | "body">;

/**
 * What an operation is told: its query and its body together. Where the values belong into a wrapper, they may also stand
 * alone in the body; those of the query are then not enough.
 */
export function readValues(
  { wrapper, body: schema }: Told,
  { query, body }: { query: Parameters; body: Parameters },
): Parameters {
  const values = wrapper === undefined || !schema ? { ...query, ...body } : unwrap(body, wrapper, schema);
  const errors = schema ? judgeTypes(values, schema) : {};
  if (Object.keys(errors).length > 0) throw new Problem("invalid", { errors });
  return values;
}

function unwrap(body: Parameters, wrapper: string, { properties }: TObject): Parameters {
  const values = Object.hasOwn(body, wrapper)
    ? (body[wrapper] ?? "")
    : Object.fromEntries(Object.entries(body).filter(([name]) => Object.hasOwn(properties, name)));
  if (values === "" || (isRecord(values) && Object.keys(values).length === 0)) {
    throw new Problem("parameter-missing", { detail: `Required parameter missing: ${wrapper}` });
  }
  if (!isRecord(values)) throw new Problem("invalid", { errors: { [wrapper]: ["is invalid"] } });
  return values;
}
