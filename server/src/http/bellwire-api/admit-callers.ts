import type { FastifyInstance, FastifyRequest } from "fastify";
import type { AdminCaller, Deed } from "#access/index.ts";
import { type FindAdminCaller, requirePermission } from "#http/shared/admin-caller.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** What a request to this route does, for who may do it. */
    readonly deed?: Deed;
  }
}

/**
 * Lets through, to the routes that are added from now on, who may do what they do; before anything of the request but its
 * credentials is looked at. Gives what reads who it was.
 */
export function admitCallers(
  http: FastifyInstance,
  findAdminCaller: FindAdminCaller,
): (request: FastifyRequest) => AdminCaller {
  const admitted = new WeakMap<FastifyRequest, AdminCaller>();

  http.addHook("preValidation", async (request) => {
    const { deed } = request.routeOptions.config;
    if (!deed) throw new Error(`Nobody has said who may ${request.method} ${request.routeOptions.url}.`);
    const caller = await findAdminCaller(request);
    requirePermission(caller, deed, request.provider);
    admitted.set(request, caller);
  });

  return (request) => {
    const caller = admitted.get(request);
    if (!caller) throw new Error("A caller was asked for before he was admitted.");
    return caller;
  };
}
