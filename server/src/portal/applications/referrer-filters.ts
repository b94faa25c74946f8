import { recordAudit } from "#access/index.ts";
import type { Pool } from "#platform/database/database.ts";
import { type Json, type Node, list, record, value } from "#platform/document.ts";
import { type FieldErrors, hasNoErrors, mergeErrors } from "#portal/fields/index.ts";
import { type Provider, writeTimestamp } from "#portal/providers/index.ts";
import {
  type ReferrerFilter,
  deleteReferrerFilter,
  insertReferrerFilter,
  listReferrerFilters,
} from "./application-table.ts";
import type { Application } from "./application.ts";
import {
  type ApplicationChange,
  type LockedApplication,
  type Refused,
  changeApplication,
} from "./change-application.ts";

interface FilterOutcome {
  readonly application: Application;
  readonly filter: ReferrerFilter;
}

/** Adds a referrer filter, without an event. Returns undefined if the account has no such application. */
export const addReferrerFilter = (
  pool: Pool,
  { value: pattern, ...change }: ApplicationChange & { readonly value: string },
): Promise<FilterOutcome | Refused | undefined> =>
  changeApplication<FilterOutcome | Refused>(pool, change, async (locked) => {
    const { tx, application, by } = locked;
    const refused = newFilterErrors(application, pattern);
    if (!hasNoErrors(refused)) return { refused };
    const filter = await insertReferrerFilter(
      tx,
      change.provider.id,
      { applicationId: application.id, value: pattern },
      by.now,
    );
    await auditFilter(locked, "created", filter);
    return { filter, application: { ...application, referrerFilters: [...application.referrerFilters, pattern] } };
  });

/** Deletes a referrer filter, without an event. Returns undefined if the account has no such application. */
export const removeReferrerFilter = (
  pool: Pool,
  { filterId, ...change }: ApplicationChange & { readonly filterId: number },
): Promise<FilterOutcome | { readonly notFound: "referrer filter" } | undefined> =>
  changeApplication<FilterOutcome | { readonly notFound: "referrer filter" }>(pool, change, async (locked) => {
    const { tx, application } = locked;
    const filters = await listReferrerFilters(tx, change.provider.id, [application.id]);
    const filter = filters.find(({ id }) => id === filterId);
    if (!filter) return { notFound: "referrer filter" };
    await deleteReferrerFilter(tx, change.provider.id, filter);
    await auditFilter(locked, "deleted", filter);
    const referrerFilters = application.referrerFilters.filter((pattern) => pattern !== filter.value);
    return { filter, application: { ...application, referrerFilters } };
  });

function auditFilter(
  { tx, settings, application, by }: LockedApplication,
  action: "created" | "deleted",
  { id, value: pattern }: ReferrerFilter,
): Promise<void> {
  const auditRecord = { action: `referrer-filter.${action}`, subject: `referrer-filter/${id}` };
  const detail = { applicationId: application.id, value: pattern };
  return recordAudit(tx, { providerId: settings.provider.id, actor: by.actor, ...auditRecord, detail });
}

const filtersMax = 5;
const filterLengthMax = 255;
const filterPattern = /^[A-Za-z0-9*.-]+$/;

function newFilterErrors({ referrerFilters }: Application, pattern: string): FieldErrors {
  return mergeErrors({
    value: [
      ...(pattern === "" ? ["can't be blank"] : []),
      ...(pattern !== "" && !filterPattern.test(pattern) ? ["is invalid"] : []),
      ...(pattern.length > filterLengthMax ? [`is too long (maximum is ${filterLengthMax} characters)`] : []),
      ...(referrerFilters.includes(pattern) ? ["has already been taken"] : []),
    ],
    base: referrerFilters.length < filtersMax ? [] : ["Limit reached"],
  });
}

/** Represents the referrer filters of an application as XML. */
export const representReferrerFilters = (filters: readonly ReferrerFilter[], { timeZone }: Provider): Node =>
  list(
    "referrer_filters",
    filters.map((filter) =>
      record("referrer_filter", [
        value("value", filter.value),
        value("id", filter.id),
        value("updated_at", writeTimestamp(filter.updatedAt, timeZone)),
        value("created_at", writeTimestamp(filter.createdAt, timeZone)),
      ]),
    ),
    "open",
  );

interface FiltersContext {
  readonly application: Application;
  readonly provider: Provider;
  /** The origin that the client used. Links start with it. */
  readonly adminUrl: string;
}

/** Represents the referrer filters as JSON. */
export const referrerFiltersToJson = (
  filters: readonly ReferrerFilter[],
  { application: { id, accountId }, provider: { timeZone }, adminUrl }: FiltersContext,
): Json => ({
  referrer_filters: filters.map((filter) => ({
    referrer_filter: {
      id: filter.id,
      value: filter.value,
      created_at: writeTimestamp(filter.createdAt, timeZone),
      updated_at: writeTimestamp(filter.updatedAt, timeZone),
      links: [{ rel: "application", href: `${adminUrl}/admin/api/accounts/${accountId}/applications/${id}` }],
    },
  })),
});
