import type { FastifyError, FastifyInstance } from "fastify";
import { databaseFullPage, showDatabaseAway, tooBusyPage } from "../shared/database-trouble-pages.ts";
import { problemOfError } from "../shared/problem-of-error.ts";
import type { AdminPortal } from "./show-page.ts";

/** What goes wrong, as pages. The inside story goes to the log. */
export function showErrors(http: FastifyInstance, { showPage }: AdminPortal): void {
  http.addHook("onRequest", async (request, reply) => {
    // The Developer Portal has a host of its own, on which none of these pages exists.
    if (request.side === "developer") {
      reply.callNotFound();
      return reply;
    }
    if (request.provider.state === "approved") return undefined;
    const data = { text: "This provider is suspended." };
    return showPage(request, reply, { template: "message", title: "Closed", status: 403, data });
  });

  http.setErrorHandler<FastifyError>(async (error, request, reply) => {
    const problem = problemOfError(error);
    const isOurs = problem.status >= 500;
    if (isOurs && problem.code !== "too-busy") request.log.error({ err: error }, "page failed");
    if (problem.retryAfterSeconds !== undefined) reply.header("retry-after", problem.retryAfterSeconds);
    if (problem.code === "host-unknown") {
      return reply.code(problem.status).type("text/plain; charset=utf-8").send(`${problem.message}\n`);
    }
    if (problem.code === "database-away") return showDatabaseAway(reply, problem);
    if (problem.code === "too-busy") return showPage(request, reply, tooBusyPage);
    if (problem.code === "database-full") return showPage(request, reply, databaseFullPage);
    return showPage(request, reply, {
      template: "message",
      title: isOurs ? "Something went wrong on our side" : "That did not work",
      status: problem.status,
      data: {
        text: isOurs
          ? `Please try again. If it happens again, tell the operator this number: ${request.id}`
          : problem.message,
        link: { href: "/p/admin", text: "Back to the Admin Portal" },
      },
    });
  });
}
