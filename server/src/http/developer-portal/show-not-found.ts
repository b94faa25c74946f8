import type { FastifyReply } from "fastify";

/** Not there and not theirs look the same. */
export function showNotFound(reply: FastifyReply): FastifyReply {
  reply.callNotFound();
  return reply;
}
