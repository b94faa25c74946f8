import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { findSignedInUser } from "../shared/find-signed-in-user.ts";
import { readAppPage } from "./read-app-page.ts";
import { isClosed, sessionDataFor } from "./session-data.ts";
import type { AdminPortal } from "./show-page.ts";

/** Every page of the app is one and the same file: which page it is, the browser reads from its address. */
export function addAppRoutes(http: FastifyInstance, portal: AdminPortal): void {
  const show = (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => showApp(portal, request, reply);
  http.get("/p", async (_request, reply) => reply.redirect("/p/admin", 302));
  http.get("/p/admin", show);
  http.get("/p/admin/*", show);
}

async function showApp(portal: AdminPortal, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const signedIn = await findSignedInUser(portal, request);
  if (!signedIn) return reply.redirect(`/p/login?return_to=${encodeURIComponent(request.url)}`, 302);

  const session = sessionDataFor(portal, request.provider, signedIn);
  const html = await readAppPage(portal.webFolder, session);
  if (html === undefined) return showBeingBuilt(portal, request, reply);
  // The app shows the same refusal; whoever reads only the status is told as well.
  return reply
    .code(isClosed(session.places, request.url) ? 403 : 200)
    .type("text/html; charset=utf-8")
    .send(html);
}

const showBeingBuilt = (portal: AdminPortal, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> =>
  portal.showPage(request, reply.header("retry-after", "5"), {
    template: "message",
    title: "One moment",
    status: 503,
    data: {
      text: "The pages of the Admin Portal are still being built. This page opens them as soon as they are there.",
      reload_after_seconds: 3,
    },
  });
