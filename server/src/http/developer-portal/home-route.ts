import type { FastifyInstance } from "fastify";
import { findDeveloper } from "./find-developer.ts";
import type { Portal } from "./show-page.ts";

export function addHomeRoute(http: FastifyInstance, portal: Portal): void {
  http.get("/", async (request, reply) => {
    // The admin side has no pages here, but people type the host alone.
    if (request.side === "admin") return reply.redirect("/p/admin", 302);
    const developer = await findDeveloper(portal, request);
    return portal.showPage(request, reply, {
      template: "home",
      title: `${request.provider.name} for developers`,
      developer,
    });
  });
}
