import { recordAudit } from "#access/index.ts";
import type { Pool } from "#platform/database/database.ts";
import { hasNoErrors, mergeErrors, type FieldErrors } from "#portal/fields/index.ts";

import type { Application } from "../application.ts";
import {
  withApplication,
  type ApplicationChange,
  type LockedApplication,
  type Refused,
} from "../change-application.ts";
import {
  deleteReferrerFilter,
  insertReferrerFilter,
  listReferrerFilters,
  type ReferrerFilter,
} from "./referrer-filters-table.ts";

interface Filtered {
  readonly application: Application;
  readonly filter: ReferrerFilter;
}

/** Lets calls come from one more host. No event tells of it. Undefined if the account has no such application. */
export const addReferrerFilter = (
  pool: Pool,
  { value, ...change }: ApplicationChange & { readonly value: string },
): Promise<Filtered | Refused | undefined> =>
  withApplication<Filtered | Refused>(pool, change, async (locked) => {
    const { tx, application, by } = locked;
    const refused = judgeAddition(application, value);
    if (!hasNoErrors(refused)) return { refused };
    const filter = await insertReferrerFilter(tx, change.provider.id, { applicationId: application.id, value }, by.now);
    await tell(locked, "created", filter);
    return { filter, application: { ...application, referrerFilters: [...application.referrerFilters, value] } };
  });

/** Takes a referrer filter away again. No event tells of it. Undefined if the account has no such application. */
export const removeReferrerFilter = (
  pool: Pool,
  { filterId, ...change }: ApplicationChange & { readonly filterId: number },
): Promise<Filtered | { readonly notFound: "referrer filter" } | undefined> =>
  withApplication<Filtered | { readonly notFound: "referrer filter" }>(pool, change, async (locked) => {
    const { tx, application } = locked;
    const filters = await listReferrerFilters(tx, change.provider.id, [application.id]);
    const filter = filters.find(({ id }) => id === filterId);
    if (!filter) return { notFound: "referrer filter" };
    await deleteReferrerFilter(tx, change.provider.id, filter);
    await tell(locked, "deleted", filter);
    const referrerFilters = application.referrerFilters.filter((value) => value !== filter.value);
    return { filter, application: { ...application, referrerFilters } };
  });

function tell(
  { tx, settings, application, by }: LockedApplication,
  deed: "created" | "deleted",
  { id, value }: ReferrerFilter,
): Promise<void> {
  const said = { action: `referrer-filter.${deed}`, subject: `referrer-filter/${id}` };
  const detail = { applicationId: application.id, value };
  return recordAudit(tx, { providerId: settings.provider.id, actor: by.actor, ...said, detail });
}

const filtersMax = 5;
const lengthMax = 255;
const shape = /^[A-Za-z0-9*.-]+$/;

function judgeAddition({ referrerFilters }: Application, value: string): FieldErrors {
  return mergeErrors({
    value: [
      ...(value === "" ? ["can't be blank"] : []),
      ...(value !== "" && !shape.test(value) ? ["is invalid"] : []),
      ...(value.length > lengthMax ? [`is too long (maximum is ${lengthMax} characters)`] : []),
      ...(referrerFilters.includes(value) ? ["has already been taken"] : []),
    ],
    base: referrerFilters.length < filtersMax ? [] : ["Limit reached"],
  });
}
