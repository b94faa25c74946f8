import fastifySwagger from "@fastify/swagger";
import type { FastifyInstance } from "fastify";
import { nameSchemas, type JsonObject } from "./name-schemas.ts";

export interface ApiDescription {
  readonly title: string;
  readonly version: string;
  readonly description: string;
  /** The ways to prove who is asking, any of which will do. */
  readonly securitySchemes: Readonly<Record<string, SecurityScheme>>;
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  /** Adds to the document what the routes do not say of themselves. */
  readonly complete: (document: JsonObject) => object;
}

type SecurityScheme =
  | { readonly type: "http"; readonly scheme: "basic" | "bearer"; readonly description: string }
  | { readonly type: "apiKey"; readonly in: "query" | "cookie"; readonly name: string; readonly description: string };

/**
 * Makes an OpenAPI 3.1 document of the routes that are added to `http` from now on, from the schemas that also check
 * what comes in and shape what goes out. The function given back reads it, once all routes are there.
 */
export async function describeRoutes(http: FastifyInstance, api: ApiDescription): Promise<() => JsonObject> {
  const { title, version, description, securitySchemes, tags, complete } = api;
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
