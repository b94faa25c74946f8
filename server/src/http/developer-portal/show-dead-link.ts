import type { FastifyReply, FastifyRequest } from "fastify";
import type { Portal } from "./show-page.ts";

/** For the link of a mail that was used, was replaced, or is too old. */
export const showDeadLink = (
  { showPage }: Portal,
  request: FastifyRequest,
  reply: FastifyReply,
  data: { readonly text: string; readonly link: { readonly href: string; readonly text: string } },
): Promise<FastifyReply> =>
  showPage(request, reply, { template: "message", title: "This link does not work any more", status: 404, data });
