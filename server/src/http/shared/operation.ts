import type { FastifyReply, FastifyRequest } from "fastify";
import type { TObject } from "typebox";
import type { AdminCaller, ChangeContext, Action } from "#access/index.ts";
import type { Clock } from "#platform/clock.ts";
import type { Provider } from "#portal/providers/index.ts";
import { type FindAdminCaller, requirePermission } from "./admin-caller.ts";

/** One request to an operation, authenticated and authorized. Each API adds the input that it parses. */
export interface ApiCall {
  readonly provider: Provider;
  readonly caller: AdminCaller;
  readonly now: Date;
  /** The actor of every change that this call makes. */
  readonly by: ChangeContext;
}

/** One operation of an API. Its route, its permission check and its part of the OpenAPI document follow from it. */
export interface ApiOperation<Needs, Call extends ApiCall, Response> {
  /** The summary in the OpenAPI document. */
  readonly title: string;
  readonly tag: string;
  readonly description: string;
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Below the API's prefix, as in OpenAPI: `/accounts/{id}`. */
  readonly path: string;
  readonly action: Action;
  readonly query?: TObject;
  /** Its `examples` hold an example of a request. */
  readonly body?: TObject;
  handle(needs: Needs, call: Call): Promise<Response>;
}

/** How one API reads the requests and sends the responses of its operations. */
interface ApiFrame<Operation, Needs, Call extends ApiCall, Response> {
  readonly needs: Needs & { readonly clock: Clock; readonly findAdminCaller: FindAdminCaller };
  readonly parse: (operation: Operation, request: FastifyRequest, call: ApiCall) => Call;
  readonly send: (reply: FastifyReply, call: Call, response: Response) => FastifyReply | Promise<FastifyReply>;
}

export type Handler = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>;

/** Returns the handler of an operation. It authorizes before it parses, so strangers learn nothing about parameters. */
export const handlerOf =
  <Needs, Call extends ApiCall, Response, Operation extends ApiOperation<Needs, Call, Response>>(
    operation: Operation,
    { needs, parse, send }: ApiFrame<Operation, Needs, Call, Response>,
  ): Handler =>
  async (request, reply) => {
    const call = parse(operation, request, await authorize(operation, request, needs));
    return send(reply, call, await operation.handle(needs, call));
  };

/** Finds the caller of a request and requires the permission for the operation's action. */
export async function authorize(
  { action }: { readonly action: Action },
  request: FastifyRequest,
  { clock, findAdminCaller }: { readonly clock: Clock; readonly findAdminCaller: FindAdminCaller },
): Promise<ApiCall> {
  const { provider } = request;
  const caller = await findAdminCaller(request);
  requirePermission(caller, action, provider);
  const now = clock.now();
  const { actor, channel, productScope } = caller;
  return { provider, caller, now, by: { actor, channel, productScope, now } };
}

/** Returns a path of an operation as Fastify's router takes it: `/accounts/:id`. */
export const routeUrl = (path: string): string => path.replaceAll(/\{(\w+)\}/g, ":$1");

/** Returns the names of the parameters in a path. */
export const pathParameters = (path: string): readonly string[] =>
  Array.from(path.matchAll(/\{(\w+)\}/g), ([, name = ""]) => name);
