import type { Pool } from "#platform/database/database.ts";
import type { FieldErrors } from "#portal/fields/index.ts";
import { readFirstProvider } from "#portal/providers/index.ts";

import type { ProviderSetup } from "./provider-setup.ts";
import { setUpProvider, type NewProvider } from "./set-up-provider.ts";

// Held until the transaction ends: of several processes that find an empty database, one makes the provider and the
// others wait and then find it.
const lockStatement = `select pg_advisory_xact_lock(hashtext('bellwire first provider'))`;

/** Sets up a provider if there is none yet. Undefined if there is one. */
export async function setUpFirstProvider(
  pool: Pool,
  setup: ProviderSetup,
): Promise<NewProvider | { readonly refused: FieldErrors } | undefined> {
  if (await readFirstProvider(pool)) return undefined;
  return pool.inTransaction(async (tx) => {
    await tx.query(lockStatement);
    return (await readFirstProvider(tx)) ? undefined : setUpProvider(tx, setup);
  });
}
