import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { isInProductScope } from "#access/index.ts";
import { readSessionCookie } from "#http/shared/browser-session.ts";
import { handlerOf, pathParameters, routeUrl, type ApiCall, type Handler } from "#http/shared/operation.ts";
import { Problem } from "#http/shared/problem.ts";
import { hasReadableType } from "./body-parsers.ts";
import { negotiateFormat } from "./negotiate-format.ts";
import type { Call, Operation, OperationNeeds } from "./operation.ts";
import { bodyParameters, isRecord, parseId, parseText, queryParameters } from "./parameters.ts";
import { parseValues } from "./permitted-values.ts";
import { sendResponse, type ApiResponse } from "./responses.ts";

/** Adds the routes of operations: with and without an extension, and as a POST that overrides its method. */
export function serveOperations(http: FastifyInstance, operations: readonly Operation[], needs: OperationNeeds): void {
  const frame = {
    needs,
    parse: (operation: Operation, request: FastifyRequest, call: ApiCall) => parseCall(operation, request, call, needs),
    send: (reply: FastifyReply, { format }: Call, response: ApiResponse) => sendResponse(reply, format, response),
  };
  for (const [path, samePath] of Map.groupBy(operations, (operation) => operation.path)) {
    const handlers = new Map(
      samePath.flatMap((operation) => methodsOf(operation).map((method) => [method, handlerOf(operation, frame)])),
    );
    const texts = samePath.flatMap(({ textParameters }) => textParameters ?? []);
    for (const [method, handler] of handlers) if (method !== "POST") addRoute(http, { method, path, texts, handler });
    addRoute(http, { method: "POST", path, texts, handler: dispatchPost(handlers, needs) });
  }
}

/** Matches paths such as `/accounts/{id}/approve`. */
const namedAction = /\/\{\w+\}\/(?!permissions$|credit_card$)\w+$/;

/** Returns the methods of an operation: PATCH is a synonym of PUT, except for named actions. */
export const methodsOf = ({ method, path }: Pick<Operation, "method" | "path">): string[] =>
  method === "PUT" && !namedAction.test(path) ? ["PUT", "PATCH"] : [method];

/** A POST may override its method, because HTML forms cannot send others. */
const dispatchPost =
  (handlers: ReadonlyMap<string, Handler>, { findAdminCaller }: OperationNeeds): Handler =>
  async (request, reply) => {
    const handler = handlers.get(overriddenMethod(request) ?? "POST");
    if (handler) return handler(request, reply);
    await findAdminCaller(request); // authenticates before it reveals that the route does not exist
    throw new Problem("not-found");
  };

const overridable: ReadonlySet<string> = new Set(["PUT", "PATCH", "DELETE"]);

/** Returns the method in a form's `_method` or in `X-HTTP-Method-Override`. A JSON field does not count. */
function overriddenMethod(request: FastifyRequest): string | undefined {
  const { headers } = request;
  const isForm = /^(application\/x-www-form-urlencoded|multipart\/form-data)\b/i.test(headers["content-type"] ?? "");
  const field = isForm ? parseText(bodyParameters(request)["_method"]) : undefined;
  const name = (field ?? String(headers["x-http-method-override"] ?? "")).toUpperCase();
  return overridable.has(name) ? name : undefined;
}

interface Route {
  readonly method: string;
  readonly path: string;
  readonly texts: readonly string[];
  readonly handler: Handler;
}

function addRoute(http: FastifyInstance, { method, path, texts, handler }: Route): void {
  const url = routeUrl(path);
  const last = pathParameters(path).at(-1);
  if (last !== undefined && texts.includes(last) && url.endsWith(`:${last}`)) {
    // A text may contain dots, so only its last extension counts. The router would split at the first dot.
    const onRequest = async (request: FastifyRequest): Promise<void> => {
      request.params = splitExtension(request.params, last);
    };
    http.route({ method, url, onRequest, handler });
  } else {
    http.route({ method, url, handler });
    http.route({ method, url: `${url}.:extension`, handler });
  }
}

/** Splits the extension from a text in the path: `a.b.xml` becomes `a.b` with the extension `xml`. */
export function splitExtension(params: unknown, name: string): unknown {
  const text = isRecord(params) ? params[name] : undefined;
  const [, before, extension] = (typeof text === "string" && /^(.+)\.(xml|json)$/s.exec(text)) || [];
  return isRecord(params) && before !== undefined ? { ...params, [name]: before, extension } : params;
}

function parseCall(operation: Operation, request: FastifyRequest, call: ApiCall, needs: OperationNeeds): Call {
  const format = negotiateFormat(request, operation.formats);
  const { provider, caller } = call;
  const [query, body] = [queryParameters(request), bodyParameters(request)];
  const parameter = (name: string): unknown => (isRecord(request.params) ? request.params[name] : undefined);
  const id = (name: string): number => {
    const parsed = parseId(parameter(name));
    if (!parsed) throw new Problem("not-found");
    return parsed;
  };
  return {
    ...call,
    format,
    session: caller.actor.kind === "admin" ? readSessionCookie(request, "admin") : undefined,
    adminUrl: requestOrigin(request, needs.adminPortalUrl(provider)),
    query: { ...body, ...query },
    values: parseValues(operation, { query, body, hasReadableBody: hasReadableType(request) }),
    id,
    serviceId: (name) => {
      const serviceId = id(name);
      if (!isInProductScope(caller.reach, serviceId)) throw new Problem("not-found");
      return serviceId;
    },
    text: (name) => parseText(parameter(name)) ?? "",
  };
}

/** Returns the origin that the client used. A proxy that terminates TLS forwards the host, but not always the scheme. */
const requestOrigin = ({ protocol, host }: FastifyRequest, publicUrl: string): string =>
  publicUrl.endsWith(`//${host}`) ? publicUrl : `${protocol}://${host}`;
