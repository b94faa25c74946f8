import type { FastifyInstance } from "fastify";
import { showDatabaseAway } from "../shared/database-trouble-pages.ts";
import { problemOfError } from "../shared/problem-of-error.ts";
import { writeMessagePage } from "./write-message-page.ts";

/** What goes wrong, as pages. The inside story goes to the log. */
export function showErrors(http: FastifyInstance, assets: Readonly<Record<string, string>>): void {
  http.setErrorHandler<Error>((error, request, reply) => {
    const problem = problemOfError(error);
    const { code, status, message, retryAfterSeconds } = problem;
    if (status >= 500) request.log.error({ err: error }, "page failed");
    if (code === "database-away") return showDatabaseAway(reply, problem);
    if (retryAfterSeconds !== undefined) reply.header("retry-after", retryAfterSeconds);
    const says = code === "internal" ? `${message} It is ${request.id}.` : message;
    return reply.code(status).type("text/html; charset=utf-8").send(writeMessagePage(says, assets));
  });
}
