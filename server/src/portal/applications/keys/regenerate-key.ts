import type { Pool } from "#platform/database/database.ts";

import { ofKey } from "../application-events.ts";
import { withApplication, writeChange, type ChangedApplication, type NotForDevelopers } from "../change-application.ts";
import { deleteKey, insertKey } from "./keys-table.ts";
import { newKey } from "./new-key.ts";
import type { KeyOf, NoKey } from "./remove-key.ts";

type RegenerationOutcome = ChangedApplication | NoKey | NotForDevelopers;

/** Puts a random key in the place of one, or of a client's secret. Undefined if the account has no such application. */
export const regenerateApplicationKey = (
  pool: Pool,
  { value, writer, ...change }: KeyOf,
): Promise<RegenerationOutcome | undefined> =>
  withApplication<RegenerationOutcome>(pool, change, async (locked) => {
    const { tx, application, by } = locked;
    if (writer === "developer" && !application.product.buyersManageKeys) return { notAllowed: "developers" };
    const others = application.keys.filter((key) => key.value !== value);
    const old = application.keys.find((it) => it.value === value);
    if (!old) return { notFound: "key" };
    const key = newKey(by.now);
    await deleteKey(tx, change.provider.id, application.id, value);
    await insertKey(tx, change.provider.id, application.id, key);
    return writeChange(locked, { ...application, keys: [...others, key] }, [
      ofKey("application.key_deleted", old),
      ofKey("application.key_created", key),
      { type: "application.updated", previous: { keys: null } }, // that they changed, never what they were
      ofKey("application.key_updated", key),
    ]);
  });
