import fastify from "fastify";
import { systemClock } from "#platform/clock.ts";
import type { JsonObject } from "#platform/open-api.ts";
import { bellwireApiDoor } from "./bellwire-api-door.ts";
import type { BellwireApiNeeds } from "./bellwire-api-route.ts";

/** The OpenAPI document of this door: the same on every machine, made without a database. */
export async function bellwireApiDocument(version: string): Promise<JsonObject> {
  const http = fastify();
  await http.register(bellwireApiDoor(inert(version)), { prefix: "/api/v1" });
  const answer = await http.inject("/api/v1/openapi.json");
  await http.close();
  return answer.json<JsonObject>();
}

/** Routes are made with needs, and described without using any. */
const inert = (version: string): BellwireApiNeeds => ({
  version,
  adminPortalUrl: unused,
  developerPortalUrl: unused,
  secretsOfBin: unused,
  clock: systemClock,
  newId: unused,
  findAdminCaller: unused,
  retryWaitsSeconds: [],
  pool: { query: unused, inTransaction: unused, onHint: () => () => undefined },
  encryption: { encrypt: unused, decrypt: unused, reencrypt: unused, keyIds: [] },
  targets: { allowed: { blocks: [], includes: unused, denies: unused }, lookup: unused, isOwnBin: unused },
  sender: { send: unused },
});

function unused(): never {
  throw new Error("This was made to be described only.");
}
