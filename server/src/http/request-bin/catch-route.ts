import { METHODS } from "node:http";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { catchRequest, caughtBodyBytesMax } from "#request-bin/index.ts";
import { problemOfError } from "../shared/problem-of-error.ts";
import type { BinParams, RequestBinNeeds } from "./request-bin-needs.ts";

/** Any method, any content type, any bytes: nothing is parsed, and what is too long is refused. */
export function addCatchRoute(http: FastifyInstance, { pool, clock }: RequestBinNeeds): void {
  takeEveryMethod(http);
  http.removeAllContentTypeParsers();
  // Fastify refuses a Content-Type that it cannot read. What came is kept from the raw headers, so nothing is lost here.
  http.addHook("onRequest", async (request) => {
    request.headers["content-type"] = "application/octet-stream";
  });
  http.addContentTypeParser("*", { parseAs: "buffer", bodyLimit: caughtBodyBytesMax }, (_request, body, done) =>
    done(null, body),
  );
  http.setErrorHandler<Error>((error, request, reply) => {
    const { code, status, message, retryAfterSeconds } = problemOfError(error);
    if (status >= 500) request.log.error({ err: error }, "request failed");
    if (retryAfterSeconds !== undefined) reply.header("retry-after", retryAfterSeconds);
    const moreExact = code === "internal" ? `${message} Request id: ${request.id}` : message;
    const text = status === 413 ? "A bin takes bodies of 1 MiB at most." : moreExact;
    return reply.code(status).type("text/plain; charset=utf-8").send(`${text}\n`);
  });

  http.all<BinParams>("/:id", async (request, reply) => {
    const { id } = request.params;
    const [path = "", ...query] = request.url.split("?");
    const answer = await catchRequest(pool, id, {
      method: request.method,
      path,
      query: query.join("?"),
      headers: inPairs(request.raw.rawHeaders),
      body: Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0),
    });
    if (!answer) return reply.code(404).type("text/plain").send("There is no such bin.\n");
    if (answer.delayMs > 0) {
      const gone = new AbortController();
      reply.raw.once("close", () => gone.abort());
      await clock.sleep(answer.delayMs, gone.signal);
    }
    reply.code(answer.status);
    return isOpenedInBrowser(request) ? reply.type("text/plain; charset=utf-8").send(forBrowsers) : reply.send();
  });
}

/** Fastify knows some of those that HTTP has, and Node reads all but this one, which is for proxies. */
function takeEveryMethod(http: FastifyInstance): void {
  const unknown = METHODS.filter((method) => method !== "CONNECT" && !http.supportedMethods.includes(method));
  for (const method of unknown) http.addHttpMethod(method, { hasBody: true });
}

const isOpenedInBrowser = ({ method, headers }: FastifyRequest): boolean =>
  method === "GET" && (headers.accept ?? "").includes("text/html");

/** Somebody may take the receiving address for the view; it gives no right to view, so it does not lead there. */
const forBrowsers =
  "This is a request bin: it received your request, as it receives any.\n" +
  "What it received is in the Admin Portal, under Webhooks > Request bins.\n";

function inPairs(raw: readonly string[]): (readonly [string, string])[] {
  return raw.flatMap((name, at) => (at % 2 === 0 ? [[name, raw[at + 1] ?? ""] as const] : []));
}
