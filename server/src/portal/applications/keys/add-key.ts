import type { Pool } from "#platform/database/database.ts";
import { hasNoErrors, mergeErrors, type FieldErrors, type FieldWriter } from "#portal/fields/index.ts";
import type { Product } from "#portal/products/index.ts";

import { ofKey } from "../application-events.ts";
import type { Application } from "../application.ts";
import {
  tell,
  withApplication,
  type ApplicationChange,
  type ApplicationOutcome,
  type NotForDevelopers,
} from "../change-application.ts";
import { keysMax, wrongKey } from "./judge-key.ts";
import { insertKey } from "./keys-table.ts";
import { newKey } from "./new-key.ts";

interface KeyAddition extends ApplicationChange {
  /** Without one, a random one. */
  readonly value?: string | undefined;
  readonly writer: FieldWriter;
}

/** Adds a key to an application. Undefined if the account has no such application. */
export const addApplicationKey = (
  pool: Pool,
  { value, writer, ...change }: KeyAddition,
): Promise<ApplicationOutcome | NotForDevelopers | undefined> =>
  withApplication<ApplicationOutcome | NotForDevelopers>(pool, change, async (locked) => {
    const { tx, application, by } = locked;
    if (writer === "developer" && !mayAdd(application.product, value)) return { notAllowed: "developers" };
    const refused = judgeAddition(application, value);
    if (!hasNoErrors(refused)) return { refused };
    const key = newKey(by.now, value);
    await insertKey(tx, change.provider.id, application.id, key);
    const changed = { ...application, keys: [...application.keys, key] };
    return {
      application: changed,
      events: await tell({ ...locked, application: changed }, [ofKey("application.key_created", key)]),
    };
  });

const mayAdd = ({ buyersManageKeys, customKeysEnabled }: Product, value: string | undefined): boolean =>
  buyersManageKeys && (value === undefined || customKeysEnabled);

function judgeAddition({ keys, product }: Application, value: string | undefined): FieldErrors {
  const isTaken = keys.some((key) => key.value.toLowerCase() === value?.toLowerCase());
  return mergeErrors({
    value: [...(value === undefined ? [] : wrongKey(value)), ...(isTaken ? ["has already been taken"] : [])],
    base: keys.length < keysMax(product) ? [] : ["Limit reached"],
  });
}
