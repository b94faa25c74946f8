import { METHODS } from "node:http";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { problemOfError } from "#http/shared/error-answers.ts";
import { Problem } from "#http/shared/problem.ts";
import type { Clock } from "#platform/clock.ts";
import { binLimits, formatBytes } from "#platform/limits.ts";
import { smallestNetwork } from "#platform/network/ip-addresses.ts";
import { receiveRequest, requestOverheadBytes } from "#request-bin/index.ts";
import { RateLimiter } from "./rate-limiter.ts";
import type { BinParams, RequestBinNeeds } from "./viewer.ts";

const { max, perSecond } = binLimits.bytesOfBin;
const rateInWords = `This bin takes ${formatBytes(max)} at once, and ${formatBytes(perSecond)} a second after that.`;

/** Any method, any content type, any bytes: nothing is parsed, and what is too long is refused. */
export function addReceiveRoute(http: FastifyInstance, { pool, clock }: RequestBinNeeds): void {
  acceptEveryMethod(http);
  http.removeAllContentTypeParsers();
  const bodiesInFlight = limitIncomingBytes(http, clock);
  // Fastify refuses a Content-Type that it cannot read. What came is kept from the raw headers, so nothing is lost here.
  http.addHook("onRequest", async (request) => {
    request.headers["content-type"] = "application/octet-stream";
  });
  http.addContentTypeParser("*", { parseAs: "buffer", bodyLimit: binLimits.bodyBytes.max }, (_request, body, done) =>
    done(null, body),
  );
  http.setErrorHandler<Error>((error, request, reply) => {
    const { code, status, message, retryAfterSeconds } = problemOfError(error);
    if (status >= 500) request.log.error({ err: error }, "request failed");
    if (retryAfterSeconds !== undefined) reply.header("retry-after", retryAfterSeconds);
    const moreExact = code === "internal" ? `${message} Request id: ${request.id}` : message;
    const text = status === 413 ? `A bin takes bodies of ${formatBytes(binLimits.bodyBytes.max)} at most.` : moreExact;
    return reply.code(status).type("text/plain; charset=utf-8").send(`${text}\n`);
  });

  http.all<BinParams>("/:id", async (request, reply) => {
    const { id } = request.params;
    const [path = "", ...query] = request.url.split("?");
    const address = { binId: id, providerId: request.provider.id };
    const answer = await receiveRequest(pool, address, {
      method: request.method,
      path,
      query: query.join("?"),
      headers: headerPairs(request.raw.rawHeaders),
      body: Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0),
    });
    if (!answer) return reply.code(404).type("text/plain").send("There is no such bin.\n");
    request.body = undefined; // it must not wait in memory for a delayed answer
    bodiesInFlight.release(request);
    if (answer.retryAfterSeconds !== undefined) {
      throw new Problem("too-many-requests", {
        detail: rateInWords,
        retryAfterSeconds: answer.retryAfterSeconds,
      });
    }
    if (answer.delayMs > 0) {
      const gone = new AbortController();
      reply.raw.once("close", () => gone.abort());
      await clock.sleep(answer.delayMs, gone.signal);
    }
    reply.code(answer.status);
    return isOpenedInBrowser(request) ? reply.type("text/plain; charset=utf-8").send(textForBrowsers) : reply.send();
  });
}

/** What one network may send to bins, and what may be in memory at once, is known before a body is read. */
function limitIncomingBytes(http: FastifyInstance, clock: Clock): BodiesInFlight {
  const networks = new RateLimiter(clock, binLimits.bytesOfNetwork);
  const providers = new RateLimiter(clock, binLimits.bytesOfProvider);
  const bodiesInFlight = new BodiesInFlight();
  http.addHook("onRequest", async (request, reply) => {
    const bytes = expectedBodyBytes(request);
    const counted = bytes + requestOverheadBytes;
    const retryAfterSeconds =
      networks.secondsToWait(smallestNetwork(request.ip), counted) ||
      providers.secondsToWait(String(request.provider.id), counted);
    if (retryAfterSeconds > 0) throw new Problem("too-many-requests", { retryAfterSeconds });
    if (!bodiesInFlight.reserve(request, bytes)) throw new Problem("bins-busy", { retryAfterSeconds: 1 });
    reply.raw.once("close", () => bodiesInFlight.release(request));
  });
  return bodiesInFlight;
}

/** Memory for bodies between their arrival and the database. */
class BodiesInFlight {
  readonly #reserved = new Map<FastifyRequest, number>();
  #bytes = 0;

  reserve(request: FastifyRequest, bytes: number): boolean {
    if (this.#bytes + bytes > binLimits.bytesInFlight.max) return false;
    this.#reserved.set(request, bytes);
    this.#bytes += bytes;
    return true;
  }

  /** Frees what is reserved for the request, once. */
  release(request: FastifyRequest): void {
    this.#bytes -= this.#reserved.get(request) ?? 0;
    this.#reserved.delete(request);
  }
}

/** As much as may come, if the request does not say. What is longer than allowed is refused unread. */
function expectedBodyBytes({ headers }: FastifyRequest): number {
  if (headers["transfer-encoding"] !== undefined) return binLimits.bodyBytes.max;
  const length = Number(headers["content-length"] ?? 0);
  return Math.min(length || 0, binLimits.bodyBytes.max);
}

/** Fastify knows some of those that HTTP has, and Node reads all but this one, which is for proxies. */
function acceptEveryMethod(http: FastifyInstance): void {
  const unknown = METHODS.filter((method) => method !== "CONNECT" && !http.supportedMethods.includes(method));
  for (const method of unknown) http.addHttpMethod(method, { hasBody: true });
}

const isOpenedInBrowser = ({ method, headers }: FastifyRequest): boolean =>
  method === "GET" && (headers.accept ?? "").includes("text/html");

/** Somebody may take the receiving address for the view; it gives no right to view, so it does not lead there. */
const textForBrowsers =
  "This is a request bin: it received your request, as it receives any.\n" +
  "What it received is in the Admin Portal, under Webhooks > Request bins.\n";

function headerPairs(raw: readonly string[]): (readonly [string, string])[] {
  return raw.flatMap((name, at) => (at % 2 === 0 ? [[name, raw[at + 1] ?? ""] as const] : []));
}
