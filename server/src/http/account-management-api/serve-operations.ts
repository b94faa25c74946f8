import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { type AdminCaller, reaches } from "#access/index.ts";
import { requirePermission } from "#http/shared/admin-caller.ts";
import { readSessionCookie } from "#http/shared/browser-session.ts";
import { Problem } from "#http/shared/problem.ts";
import { hasReadableType } from "./body-parsers.ts";
import { negotiateFormat } from "./negotiate-format.ts";
import type { Call, Operation, OperationNeeds } from "./operation.ts";
import { bodyParameters, isRecord, parseId, parseText, queryParameters } from "./parameters.ts";
import { parseValues } from "./permitted-values.ts";
import { sendResponse } from "./responses.ts";

type Handler = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>;

/** Serves operations with and without an extension in their paths, and with a POST that names another method. */
export function serveOperations(http: FastifyInstance, operations: readonly Operation[], needs: OperationNeeds): void {
  const byPath = Map.groupBy(operations, ({ path }) => path);
  for (const [path, ofPath] of byPath) {
    const handlers = new Map(
      ofPath.flatMap((operation) => methodsOf(operation).map((method) => [method, handlerOf(operation, needs)])),
    );
    const texts = ofPath.flatMap((operation) => operation.texts ?? []);
    for (const [method, handler] of handlers) if (method !== "POST") addRoute(http, { method, path, texts, handler });
    addRoute(http, { method: "POST", path, texts, handler: handleByNamedMethod(handlers, needs) });
  }
}

/** A POST stands for the method that it names, as for the forms of browsers, which have no other. */
const handleByNamedMethod =
  (handlers: ReadonlyMap<string, Handler>, { findAdminCaller }: OperationNeeds): Handler =>
  async (request, reply) => {
    const handler = handlers.get(namedMethod(request) ?? "POST");
    if (handler) return handler(request, reply);
    await findAdminCaller(request); // a stranger is not told that there is nothing
    throw new Problem("not-found");
  };

const nameable: ReadonlySet<string> = new Set(["PUT", "PATCH", "DELETE"]);

/** Named by the field `_method` of a form, or by a header. A field of JSON names none. */
function namedMethod(request: FastifyRequest): string | undefined {
  const { headers } = request;
  const isForm = /^(application\/x-www-form-urlencoded|multipart\/form-data)\b/i.test(headers["content-type"] ?? "");
  const field = isForm ? parseText(bodyParameters(request)["_method"]) : undefined;
  const name = (field ?? String(headers["x-http-method-override"] ?? "")).toUpperCase();
  return nameable.has(name) ? name : undefined;
}

interface Route {
  readonly method: string;
  readonly path: string;
  readonly texts: readonly string[];
  readonly handler: Handler;
}

function addRoute(http: FastifyInstance, { method, path, texts, handler }: Route): void {
  const url = path.replaceAll(/\{(\w+)\}/g, ":$1");
  const last = parametersOf(path).at(-1);
  if (last !== undefined && texts.includes(last) && url.endsWith(`:${last}`)) {
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

const handlerOf =
  (operation: Operation, needs: OperationNeeds): Handler =>
  async (request, reply) => {
    const caller = await needs.findAdminCaller(request);
    requirePermission(caller, operation.deed, request.provider);
    const format = negotiateFormat(request, operation.formats);
    const asked = {
      caller,
      now: needs.clock.now(),
      adminUrl: originOf(request, needs.adminPortalUrl(request.provider)),
    };
    const answer = await operation.answer(needs, callOf(operation, request, asked));
    return sendResponse(reply, format, answer);
  };

/** As the client reaches us. A proxy that ends https passes the host on, and may say nothing of https. */
const originOf = ({ protocol, host }: FastifyRequest, outside: string): string =>
  outside.endsWith(`//${host}`) ? outside : `${protocol}://${host}`;

function callOf(
  operation: Operation,
  request: FastifyRequest,
  { caller, now, adminUrl }: { caller: AdminCaller; now: Date; adminUrl: string },
): Call {
  const { provider, params } = request;
  const [query, body] = [queryParameters(request), bodyParameters(request)];
  const parameter = (name: string): unknown => (isRecord(params) ? params[name] : undefined);
  const id = (name: string): number => {
    const it = parseId(parameter(name));
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
    query: { ...body, ...query },
    values: parseValues(operation, { query, body, hasReadableBody: hasReadableType(request) }),
    id,
    serviceId: (name) => {
      const serviceId = id(name);
      if (!reaches(caller.reach, serviceId)) throw new Problem("not-found");
      return serviceId;
    },
    text: (name) => parseText(parameter(name)) ?? "",
  };
}

/** PATCH stands for PUT where something is updated, but not for actions with a name: `…/{id}/approve`. */
const namedAction = /\/\{\w+\}\/(?!permissions$|credit_card$)\w+$/;

export const methodsOf = ({ method, path }: Pick<Operation, "method" | "path">): string[] =>
  method === "PUT" && !namedAction.test(path) ? ["PUT", "PATCH"] : [method];

/** The names of the parameters in a path. */
export const parametersOf = (path: string): readonly string[] =>
  Array.from(path.matchAll(/\{(\w+)\}/g), ([, name = ""]) => name);

/** Cuts the extension off a text in a path: `a.b.xml` is `a.b`, as XML. */
export function splitExtension(params: unknown, name: string): unknown {
  const text = isRecord(params) ? params[name] : undefined;
  const [, before, extension] = (typeof text === "string" && /^(.+)\.(xml|json)$/s.exec(text)) || [];
  return isRecord(params) && before !== undefined ? { ...params, [name]: before, extension } : params;
}
