import type { Pool } from "#platform/database/database.ts";
import type { FieldWriter } from "#portal/fields/index.ts";

import { ofKey } from "../application-events.ts";
import {
  tell,
  withApplication,
  type ApplicationChange,
  type ChangedApplication,
  type LockedApplication,
  type NotForDevelopers,
} from "../change-application.ts";
import { deleteKey } from "./keys-table.ts";

export interface KeyOf extends ApplicationChange {
  readonly value: string;
  readonly writer: FieldWriter;
}

export type NoKey = { readonly notFound: "key" };

type RemovalOutcome = ChangedApplication | NoKey | NotForDevelopers | { readonly notAllowed: "last key" };

/** Removes a key of an application. Undefined if the account has no such application. */
export const removeApplicationKey = (
  pool: Pool,
  { value, writer, ...change }: KeyOf,
): Promise<RemovalOutcome | undefined> =>
  withApplication<RemovalOutcome>(pool, change, async (locked) => {
    const { tx, application } = locked;
    if (writer === "developer" && !application.product.buyersManageKeys) return { notAllowed: "developers" };
    const keys = application.keys.filter((key) => key.value !== value);
    const removed = application.keys.find((key) => key.value === value);
    if (!removed) return { notFound: "key" };
    if (keys.length === 0 && needsKey(locked)) return { notAllowed: "last key" };
    await deleteKey(tx, change.provider.id, application.id, value);
    const changed = { ...application, keys };
    return {
      application: changed,
      events: await tell({ ...locked, application: changed }, [ofKey("application.key_deleted", removed)]),
    };
  });

/** People are kept from locking an application out. A program is not: it may be about to add another key. */
const needsKey = ({ application, by }: LockedApplication): boolean =>
  application.product.mandatoryAppKey && by.channel !== "api";
