import type { TObject } from "typebox";
import type { FieldErrors } from "#http/shared/problem.ts";
import { textOf, type Parameters } from "./read-parameters.ts";

const number = /^\s*-?\d{1,15}(\.\d{1,15})?\s*$/;

/** What is wrong with the kinds of the values that a schema names. Forms know texts only, so a number may be one. */
export function judgeTypes(values: Parameters, { properties }: TObject): FieldErrors {
  const wrong = Object.entries(properties).flatMap(([name, schema]): [string, readonly string[]][] => {
    const it = Object.hasOwn(values, name) ? values[name] : undefined;
    if (it === undefined) return [];
    const says = judge(it, "type" in schema ? String(schema.type) : "", name);
    return says === undefined ? [] : [[name, [says]]];
  });
  return Object.fromEntries(wrong);
}

function judge(it: unknown, type: string, name: string): string | undefined {
  if (type === "object") return Array.isArray(it) ? "is invalid" : undefined; // read by those who know what is in it
  if (type === "array") return [it].flat().every((each) => textOf(each) !== undefined) ? undefined : "is invalid";
  const text = textOf(it);
  if (text === undefined) return "is invalid";
  // What cannot be an id is the id of nothing: it is not found.
  const isNumber = (type === "number" || type === "integer") && !name.endsWith("_id");
  return isNumber && text !== "" && !number.test(text) ? "is not a number" : undefined;
}
