import type { TSchema } from "typebox";
import type { Validator } from "typebox/compile";

/** Returns the rules that a value breaks. The message of a pattern is the description of the field, instead of a regular expression. */
export const brokenRules = (validator: Validator, value: unknown) =>
  validator.Errors(value).map((rule) => ({ ...rule, message: messageOf(rule, validator.Type()) }));

interface FailedRule {
  readonly keyword: string;
  readonly schemaPath: string;
  readonly message: string;
}

function messageOf({ keyword, schemaPath, message }: FailedRule, schema: TSchema): string {
  const description = keyword === "pattern" ? descriptionAt(schema, schemaPath.split("/").slice(1)) : undefined;
  return description === undefined ? message : `is not valid. ${description}`;
}

/** Returns the description of the schema at a path, or that of the list of which it describes the items. */
function descriptionAt(schema: unknown, path: readonly string[]): string | undefined {
  let [current, description]: [unknown, string | undefined] = [schema, undefined];
  for (const [index, step] of path.entries()) {
    current = valueAt(current, step);
    const own = valueAt(current, "description");
    if (path[index - 1] === "properties") description = undefined;
    if (typeof own === "string") description = own;
  }
  return description;
}

/** Returns the value of a property or of a place in a list. */
const valueAt = (parent: unknown, name: string): unknown =>
  new Map<string, unknown>(Object.entries(parent ?? {})).get(name);
