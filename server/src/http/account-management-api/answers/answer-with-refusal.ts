import type { FastifyInstance, FastifyReply } from "fastify";
import { problemOfError } from "#http/shared/error-answers.ts";
import { Problem } from "#http/shared/problem.ts";
import { contentTypes, formatOfRefusal } from "../requests/negotiate-format.ts";
import { writeRefusal } from "./write-refusal.ts";

/** Answers every error below `http`, unknown paths included, as 3scale does. */
export function answerWithRefusal(http: FastifyInstance): void {
  http.setErrorHandler<Error>((error, request, reply) => {
    const problem = problemOfError(error);
    if (problem.status >= 500 && problem.code !== "too-busy") request.log.error({ err: error }, "request failed");
    return refuse(reply, problem);
  });
  http.setNotFoundHandler((request, reply) => {
    const [path = ""] = request.url.split("?", 1);
    request.params = { extension: /\.(\w+)$/.exec(path)?.[1] }; // as the router would have found it
    return refuse(reply, new Problem("not-found"));
  });
}

function refuse(reply: FastifyReply, problem: Problem): FastifyReply {
  const format = formatOfRefusal(reply.request);
  const { status, text, isPlain } = writeRefusal(problem, format, reply.request.id);
  if (problem.retryAfterSeconds !== undefined) reply.header("retry-after", problem.retryAfterSeconds);
  return reply
    .code(status)
    .type(isPlain ? "text/plain; charset=utf-8" : contentTypes[format])
    .send(text);
}
