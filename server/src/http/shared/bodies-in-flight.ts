import type { FastifyInstance, FastifyRequest } from "fastify";
import { requestLimits } from "#platform/limits.ts";
import { smallestNetwork } from "#platform/network/ip-addresses.ts";
import { Problem } from "./problem.ts";

interface BodyInFlight {
  readonly network: string;
  readonly bytes: number;
}

interface BodyLimits {
  /** Bytes of all bodies together. */
  readonly max: number;
  readonly ofNetworkMax: number;
}

type Sent = Pick<FastifyRequest, "raw">;

/** Counts the bytes of bodies that are arriving, or in memory on their way to the database. */
export class BodiesInFlight {
  readonly #limits: BodyLimits;
  readonly #reserved = new Map<Sent["raw"], BodyInFlight>();
  readonly #ofNetworks = new Map<string, number>();
  #bytes = 0;

  constructor(limits: BodyLimits) {
    this.#limits = limits;
  }

  reserve({ raw }: Sent, body: BodyInFlight): boolean {
    const { network, bytes } = body;
    const ofNetwork = (this.#ofNetworks.get(network) ?? 0) + bytes;
    if (ofNetwork > this.#limits.ofNetworkMax || this.#bytes + bytes > this.#limits.max) return false;
    this.#reserved.set(raw, body);
    this.#ofNetworks.set(network, ofNetwork);
    this.#bytes += bytes;
    return true;
  }

  /** Frees the request's reservation. Further calls do nothing. */
  release({ raw }: Sent): void {
    const body = this.#reserved.get(raw);
    if (!body) return;
    const ofNetwork = (this.#ofNetworks.get(body.network) ?? 0) - body.bytes;
    if (ofNetwork > 0) this.#ofNetworks.set(body.network, ofNetwork);
    else this.#ofNetworks.delete(body.network);
    this.#bytes -= body.bytes;
    this.#reserved.delete(raw);
  }
}

/** Returns the maximum for a body of unknown length. Longer bodies are refused unread. */
export function expectedBodyBytes({ headers }: Pick<FastifyRequest, "headers">, max: number): number {
  if (headers["transfer-encoding"] !== undefined) return max;
  const length = Number(headers["content-length"] ?? 0);
  return Math.min(length || 0, max);
}

/** No more than the buffers of a connection. Forms and nearly all requests to the APIs are smaller. */
const smallBodyBytes = 16 * 1024;

const tooMany = "Too many large bodies are arriving. Send the access token in the Authorization header, or try again.";

/**
 * Limits the memory of large bodies of strangers: a body is read before its sender is known, because it may contain the credentials, and
 * may take a minute to arrive. Requests with a valid access token in a header or the query are known before. Applies to what is added
 * to `http` afterwards.
 */
export function limitBodiesOfStrangers(http: FastifyInstance): void {
  const bodies = new BodiesInFlight({
    max: requestLimits.strangersBodyBytes.max,
    ofNetworkMax: requestLimits.strangersBodyBytesOfNetwork.max,
  });
  http.addHook("onRequest", async (request, reply) => {
    const bytes = expectedBodyBytes(request, requestLimits.apiBodyBytes.max);
    if (bytes <= smallBodyBytes || request.tokenRead?.token) return;
    if (!bodies.reserve(request, { network: smallestNetwork(request.ip), bytes }))
      throw new Problem("too-many-requests", { detail: tooMany, retryAfterSeconds: 1 });
    reply.raw.once("close", () => bodies.release(request));
  });
  // The body has been read. A response may take longer.
  http.addHook("preHandler", async (request) => bodies.release(request));
}
