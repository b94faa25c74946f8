import type { FastifyInstance, FastifyReply } from "fastify";
import { problemOfError } from "./problem-of-error.ts";
import { Problem } from "./problem.ts";
import { writeProblem } from "./write-problem.ts";

/** Answers every error below `http`, unknown paths included, as `application/problem+json` (RFC 9457). */
export function answerWithProblemJson(http: FastifyInstance): void {
  http.setErrorHandler<Error>((error, request, reply) => {
    const found = problemOfError(error);
    const problem = found.code === "host-unknown" ? new Problem("wrong-host", { cause: found }) : found;
    if (problem.status >= 500) request.log.error({ err: error }, "request failed");
    return sendProblem(reply, problem);
  });
  http.setNotFoundHandler((_request, reply) => sendProblem(reply, new Problem("not-found")));
}

function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  if (problem.retryAfterSeconds !== undefined) reply.header("retry-after", problem.retryAfterSeconds);
  if (problem.status === 401) reply.header("www-authenticate", "Bearer");
  return reply
    .code(problem.status)
    .type("application/problem+json")
    .serializer(JSON.stringify)
    .send(writeProblem(problem, reply.request.id));
}
