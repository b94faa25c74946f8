import { createRequire } from "node:module";
import type * as SerializerCompiler from "@fastify/fast-json-stringify-compiler";
import type { FastifyServerOptions } from "fastify";
import type { TSchema } from "typebox";
import type * as TypeBox from "typebox/compile";

// The schemas of 200 routes, and the 600 modules that compile them, would take a third of the time of a start. So each schema is
// compiled when a request first needs it, and the modules are loaded then. Fastify's compilers cannot wait for an import.
const load = createRequire(import.meta.url);

type CompilersFactory = NonNullable<NonNullable<FastifyServerOptions["schemaController"]>["compilersFactory"]>;
type BuildSerializer = NonNullable<CompilersFactory["buildSerializer"]>;

/** Serializes responses as Fastify does by default. */
const buildSerializer: BuildSerializer = (...args) => {
  const loadCompiler = once(() => {
    const { SerializerSelector }: typeof SerializerCompiler = load("@fastify/fast-json-stringify-compiler");
    return SerializerSelector()(...args);
  });
  return (route) => {
    const compile = once(() => loadCompiler()(route));
    return (response) => compile()(response);
  };
};

/** An option of `fastify()`. An interface with schemas of requests sets its own validator: there is no default one. */
export const schemaController = {
  compilersFactory: {
    buildSerializer,
    buildValidator: () => () => {
      throw new Error("This interface has no validator.");
    },
  },
} satisfies FastifyServerOptions["schemaController"];

/** Returns a function that compiles the schema at its first call. */
export const validatorOf = <Schema extends TSchema>(schema: Schema): (() => TypeBox.Validator<{}, Schema>) =>
  once(() => {
    const { Compile }: typeof TypeBox = load("typebox/compile");
    return Compile(schema);
  });

/** Returns the rules that a value breaks. The message of a pattern is the description of the field, instead of a regular expression. */
export const brokenRules = (validator: TypeBox.Validator, value: unknown) =>
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

function once<Value extends object>(make: () => Value): () => Value {
  let created: Value | undefined;
  return () => (created ??= make());
}
