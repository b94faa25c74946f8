import type { Actor } from "#access/index.ts";
import type { Pool } from "#platform/database/database.ts";
import type { Encryption } from "#platform/encryption/encryption.ts";
import { tell } from "./change-endpoint.ts";
import type { Endpoint } from "./endpoint.ts";
import { purposes, readEndpoint } from "./endpoints-table.ts";
import { newSecret } from "./new-secret.ts";

// The old one signs for a day more, so that a receiver can change without a gap. The one before it stops at once.
const statement = `
  update endpoints set secret = $3, previous_secret = secret, previous_secret_until = now() + interval '24 hours',
    version = version + 1, updated_at = now()
  where provider_id = $1 and id = $2 and deleted_at is null`;

/** Gives the endpoint with its new secret first, or undefined when there is none. */
export async function rotateSecret(
  { pool, encryption }: { readonly pool: Pool; readonly encryption: Encryption },
  { providerId, id, actor }: { providerId: number; id: number; actor: Actor },
): Promise<Endpoint | undefined> {
  return pool.inTransaction(async (tx) => {
    await tx.query(statement, [providerId, id, encryption.encrypt(purposes.secret, newSecret())]);
    const endpoint = await readEndpoint(tx, encryption, { providerId, id });
    if (endpoint) await tell(tx, endpoint, { actor, action: "endpoint.secret_rotated", detail: {} });
    return endpoint;
  });
}
