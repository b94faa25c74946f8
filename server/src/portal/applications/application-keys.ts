import { recordAudit } from "#access/index.ts";
import type { Pool } from "#platform/database/database.ts";
import { type Json, type Node, list, record, value } from "#platform/document.ts";
import { type FieldErrors, type FieldWriter, hasNoErrors, mergeErrors } from "#portal/fields/index.ts";
import type { Product } from "#portal/products/index.ts";
import { type Provider, writeTimestamp, writeTimestampWithSpaces } from "#portal/providers/index.ts";
import { keyErrors, type Application, type ApplicationKey, inListedOrder, keysMax, newKey } from "./application.ts";
import {
  deleteKey,
  insertKey,
  type ReferrerFilter,
  deleteReferrerFilter,
  insertReferrerFilter,
  listReferrerFilters,
} from "./application-table.ts";
import {
  type ApplicationChange,
  type ApplicationOutcome,
  type ChangedApplication,
  type LockedApplication,
  type NotForDevelopers,
  changeApplication,
  recordApplicationEvents,
  saveApplication,
  type Refused,
} from "./change-application.ts";

interface KeyAddition extends ApplicationChange {
  /** Defaults to a random value. */
  readonly value?: string | undefined;
  /** A key created after this time, of the same value if there is one, is the same addition sent twice. */
  readonly sameAfterMs?: number | undefined;
  readonly writer: FieldWriter;
}

/** Adds a key to an application. Returns undefined if the account has no such application. */
export const addApplicationKey = (
  pool: Pool,
  { value: keyValue, sameAfterMs, writer, ...change }: KeyAddition,
): Promise<ApplicationOutcome | NotForDevelopers | undefined> =>
  changeApplication<ApplicationOutcome | NotForDevelopers>(pool, change, async (locked) => {
    const { tx, application, by } = locked;
    if (writer === "developer" && !mayAddKey(application.product, keyValue)) return { notAllowed: "developers" };
    const isSame = (key: ApplicationKey): boolean =>
      sameAfterMs !== undefined &&
      key.createdAt.getTime() > sameAfterMs &&
      (keyValue === undefined || key.value === keyValue);
    if (application.keys.some(isSame)) return { application, events: [] };
    const refused = newKeyErrors(application, keyValue);
    if (!hasNoErrors(refused)) return { refused };
    const key = newKey(by.now, keyValue);
    await insertKey(tx, change.provider.id, application.id, key);
    const changed = { ...application, keys: inListedOrder([...application.keys, key]) };
    return {
      application: changed,
      events: await recordApplicationEvents({ ...locked, application: changed }, [
        { type: "application.key_created", key },
      ]),
    };
  });

const mayAddKey = ({ buyersManageKeys, customKeysEnabled }: Product, keyValue: string | undefined): boolean =>
  buyersManageKeys && (keyValue === undefined || customKeysEnabled);

function newKeyErrors({ keys, product }: Application, keyValue: string | undefined): FieldErrors {
  const isTaken = keys.some((key) => key.value.toLowerCase() === keyValue?.toLowerCase());
  return mergeErrors({
    value: [...(keyValue === undefined ? [] : keyErrors(keyValue)), ...(isTaken ? ["has already been taken"] : [])],
    base: keys.length < keysMax(product) ? [] : ["Limit reached"],
  });
}

interface KeyReference extends ApplicationChange {
  readonly value: string;
  readonly writer: FieldWriter;
}

type KeyNotFound = { readonly notFound: "key" };

type KeyRemovalOutcome = ChangedApplication | KeyNotFound | NotForDevelopers | { readonly notAllowed: "last key" };

/** Deletes a key of an application. Returns undefined if the account has no such application. */
export const removeApplicationKey = (
  pool: Pool,
  { value: keyValue, writer, ...change }: KeyReference,
): Promise<KeyRemovalOutcome | undefined> =>
  changeApplication<KeyRemovalOutcome>(pool, { ...change, isDeletion: true }, async (locked) => {
    const { tx, application } = locked;
    if (writer === "developer" && !application.product.buyersManageKeys) return { notAllowed: "developers" };
    const keys = application.keys.filter((key) => key.value !== keyValue);
    const removed = application.keys.find((key) => key.value === keyValue);
    if (!removed) return { notFound: "key" };
    if (keys.length === 0 && needsKey(locked)) return { notAllowed: "last key" };
    await deleteKey(tx, change.provider.id, application.id, keyValue);
    const changed = { ...application, keys };
    return {
      application: changed,
      events: await recordApplicationEvents({ ...locked, application: changed }, [
        { type: "application.key_deleted", key: removed },
      ]),
    };
  });

/** Keeps people from deleting the last key of an application. A program may: it can be about to add another one. */
const needsKey = ({ application, by }: LockedApplication): boolean =>
  application.product.mandatoryAppKey && by.channel !== "api";

type KeyRegenerationOutcome = ChangedApplication | KeyNotFound | NotForDevelopers;

/**
 * Replaces a key, or a client's secret, with a random one. Returns undefined if the account has no such application.
 */
export const regenerateApplicationKey = (
  pool: Pool,
  { value: keyValue, writer, ...change }: KeyReference,
): Promise<KeyRegenerationOutcome | undefined> =>
  changeApplication<KeyRegenerationOutcome>(pool, change, async (locked) => {
    const { tx, application, by } = locked;
    if (writer === "developer" && !application.product.buyersManageKeys) return { notAllowed: "developers" };
    const others = application.keys.filter((key) => key.value !== keyValue);
    const old = application.keys.find((key) => key.value === keyValue);
    if (!old) return { notFound: "key" };
    const key = newKey(by.now);
    await deleteKey(tx, change.provider.id, application.id, keyValue);
    await insertKey(tx, change.provider.id, application.id, key);
    return saveApplication(locked, { ...application, keys: inListedOrder([...others, key]) }, [
      { type: "application.key_deleted", key: old },
      { type: "application.key_created", key },
      { type: "application.updated", previous: { keys: null } }, // records that the keys changed, never their values
      { type: "application.key_updated", key },
    ]);
  });

/** Represents the keys of an application as XML. */
export const representKeys = (keys: readonly ApplicationKey[], { timeZone }: Provider): Node =>
  list(
    "keys",
    keys.map((key) =>
      record("key", [
        value("value", key.value),
        value("updated_at", writeTimestampWithSpaces(key.updatedAt, timeZone)),
        value("created_at", writeTimestampWithSpaces(key.createdAt, timeZone)),
      ]),
    ),
    "open",
  );

/** Represents the keys as JSON. `adminUrl` is the origin that the client used. */
export const keysToJson = ({ id, accountId, keys }: Application, { timeZone }: Provider, adminUrl: string): Json => ({
  keys: keys.map((key) => ({
    key: {
      value: key.value,
      created_at: writeTimestamp(key.createdAt, timeZone),
      updated_at: writeTimestamp(key.updatedAt, timeZone),
      links: [{ rel: "application", href: `${adminUrl}/admin/api/accounts/${accountId}/applications/${id}` }],
    },
  })),
});

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
  const detail = { accountId: application.accountId, applicationId: application.id, value: pattern };
  return recordAudit(tx, { providerId: settings.provider.id, actor: by.actor, ...auditRecord, detail });
}

export const referrerFiltersMax = 5;
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
    base: referrerFilters.length < referrerFiltersMax ? [] : ["Limit reached"],
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
        value("updated_at", writeTimestampWithSpaces(filter.updatedAt, timeZone)),
        value("created_at", writeTimestampWithSpaces(filter.createdAt, timeZone)),
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
