import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { reaches, type AdminCaller } from "#access/index.ts";
import { assertMay } from "#http/shared/assert-may.ts";
import { Problem } from "#http/shared/problem.ts";
import { readSessionCookie } from "#http/shared/session-cookie.ts";
import { negotiateFormat } from "./requests/negotiate-format.ts";
import type { Call, Operation, OperationNeeds } from "./operation.ts";
import { idOf, isRecord, readBody, readQuery, textOf } from "./requests/read-parameters.ts";
import { readValues } from "./requests/read-values.ts";
import { methodsOf, parametersOf, splitExtension } from "./route-of-operation.ts";
import { sendAnswer } from "./answers/send-answer.ts";

/** Serves an operation with and without an extension in its path. */
export function serveOperation(http: FastifyInstance, operation: Operation, needs: OperationNeeds): void {
  const handler = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const caller = await needs.findAdminCaller(request);
    assertMay(caller, operation.deed, request.provider);
    const format = negotiateFormat(request, operation.formats);
    const asked = {
      caller,
      now: needs.clock.now(),
      adminUrl: originOf(request, needs.adminPortalUrl(request.provider)),
    };
    const answer = await operation.answer(needs, callOf(operation, request, asked));
    return sendAnswer(reply, format, answer);
  };

  const method = methodsOf(operation);
  const url = operation.path.replaceAll(/\{(\w+)\}/g, ":$1");
  const last = parametersOf(operation.path).at(-1);
  if (last !== undefined && operation.texts?.includes(last) && url.endsWith(`:${last}`)) {
    // A text may hold dots itself, so what is behind its last one is told apart here, not by the router.
    const onRequest = async (request: FastifyRequest): Promise<void> => {
      request.params = splitExtension(request.params, last);
    };
    http.route({ method, url, onRequest, handler });
  } else {
    http.route({ method, url, handler });
    http.route({ method, url: `${url}.:extension`, handler });
  }
}

/** As the client reaches us. A proxy that ends https passes the host on, and may say nothing of https. */
const originOf = ({ protocol, host }: FastifyRequest, outside: string): string =>
  outside.endsWith(`//${host}`) ? outside : `${protocol}://${host}`;

function callOf(
  operation: Operation,
  request: FastifyRequest,
  { caller, now, adminUrl }: { caller: AdminCaller; now: Date; adminUrl: string },
): Call {
  const { provider, params } = request;
  const query = readQuery(request);
  const parameter = (name: string): unknown => (isRecord(params) ? params[name] : undefined);
  const id = (name: string): number => {
    const it = idOf(parameter(name));
    if (!it) throw new Problem("not-found");
    return it;
  };
  return {
    provider,
    caller,
    session: caller.actor.kind === "admin" ? readSessionCookie(request, "admin") : undefined,
    now,
    by: { actor: caller.actor, channel: caller.channel, reach: caller.reach, now },
    adminUrl,
    query,
    values: readValues(operation, { query, body: readBody(request) }),
    id,
    serviceId: (name) => {
      const serviceId = id(name);
      if (!reaches(caller.reach, serviceId)) throw new Problem("not-found");
      return serviceId;
    },
    text: (name) => textOf(parameter(name)) ?? "",
  };
}
