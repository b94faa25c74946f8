import type { FastifyInstance } from "fastify";
import { problemOfError } from "#http/shared/error-answers.ts";
import { sendDatabaseAwayPage } from "#http/shared/pages.ts";
import type { ShowBin } from "./show-bin.ts";

/** What is not there below /bins, and what goes wrong, as pages of the bins. The inside story goes to the log. */
export function showErrors(http: FastifyInstance, show: ShowBin): void {
  http.setNotFoundHandler(async (_request, reply) =>
    show.message(reply, { status: 404, says: "There is no such page." }),
  );

  http.setErrorHandler<Error>(async (error, request, reply) => {
    const problem = problemOfError(error);
    const { code, status, message, retryAfterSeconds } = problem;
    if (status >= 500) request.log.error({ err: error }, "page failed");
    if (code === "database-away") return sendDatabaseAwayPage(reply, problem);
    if (retryAfterSeconds !== undefined) reply.header("retry-after", retryAfterSeconds);
    const says = code === "internal" ? `${message} It is ${request.id}.` : message;
    return show.message(reply, { status, says, hasHome: code !== "host-unknown" });
  });
}
