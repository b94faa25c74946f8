import type { FastifyReply, FastifyRequest } from "fastify";
import type { Portal } from "./show-page.ts";

/** For a form without our token: from another site, from before the browser was closed, or from a program that skipped it. */
export const showFormRefused = (
  { showPage }: Portal,
  request: FastifyRequest,
  reply: FastifyReply,
  again = request.url === "/logout" ? "/" : request.url,
): Promise<FastifyReply> =>
  showPage(request, reply, {
    template: "message",
    title: "Please open the form again",
    status: 403,
    data: {
      text: "We could not tell that this form came from our own page. It may have been open for a long time, or cookies are switched off. Nothing was changed.",
      link: { href: again, text: "Open it again" },
    },
  });
