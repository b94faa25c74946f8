import type { FastifyRequest } from "fastify";
import { deliveryId, parseDeliveryId, readDelivery, type DeliveryInFull } from "#webhooks/deliveries/index.ts";
import type { Database } from "#platform/database/database.ts";
import { Problem } from "../../shared/problem.ts";

type Key = { readonly providerId: number; readonly eventId: string; readonly endpointId: number };

/** What the id in the path stands for; one that cannot be an id is not found. */
export function deliveryKeyOf(request: FastifyRequest<{ Params: { id: string } }>): Key {
  const key = parseDeliveryId(request.params.id);
  if (!key) throw new Problem("not-found");
  return { providerId: request.provider.id, ...key };
}

/** What an audit record says of a deed at a delivery. */
export const auditOf = (key: Key) => ({
  providerId: key.providerId,
  subject: `delivery/${deliveryId(key)}`,
  detail: {},
});

export async function findDelivery(db: Database, key: Key): Promise<DeliveryInFull> {
  const delivery = await readDelivery(db, key);
  if (!delivery) throw new Problem("not-found");
  return delivery;
}
