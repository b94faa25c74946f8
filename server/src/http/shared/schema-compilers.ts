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

function once<Value extends object>(make: () => Value): () => Value {
  let created: Value | undefined;
  return () => (created ??= make());
}
