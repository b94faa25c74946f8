import type { FastifyRequest } from "fastify";
import { Problem } from "#http/shared/problem.ts";
import type { Database } from "#platform/database/database.ts";
import { type DeliveryDetails, deliveryId, parseDeliveryId, readDelivery } from "#webhooks/deliveries/index.ts";

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

export async function findDelivery(db: Database, key: Key): Promise<DeliveryDetails> {
  const delivery = await readDelivery(db, key);
  if (!delivery) throw new Problem("not-found");
  return delivery;
}
