import type { Database } from "#platform/database/database.ts";
import type { Provider } from "#portal/providers/index.ts";

import type { FieldsDefinition } from "./fields-definition.ts";
import { readFieldsDefinitions, readVersionedDefinitions } from "./fields-definitions-table.ts";

/** What of a provider decides how its documents look: time zone, state, and the fields it has defined. */
export interface DocumentSettings {
  readonly provider: Provider;
  readonly definitions: readonly FieldsDefinition[];
}

export const readDocumentSettings = async (db: Database, provider: Provider): Promise<DocumentSettings> => ({
  provider,
  definitions: await readFieldsDefinitions(db, provider.id),
});

// A version names the same configuration for ever, so what is remembered of one is never stale. Whoever asks has read the
// version just now, with what the definitions are needed for.
const remembered = new Map<string, readonly FieldsDefinition[]>();

/** Versions at most: some kilobytes each. */
const rememberedMax = 1000;

/** The same for who knows the version of the provider's configuration: they are read once. */
export async function recallDocumentSettings(
  db: Database,
  provider: Provider,
  configurationVersion: string,
): Promise<DocumentSettings> {
  const known = remembered.get(configurationVersion);
  if (known) return { provider, definitions: known };
  const { version, definitions } = await readVersionedDefinitions(db, provider.id); // a later one, it may be
  if (version !== undefined) remembered.set(version, definitions);
  const [oldest] = remembered.keys();
  if (remembered.size > rememberedMax && oldest !== undefined) remembered.delete(oldest);
  return { provider, definitions };
}
