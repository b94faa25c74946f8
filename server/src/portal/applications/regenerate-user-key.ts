import type { Pool } from "#platform/database/database.ts";
import type { FieldWriter } from "#portal/fields/index.ts";

import { ofKey } from "./application-events.ts";
import {
  withApplication,
  writeChange,
  type ApplicationChange,
  type ChangedApplication,
  type NotForDevelopers,
} from "./change-application.ts";
import { newUserKey } from "./new-application.ts";

type RegenerationOutcome = ChangedApplication | NotForDevelopers | { readonly notAllowed: "no user key" };

/** Puts a random user key in the place of the old one. Undefined if the account has no such application. */
export const regenerateUserKey = (
  pool: Pool,
  { writer, ...change }: ApplicationChange & { readonly writer: FieldWriter },
): Promise<RegenerationOutcome | undefined> =>
  withApplication<RegenerationOutcome>(pool, change, async (locked) => {
    const { product } = locked.application;
    if (product.backendVersion !== "1") return { notAllowed: "no user key" };
    if (writer === "developer" && !product.buyerKeyRegenerateEnabled) return { notAllowed: "developers" };
    const userKey = newUserKey();
    const key = { value: userKey, createdAt: locked.by.now };
    return writeChange(locked, { ...locked.application, userKey }, [
      ofKey("application.key_updated", key),
      ofKey("application.user_key_updated", key),
    ]);
  });
