import type { FastifyReply, FastifyRequest } from "fastify";
import type { Developer } from "./find-developer.ts";
import type { Portal } from "./show-page.ts";

/** For what a product keeps to the provider. */
export const showNotAllowed = (
  { showPage }: Portal,
  request: FastifyRequest,
  reply: FastifyReply,
  developer: Developer,
): Promise<FastifyReply> =>
  showPage(request, reply, {
    template: "message",
    title: "This is not open to developers",
    status: 403,
    developer,
    data: {
      text: `Ask ${request.provider.name} to do this for you. Nothing was changed.`,
      link: { href: "/applications", text: "Applications" },
    },
  });
