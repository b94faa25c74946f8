import type { FastifyReply, FastifyRequest } from "fastify";
import { findDeveloper, type Developer } from "./find-developer.ts";
import type { Portal } from "./show-page.ts";

export type DeveloperPage = (
  request: FastifyRequest,
  reply: FastifyReply,
  developer: Developer,
) => Promise<FastifyReply>;

/** A page for whoever is signed in; everybody else signs in first and comes back. */
export const forDevelopers =
  (portal: Portal, page: DeveloperPage): ((request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>) =>
  async (request, reply) => {
    const developer = await findDeveloper(portal, request);
    if (!developer) return reply.redirect(`/login?return_to=${encodeURIComponent(request.url)}`, 302);
    return page(request, reply, developer);
  };
