import type { FastifyInstance } from "fastify";
import { type Json, type JsonObject, isJsonList, isJsonObject } from "./document.ts";

export interface ApiDescription {
  readonly title: string;
  readonly version: string;
  readonly description: string;
  /** The alternative ways of authentication. */
  readonly securitySchemes: Readonly<Record<string, SecurityScheme>>;
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  /** Adds to the document what does not follow from the routes. */
  readonly complete: (document: JsonObject) => object;
}

type SecurityScheme =
  | { readonly type: "http"; readonly scheme: "basic" | "bearer"; readonly description: string }
  | { readonly type: "apiKey"; readonly in: "query" | "cookie"; readonly name: string; readonly description: string };

/**
 * Returns a function that builds an OpenAPI 3.1 document of all routes added to `http` after this call. Its schemas are those that
 * validate requests and serialize responses. Call the function when all routes are added.
 */
export async function describeRoutes(http: FastifyInstance, api: ApiDescription): Promise<() => JsonObject> {
  const { title, version, description, securitySchemes, tags, complete } = api;
  const { default: fastifySwagger } = await import("@fastify/swagger");
  await http.register(fastifySwagger, {
    openapi: {
      openapi: "3.1.1",
      info: { title, version, description },
      components: { securitySchemes: { ...securitySchemes } },
      security: Object.keys(securitySchemes).map((name) => ({ [name]: [] })),
      tags: [...tags],
    },
    convertConstToEnum: false,
  });
  return () => {
    const document: JsonObject = JSON.parse(JSON.stringify(http.swagger()));
    return nameSchemas(JSON.parse(JSON.stringify(complete(document))));
  };
}

/** The parts of a document in which schemas stand. */
const holdSchemas = new Set(["paths", "webhooks", "components"]);

/** Their content is data, even if it resembles a schema. */
const examples = new Set(["example", "examples"]);

/**
 * Moves each schema with a title to `components/schemas` and replaces it by a reference, so that generated clients have named types.
 * Throws if two different schemas have the same title.
 */
export function nameSchemas(document: JsonObject): JsonObject {
  const named = new Map<string, JsonObject>();

  const copyOf = (json: Json): Json => {
    if (typeof json !== "object" || json === null) return json;
    if (isJsonList(json)) return json.map(copyOf);
    const copy = withWidth(
      Object.fromEntries(Object.entries(json).map(([key, value]) => [key, examples.has(key) ? value : copyOf(value)])),
    );
    const title = titleOfSchema(copy);
    if (title === undefined) return copy;
    const known = named.get(title);
    if (known && JSON.stringify(known) !== JSON.stringify(copy)) {
      throw new Error(`Two schemas of the OpenAPI document have the title ${title}.`);
    }
    named.set(title, copy);
    return { $ref: `#/components/schemas/${title}` };
  };

  const described = Object.fromEntries(
    Object.entries(document)
      .filter(([part]) => holdSchemas.has(part))
      .map(([part, json]) => [part, copyOf(json)]),
  );
  const schemas = Object.fromEntries([...named].toSorted(([a], [b]) => (a < b ? -1 : 1)));
  const { components } = described;
  return { ...document, ...described, components: { ...(isJsonObject(components) ? components : {}), schemas } };
}

/** Ids need 53 bits. A client that is generated from the document would take an integer without a format for 32 bits. */
const withWidth = (schema: JsonObject): JsonObject =>
  schema["type"] === "integer" && schema["format"] === undefined && !(Number(schema["maximum"]) < 2 ** 31)
    ? { ...schema, format: "int64" }
    : schema;

function titleOfSchema({ title, type, enum: values }: JsonObject): string | undefined {
  return typeof title === "string" && (type !== undefined || values !== undefined) ? title : undefined;
}
