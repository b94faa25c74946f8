import { againIfTaken } from "#platform/database/again-if-taken.ts";
import type { Pool } from "#platform/database/database.ts";
import { hasNoErrors, mergeErrors, type FieldInput, type FieldWriter } from "#portal/fields/index.ts";

import { changesOfApplication, ofKey } from "./application-events.ts";
import {
  withApplication,
  writeChange,
  type ApplicationChange,
  type ApplicationOutcome,
  type NotForDevelopers,
} from "./change-application.ts";
import { findTakenCredentials } from "./find-taken-credentials.ts";
import { judgeApplication } from "./judge-application.ts";

interface ApplicationUpdate extends ApplicationChange {
  /**
   * As they came, by the names of fields and of the API: `redirect_url`, and for programs `user_key`,
   * `first_traffic_at`, `first_daily_traffic_at`. What is not named stays.
   */
  readonly values: FieldInput;
  readonly writer: FieldWriter;
}

/** Changes an application and tells so, if anything changed. Undefined if the account has no such application. */
export const updateApplication = (
  pool: Pool,
  { values, writer, ...change }: ApplicationUpdate,
): Promise<ApplicationOutcome | NotForDevelopers | undefined> =>
  againIfTaken(() =>
    withApplication<ApplicationOutcome | NotForDevelopers>(pool, change, async (locked) => {
      const { tx, settings, application: before, by } = locked;
      if (writer === "developer" && !before.product.buyersManageApps) return { notAllowed: "developers" };
      const { application, errors } = judgeApplication(settings, before, { values, writer, now: by.now });
      const isKeyNew = application.userKey !== before.userKey;
      const taken = isKeyNew ? await findTakenCredentials(tx, change.provider.id, application) : {};
      const refused = mergeErrors(errors, taken);
      if (!hasNoErrors(refused)) return { refused };

      const previous = changesOfApplication(before, application);
      if (Object.keys(previous).length === 0) return { application: before, events: [] };
      return writeChange(locked, application, [
        ...(isKeyNew ? [ofKey("application.key_updated", { value: application.userKey, createdAt: by.now })] : []),
        { type: "application.updated", previous },
      ]);
    }),
  );
