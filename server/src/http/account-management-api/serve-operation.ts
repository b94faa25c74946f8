import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { AdminCaller } from "#access/index.ts";
import { assertMay } from "#http/shared/assert-may.ts";
import { Problem } from "#http/shared/problem.ts";
import { negotiateFormat } from "./negotiate-format.ts";
import type { AccountManagementApiNeeds, Call, Operation } from "./operation.ts";
import { idOf, isRecord, readBody, readQuery } from "./read-parameters.ts";
import { sendAnswer } from "./send-answer.ts";

/** Serves an operation with and without an extension in its path. */
export function serveOperation(http: FastifyInstance, operation: Operation, needs: AccountManagementApiNeeds): void {
  const handler = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const caller = await needs.findAdminCaller(request);
    assertMay(caller, operation.deed, request.provider);
    const format = negotiateFormat(request, operation.formats);
    const answer = await operation.answer(needs, callOf(request, caller, needs.clock.now()));
    return sendAnswer(reply, format, answer);
  };

  const method = operation.method === "PUT" ? ["PUT", "PATCH"] : operation.method;
  const url = operation.path.replaceAll(/\{(\w+)\}/g, ":$1");
  http.route({ method, url, handler });
  http.route({ method, url: `${url}.:extension`, handler });
}

function callOf(request: FastifyRequest, caller: AdminCaller, now: Date): Call {
  const { provider, params, protocol, host } = request;
  return {
    provider,
    caller,
    now,
    adminUrl: `${protocol}://${host}`,
    query: readQuery(request),
    body: readBody(request),
    id: (name) => {
      const id = isRecord(params) ? idOf(params[name]) : undefined;
      if (!id) throw new Problem("not-found");
      return id;
    },
  };
}
