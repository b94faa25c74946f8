import type { FastifyInstance } from "fastify";
import { showDatabaseAway } from "../shared/database-trouble-pages.ts";
import { problemOfError } from "../shared/problem-of-error.ts";
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
    if (code === "database-away") return showDatabaseAway(reply, problem);
    if (retryAfterSeconds !== undefined) reply.header("retry-after", retryAfterSeconds);
    const says = code === "internal" ? `${message} It is ${request.id}.` : message;
    return show.message(reply, { status, says, hasHome: code !== "host-unknown" });
  });
}
