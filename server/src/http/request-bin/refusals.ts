import type { FastifyReply } from "fastify";
import type { ShowBin } from "./show-bin.ts";
import type { NotViewer } from "./viewer.ts";

const refusals = {
  "no bin": { status: 404, says: "There is no such bin. It may have been deleted." },
  "no right": {
    status: 403,
    says: "This page opens with the bin's view link, or for admins who are signed in to the Admin Portal.",
  },
  suspended: { status: 403, says: "This provider is suspended." },
} as const satisfies Record<NotViewer, { status: number; says: string }>;

/** As a page. */
export const showRefusal = (show: ShowBin, reply: FastifyReply, reason: NotViewer): Promise<FastifyReply> =>
  show.message(reply, refusals[reason]);

/** As a line of text, for requests that no page answers. */
export const sendRefusal = (reply: FastifyReply, reason: NotViewer): FastifyReply =>
  reply.code(refusals[reason].status).type("text/plain; charset=utf-8").send(`${refusals[reason].says}\n`);
