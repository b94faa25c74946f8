import type { Database } from "#platform/database/database.ts";
import type { Provider } from "#portal/providers/index.ts";

import type { FieldsDefinition } from "./fields-definition.ts";
import { readFieldsDefinitions } from "./fields-definitions-table.ts";

/** What of a provider decides how its documents look: time zone, state, and the fields it has defined. */
export interface DocumentSettings {
  readonly provider: Provider;
  readonly definitions: readonly FieldsDefinition[];
}

export const readDocumentSettings = async (db: Database, provider: Provider): Promise<DocumentSettings> => ({
  provider,
  definitions: await readFieldsDefinitions(db, provider.id),
});
