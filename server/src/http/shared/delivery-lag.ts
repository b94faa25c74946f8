import type { FastifyInstance, FastifyRequest } from "fastify";
import { LRUCache } from "lru-cache";
import type { Clock } from "#platform/clock.ts";
import type { Database } from "#platform/database/database.ts";
import { type ProviderLag, measureProviderLag } from "#webhooks/deliveries/index.ts";
import { readSessionCookie } from "./sign-in.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** How long the request has waited because deliveries are late. */
    delayedMs?: number;
  }
}

const apiPrefixes = ["/admin/api/", "/api/v1/"];
/** A shorter lag is a busy moment, and no client should slow down for it. */
const lateFromSeconds = 5;
/** Each further second delays a change by this much, up to the maximum. */
const delayMsPerSecond = 50;
const delayMsMax = 1000;

/** Describes the header and the delay in both APIs. */
export const deliveryLagSays =
  "While deliveries are late, responses to changes have the header `bellwire-delivery-lag`: how many seconds the provider's oldest " +
  `one is overdue, from ${lateFromSeconds} on. A program that makes many changes should wait a few seconds before the next one. ` +
  "While they are late although their receivers respond, a change by a program waits for up to " +
  `${delayMsMax / 1000} s before it is made.`;

/** Returns how long a change waits while Bellwire itself is the reason that deliveries are late. */
export const delayMsOf = (backlogSeconds: number): number =>
  Math.round(Math.min(delayMsMax, Math.max(0, backlogSeconds - lateFromSeconds) * delayMsPerSecond));

/** The shortest time between two measurements of one provider. */
const measureEveryMs = 2000;
/** An older value is outdated: the provider changed nothing meanwhile. */
const staleMs = 10_000;
const providersMax = 1000;

interface Measurement extends ProviderLag {
  readonly atMs: number;
}

interface LagNeeds {
  readonly pool: Database;
  readonly clock: Pick<Clock, "monotonicMs" | "sleep">;
}

/**
 * Adds `bellwire-delivery-lag` to responses of changes while the provider's oldest due delivery is late, in whole seconds. If its
 * receivers are not the reason, changes by programs wait: a client that sends one after another slows down to the rate of
 * deliveries, and each provider only for its own. Pages do not wait. Requests use the last measurement and never wait for one.
 */
export function addDeliveryLag(http: FastifyInstance, { pool, clock }: LagNeeds): void {
  const measurements = new LRUCache<number, Measurement>({ max: providersMax });
  const measuring = new Set<number>();

  const measure = async (providerId: number): Promise<void> => {
    measuring.add(providerId);
    try {
      const lag = await measureProviderLag(pool, providerId);
      measurements.set(providerId, { ...lag, atMs: clock.monotonicMs() });
    } catch (error) {
      http.log.warn({ err: error }, "the delivery lag could not be measured");
    } finally {
      measuring.delete(providerId);
    }
  };
  const ageMsOf = ({ atMs }: Measurement): number => clock.monotonicMs() - atMs;
  const lagOf = (providerId: number): ProviderLag | undefined => {
    const last = measurements.get(providerId);
    return last && ageMsOf(last) <= staleMs ? last : undefined;
  };

  http.addHook("preHandler", async (request) => {
    if (!isApiChange(request) || readSessionCookie(request, "admin") !== undefined) return;
    const delayMs = delayMsOf(lagOf(request.provider.id)?.backlogSeconds ?? 0);
    if (delayMs === 0) return;
    request.delayedMs = delayMs;
    await clock.sleep(delayMs);
  });

  http.addHook("onSend", async (request, reply) => {
    if (!isApiChange(request) || reply.statusCode >= 300) return;
    const { id } = request.provider;
    const last = measurements.get(id);
    if ((!last || ageMsOf(last) > measureEveryMs) && !measuring.has(id)) void measure(id);
    const lagSeconds = lagOf(id)?.lagSeconds ?? 0;
    if (lagSeconds >= lateFromSeconds) reply.header("bellwire-delivery-lag", Math.floor(lagSeconds));
  });
}

const isApiChange = ({ method, url }: FastifyRequest): boolean =>
  method !== "GET" && method !== "HEAD" && apiPrefixes.some((prefix) => url.startsWith(prefix));
