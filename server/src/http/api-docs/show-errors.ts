import type { FastifyInstance } from "fastify";
import { problemOfError } from "#http/shared/error-answers.ts";
import { sendDatabaseAwayPage } from "#http/shared/pages.ts";
import { writeMessagePage } from "./write-message-page.ts";

/** What goes wrong, as pages. The inside story goes to the log. */
export function showErrors(http: FastifyInstance, assets: Readonly<Record<string, string>>): void {
  http.setErrorHandler<Error>((error, request, reply) => {
    const problem = problemOfError(error);
    const { code, status, message, retryAfterSeconds } = problem;
    if (status >= 500) request.log.error({ err: error }, "page failed");
    if (code === "database-away") return sendDatabaseAwayPage(reply, problem);
    if (retryAfterSeconds !== undefined) reply.header("retry-after", retryAfterSeconds);
    const says = code === "internal" ? `${message} It is ${request.id}.` : message;
    return reply.code(status).type("text/html; charset=utf-8").send(writeMessagePage(says, assets));
  });
}
