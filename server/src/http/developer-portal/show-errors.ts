import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { databaseFullPage, showDatabaseAway, tooBusyPage } from "../shared/database-trouble-pages.ts";
import { problemOfError } from "../shared/problem-of-error.ts";
import { findDeveloper } from "./find-developer.ts";
import type { Portal } from "./show-page.ts";

/** What is not there, and what goes wrong, as pages. The inside story goes to the log. */
export function showErrors(http: FastifyInstance, portal: Portal): void {
  const { showPage } = portal;
  // The admin side has a host of its own, on which none of these pages exists.
  http.addHook("onRequest", async (request, reply) => {
    if (request.side === "admin" && request.routeOptions.url !== "/") {
      reply.callNotFound();
      return reply;
    }
    return request.provider.state === "approved" ? undefined : showUnavailable(portal, request, reply);
  });

  http.setNotFoundHandler(async (request, reply) => {
    if (request.side === "admin") {
      return reply
        .code(404)
        .type("text/plain; charset=utf-8")
        .send("There is no such page. The Admin Portal is at /p/admin.\n");
    }
    return showPage(request, reply, {
      template: "message",
      title: "There is no such page",
      status: 404,
      developer: await findDeveloper(portal, request),
      data: { text: "The address may be mistyped, or what was here is gone.", link: { href: "/", text: "Home" } },
    });
  });

  http.setErrorHandler<FastifyError>(async (error, request, reply) => {
    const problem = problemOfError(error);
    if (problem.status >= 500 && problem.code !== "too-busy") request.log.error({ err: error }, "page failed");
    if (problem.retryAfterSeconds !== undefined) reply.header("retry-after", problem.retryAfterSeconds);
    if (problem.code === "host-unknown")
      return reply.code(problem.status).type("text/plain; charset=utf-8").send(`${problem.message}\n`);
    if (problem.code === "database-away") return showDatabaseAway(reply, problem);
    if (problem.code === "too-busy") return showPage(request, reply, tooBusyPage);
    if (problem.code === "database-full") return showPage(request, reply, databaseFullPage);
    return showPage(request, reply, {
      template: "message",
      title: problem.status >= 500 ? "Something went wrong on our side" : "That did not work",
      status: problem.status,
      data: {
        text:
          problem.status >= 500
            ? `Please try again. If it happens again, tell us this number: ${request.id}`
            : problem.message,
        link: { href: "/", text: "Home" },
      },
    });
  });
}

const showUnavailable = ({ showPage }: Portal, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> =>
  showPage(request, reply, {
    template: "message",
    title: "This portal is closed",
    status: 403,
    data: { text: "The Developer Portal is not available at the moment." },
  });
