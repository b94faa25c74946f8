import type { FastifyInstance, FastifyReply } from "fastify";
import { problemOfError } from "./problem-of-error.ts";
import { Problem } from "./problem.ts";
import { recordMethods } from "./record-methods.ts";
import { writeProblem } from "./write-problem.ts";

/**
 * Answers every error below `http`, unknown paths and methods included, as `application/problem+json` (RFC 9457). Call it
 * before routes are added.
 */
export function answerWithProblemJson(http: FastifyInstance): void {
  http.setErrorHandler<Error>((error, request, reply) => {
    const found = problemOfError(error);
    const problem = found.code === "host-unknown" ? new Problem("wrong-host", { cause: found }) : found;
    if (problem.status >= 500 && problem.code !== "too-busy") request.log.error({ err: error }, "request failed");
    return sendProblem(reply, problem);
  });
  // No route serves QUERY. As a method with a body, Fastify would refuse it for its Content-Type before anything says 405.
  http.addHttpMethod("QUERY", { hasBody: false, overrideExisting: true });
  const methodsOf = recordMethods(http);
  http.setNotFoundHandler((request, reply) => {
    const methods = methodsOf(request.url);
    if (methods.length === 0) return sendProblem(reply, new Problem("not-found"));
    reply.header("allow", methods.join(", "));
    return request.method === "OPTIONS" ? reply.code(204).send() : sendProblem(reply, new Problem("method-unknown"));
  });
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
