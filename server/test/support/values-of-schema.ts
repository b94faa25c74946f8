import fc from "fast-check";

/** A JSON schema as our OpenAPI documents write them. */
export interface JsonSchema {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly JsonSchema[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly items?: JsonSchema;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
}

const letters = ["a", "b", "c", "d", "e"];

/** Generates values that the schema allows. Strings are plain words, arrays have distinct items. */
export function valuesOf(schema: JsonSchema): fc.Arbitrary<unknown> {
  const { type, minimum = 0, maximum = 1000, minLength = 0, items = {} } = schema;
  if (schema.enum) return fc.constantFrom(...schema.enum);
  if (schema.anyOf) return fc.oneof(...schema.anyOf.map(valuesOf));
  if (type === "null") return fc.constant(null);
  if (type === "boolean") return fc.boolean();
  if (type === "integer") return fc.integer({ min: minimum, max: maximum });
  if (type === "string") return fc.string({ unit: fc.constantFrom(...letters), minLength, maxLength: 20 });
  if (type === "array") return fc.uniqueArray(valuesOf(items), { maxLength: 5 });
  throw new Error(`No values are generated for ${JSON.stringify(schema)}`);
}

/** Names that every object inherits. */
export const inherited = ["__proto__", "constructor", "toString", "valueOf", "hasOwnProperty", "toJSON", "then"];

/** Generates values that a request may contain, mostly one of `texts`. Their objects have some of `names`. */
export const anyValues = (texts: readonly string[], names: readonly string[]): fc.Arbitrary<unknown> =>
  fc.letrec<{ any: unknown }>((tie) => ({
    any: fc.oneof(
      { maxDepth: 2, withCrossShrink: true },
      { weight: 6, arbitrary: fc.constantFrom(...texts) },
      fc.constantFrom(null, true, false, 0, -1, 1, 1.5, 1e308, Number.MAX_SAFE_INTEGER + 1, 2 ** 31, 2 ** 63),
      fc.array(tie("any"), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom(...names), tie("any"), { maxKeys: 3 }),
    ),
  })).any;
