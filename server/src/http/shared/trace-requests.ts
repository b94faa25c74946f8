import type { IncomingMessage } from "node:http";
import type { FastifyInstance } from "fastify";
import type { RequestSpan, Tracing } from "#platform/telemetry/tracing.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** The span of the request, if traces are on, on the server that accepted it. */
    span?: RequestSpan | undefined;
  }
}

/** Records a span for each request, in the trace of its `traceparent`, if it has one. */
export class RequestTraces {
  readonly #tracing: Tracing;
  readonly #spans = new WeakMap<IncomingMessage, RequestSpan>();

  constructor(tracing: Tracing) {
    this.#tracing = tracing;
  }

  /** Begins spans on the server that accepts requests. Call it before other hooks are added, so that the spans cover them. */
  begin(http: FastifyInstance): void {
    http.decorateRequest("span");
    http.addHook("onRequest", async (request) => {
      const { method, routeOptions, protocol: scheme, hostname: host, raw } = request;
      request.span = this.#tracing.beginRequest({
        method,
        route: routeOptions.url,
        scheme,
        host,
        headers: raw.headers,
      });
      this.#spans.set(raw, request.span);
    });
    http.addHook("onResponse", async (request, reply) => request.span?.end(reply.statusCode));
  }

  /**
   * Lets transactions belong to their requests, also on a server that gets them from another one. Body parsers call back outside of
   * the request's asynchronous context, so it begins after them.
   */
  follow(http: FastifyInstance): void {
    http.addHook("preValidation", (request, _reply, done) => {
      const span = this.#spans.get(request.raw);
      if (!span) return done();
      span.providerFound(request.provider.id);
      this.#tracing.runInRequest(span, done);
    });
  }
}
