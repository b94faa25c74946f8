import type { FastifySchemaCompiler } from "fastify";
import type { TSchema } from "typebox";
import { Compile } from "typebox/compile";

/**
 * Checks a part of a request by its schema, for Fastify's `setValidatorCompiler`. Paths and queries are texts: what is a number
 * there is read if it is written as JSON writes one. TypeBox would also read `1.5`, `1n` and `true` as 1, which deletes
 * somebody else than was meant.
 */
export const compileValidator: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  const check = Compile(schema);
  return (sent) => {
    const value = httpPart === "body" ? sent : readTexts(sent, schema);
    return check.Check(value) ? { value } : { error: check.Errors(value) };
  };
};

type Fields = Readonly<Record<string, unknown>>;

const isFields = (it: unknown): it is Fields => typeof it === "object" && it !== null && !Array.isArray(it);

function readTexts(sent: unknown, schema: TSchema): unknown {
  const properties = "properties" in schema && isFields(schema.properties) ? schema.properties : {};
  if (!isFields(sent)) return sent;
  return Object.fromEntries(
    Object.entries(sent).map(([name, it]) => [name, Object.hasOwn(properties, name) ? read(it, properties[name]) : it]),
  );
}

/** What cannot be read stays a text, which the schema then refuses. */
function read(it: unknown, schema: unknown): unknown {
  const { type, items }: Fields = isFields(schema) ? schema : {};
  if (type === "array") return [it].flat().map((each) => read(each, items)); // also what is said once
  if (typeof it !== "string") return it;
  if (type === "integer") return /^(0|-?[1-9]\d{0,15})$/.test(it) ? Number(it) : it;
  if (type === "boolean") return switches.get(it) ?? it;
  return it;
}

const switches: ReadonlyMap<string, boolean> = new Map([
  ["true", true],
  ["1", true],
  ["false", false],
  ["0", false],
]);
