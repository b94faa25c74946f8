import type { FastifyInstance } from "fastify";
import { Histogram, type Registry } from "prom-client";

/**
 * Counts requests and how long their answers took, by route and class of status. The label is the route's pattern, so there are
 * as many values as routes; requests that no route takes are `unknown`.
 */
export function measureHttp(metrics: Registry): (http: FastifyInstance) => void {
  const seconds = httpHistogram(metrics);
  return (http) =>
    void http.addHook("onResponse", async ({ method, routeOptions }, reply) => {
      const status = `${Math.floor(reply.statusCode / 100)}xx`;
      seconds.observe({ method, route: routeOptions.url ?? "unknown", status }, reply.elapsedTime / 1000);
    });
}

/** Also without a server, for the reference. */
export const httpHistogram = (metrics: Registry): Histogram<"method" | "route" | "status"> =>
  new Histogram({
    name: "bellwire_http_request_duration_seconds",
    help: "Requests to this process, from their arrival to the end of the answer, by method, route and class of status (2xx, 5xx).",
    labelNames: ["method", "route", "status"] as const,
    buckets: [0.005, 0.025, 0.1, 0.5, 2.5, 10],
    registers: [metrics],
  });
