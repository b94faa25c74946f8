import type { FastifyRequest } from "fastify";
import type { By } from "#access/index.ts";
import type { RouteNeeds } from "../bellwire-api-route.ts";

/** The cause of what a request changes. */
export function byOf({ clock, callerOf }: Pick<RouteNeeds, "clock" | "callerOf">, request: FastifyRequest): By {
  const { actor, channel, reach } = callerOf(request);
  return { actor, channel, reach, now: clock.now() };
}
