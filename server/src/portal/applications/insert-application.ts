import type { Transaction } from "#platform/database/database.ts";

import type { Application } from "./application.ts";
import { insertApplicationRow } from "./applications-table.ts";
import { insertKey } from "./keys/keys-table.ts";

/** Stores a new application with its keys. Undefined if another application of the product has its key or id. */
export async function insertApplication(
  tx: Transaction,
  providerId: number,
  application: Application,
): Promise<Application | undefined> {
  const row = await insertApplicationRow(tx, providerId, application);
  if (!row) return undefined;
  for (const key of application.keys) await insertKey(tx, providerId, row.id, key);
  return { ...application, id: row.id };
}
