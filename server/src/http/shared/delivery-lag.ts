import type { FastifyInstance } from "fastify";
import { LRUCache } from "lru-cache";
import type { Clock } from "#platform/clock/clock.ts";
import type { Database } from "#platform/database/database.ts";
import { measureProviderLag } from "#webhooks/deliveries/index.ts";

const interfaces = ["/admin/api/", "/api/v1/"];
/** Below this a backlog is a busy moment, and no client should slow down for it. */
const worthTellingSeconds = 5;
/** Each provider is measured this often at most, and only while it changes something. */
const measureEveryMs = 2000;
/** A value that is older tells nothing: the provider changed nothing meanwhile. */
const staleMs = 10_000;
const providersMax = 1000;

interface Measured {
  readonly atMs: number;
  readonly lagSeconds: number;
}

interface LagNeeds {
  readonly pool: Database;
  readonly clock: Pick<Clock, "monotonicMs">;
}

/**
 * Adds `bellwire-delivery-lag` to the answers of changes while the provider's oldest due delivery is late: how late, in whole
 * seconds. A client that changes much can slow down. No answer waits for the measurement: it tells of the change before.
 */
export function addDeliveryLag(http: FastifyInstance, { pool, clock }: LagNeeds): void {
  const measured = new LRUCache<number, Measured>({ max: providersMax });
  const measuring = new Set<number>();

  const measure = async (providerId: number): Promise<void> => {
    measuring.add(providerId);
    try {
      measured.set(providerId, { atMs: clock.monotonicMs(), lagSeconds: await measureProviderLag(pool, providerId) });
    } catch (error) {
      http.log.warn({ err: error }, "the delivery lag could not be measured");
    } finally {
      measuring.delete(providerId);
    }
  };

  http.addHook("onSend", async (request, reply) => {
    if (request.method === "GET" || request.method === "HEAD" || reply.statusCode >= 300) return;
    if (!interfaces.some((prefix) => request.url.startsWith(prefix))) return;
    const { id } = request.provider;
    const last = measured.get(id);
    const ageMs = last ? clock.monotonicMs() - last.atMs : Number.POSITIVE_INFINITY;
    if (ageMs > measureEveryMs && !measuring.has(id)) void measure(id);
    if (last && ageMs <= staleMs && last.lagSeconds >= worthTellingSeconds) {
      reply.header("bellwire-delivery-lag", Math.floor(last.lagSeconds));
    }
  });
}
