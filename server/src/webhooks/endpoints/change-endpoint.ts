import { type Actor, recordAudit, requireWithinLimit } from "#access/index.ts";
import { leavingProviders } from "#platform/database/connection.ts";
import { propertyName } from "#platform/database/values.ts";
import { type Pool, retryOnUniqueViolation, type Transaction } from "#platform/database/database.ts";
import type { Encryption } from "#platform/encryption.ts";
import { countLimits } from "#platform/limits.ts";
import {
  cancelDeliveriesOfDeleted,
  deleteLanes,
  heartbeatDistance,
  isChatFormat,
  resetLaneFailures,
  undoEndedSeconds,
  undoSeconds,
} from "#webhooks/deliveries/index.ts";
import { eventCatalogue, isSubscribedTo, type SwitchName, switchNames } from "#webhooks/events/index.ts";
import { checkEndpoint, maskEndpointUrl, maskUrl, type TargetRules } from "./check-endpoint.ts";
import type { DeliverySettings } from "./delivery-settings.ts";
import {
  encryptSecret,
  type EndpointKey,
  insertEndpoint,
  readDefaultEndpoint,
  readEndpoint,
  newSecret,
  repairSecrets,
  updateEndpointRow,
} from "./endpoint-table.ts";
import {
  applyInput,
  defaultEndpointName,
  type Endpoint,
  type EndpointInput,
  type EndpointSettings,
  type Refused,
  settingEntries,
  withDefaults,
} from "./settings.ts";

const eventSourceStatement = `update providers set event_source = $2 where id = $1 and event_source <> $2`;

/**
 * Stores the source of the provider's CloudEvents, to which messages to chat programs link, when an endpoint's format needs it, so that
 * every process writes the same one. Call it after the endpoint is written, which locks the provider too: the opposite order could deadlock.
 */
async function saveEventSource(
  tx: Transaction,
  providerId: number,
  { format, source }: { format: EndpointSettings["format"]; source: string | undefined },
): Promise<void> {
  if (source !== undefined && (format.startsWith("cloudevents") || isChatFormat(format))) {
    await tx.query(eventSourceStatement, [providerId, source]);
  }
}

export interface EndpointNeeds {
  readonly pool: Pool;
  readonly encryption: Encryption;
  readonly targets: TargetRules;
  /** The retry waits of a new endpoint in the `3scale` format. */
  readonly retryWaitsSeconds: readonly number[];
}

interface EndpointChange {
  readonly input: EndpointInput;
  readonly actor: Actor;
  /** The provider's admin URL. Needed where the format can be chosen. */
  readonly source?: string;
}

export async function createEndpoint(
  { pool, encryption, targets, retryWaitsSeconds }: EndpointNeeds,
  { providerId, input, actor, source }: EndpointChange & { providerId: number },
): Promise<Endpoint | Refused> {
  const settings = withDefaults(input, retryWaitsSeconds);
  const refusal = await checkEndpoint(settings, undefined, targets);
  if (refusal) return refusal;
  return pool.inTransaction(async (tx) => {
    await requireWithinLimit(tx, countLimits.endpoints, { providerId });
    const endpoint = await insertEndpoint(tx, encryption, { providerId, settings, secret: newSecret() });
    await saveEventSource(tx, providerId, { format: settings.format, source });
    await auditAndHint(tx, endpoint, {
      actor,
      action: "endpoint.created",
      detail: { name: endpoint.name, url: endpoint.urlMasked },
    });
    return endpoint;
  });
}

/** Returns undefined if there is no such endpoint. Input that changes no setting writes nothing. */
export async function updateEndpoint(
  needs: EndpointNeeds,
  change: EndpointChange & EndpointKey,
): Promise<Endpoint | Refused | undefined> {
  const before = await readEndpoint(needs.pool, needs.encryption, change);
  // The URL check uses the network, so it holds no row lock, and a concurrent update may have been faster.
  return before && ((await changeRead(needs, before, change)) ?? updateEndpoint(needs, change));
}

/** Updates an endpoint that was read. Returns undefined if it has changed since, so that the caller reads it again. */
async function changeRead(
  { pool, encryption, targets }: EndpointNeeds,
  before: Endpoint,
  { input, actor, source }: EndpointChange,
): Promise<Endpoint | Refused | undefined> {
  const settings = applyInput(before, { ...input, url: unmaskUrl(before, input.url) });
  const detail = changedSettings(before, settings);
  if (Object.keys(detail).length === 0 && before.undecryptable === null) return before;
  const refusal = refuseUndecryptable(before, settings) ?? (await checkEndpoint(settings, before, targets));
  if (refusal) return refusal;

  return pool.inTransaction(async (tx) => {
    const updated = await updateEndpointRow(tx, encryption, before, settings);
    if (!updated) return undefined;
    await saveEventSource(tx, before.providerId, { format: settings.format, source });
    // The time during which nothing was sent is no time of failing.
    if (isOn(updated) && !isOn(before)) resetLaneFailures(tx, updated.id);
    await auditAndHint(tx, updated, { actor, action: "endpoint.changed", detail });
    return before.undecryptable === null ? updated : repairSecrets(tx, encryption, before);
  });
}

/** Refuses to save an undecryptable URL as the empty one that was read in its place. */
function refuseUndecryptable({ undecryptable }: Endpoint, { url }: EndpointSettings): Refused | undefined {
  if (undecryptable === null || url !== "") return undefined;
  return { refused: { url: [`can't be decrypted (${undecryptable}): enter it again, and the custom headers`] } };
}

/** Returns undefined, no change, for the masked URL that a client read and writes back. */
function unmaskUrl(before: Endpoint, url: string | undefined): string | undefined {
  // An undecryptable URL without any secret looks the same when it is entered again.
  const isEnteredAgain = before.url === "" && url !== undefined && maskUrl(url) === url && !url.includes("…");
  return url === before.urlMasked && !isEnteredAgain ? undefined : url;
}

const isOn = ({ active, state }: Pick<EndpointSettings, "active" | "state">): boolean => active && state === "enabled";

/** Records the change. The hints make engines reload the settings, and poll for deliveries that were held. */
async function auditAndHint(
  tx: Transaction,
  endpoint: Endpoint,
  change: { actor: Actor; action: string; detail: Readonly<Record<string, unknown>> },
): Promise<void> {
  const { providerId, id } = endpoint;
  await recordAudit(tx, { providerId, subject: `endpoint/${id}`, ...change });
  tx.hintAfterCommit("endpoints", String(id));
  if (isOn(endpoint)) tx.hintAfterCommit("due", String(id));
}

/** Returns the new values of changed settings for the audit record. Encrypted ones are masked. */
function changedSettings(before: EndpointSettings, after: EndpointSettings): Readonly<Record<string, unknown>> {
  const [old, updated]: Readonly<Record<string, unknown>>[] = [before, after];
  const changed = settingEntries.flatMap(([column, { purpose }]) => {
    const field = propertyName(column);
    const value = updated?.[field];
    if (JSON.stringify(old?.[field]) === JSON.stringify(value)) return [];
    return [[field, purpose === undefined ? value : maskSetting(value, after)]];
  });
  return Object.fromEntries(changed);
}

/** Masks a URL's secrets. Only the names of headers remain. */
const maskSetting = (value: unknown, { format }: EndpointSettings): unknown =>
  typeof value === "string" ? maskEndpointUrl({ url: value, format }) : Object.keys(value ?? {});

// The previous secret signs for 24 more hours, so that a receiver can change without a gap. The one before it stops at once.
const rotateStatement = `
  update endpoints set secret = $3, previous_secret = secret, previous_secret_until = now() + interval '24 hours',
    version = version + 1, updated_at = now()
  where provider_id = $1 and id = $2 and deleted_at is null`;

/** Returns the endpoint, its new secret first, or undefined if there is no such endpoint. */
export async function rotateSecret(
  { pool, encryption }: { readonly pool: Pool; readonly encryption: Encryption },
  { providerId, id, actor }: EndpointKey & { actor: Actor },
): Promise<Endpoint | undefined> {
  return pool.inTransaction(async (tx) => {
    await tx.query(rotateStatement, [providerId, id, encryptSecret(encryption, newSecret())]);
    const endpoint = await readEndpoint(tx, encryption, { providerId, id });
    if (!endpoint) return undefined;
    await auditAndHint(tx, endpoint, { actor, action: "endpoint.secret_rotated", detail: {} });
    return endpoint.undecryptable === null ? endpoint : repairSecrets(tx, encryption, endpoint);
  });
}

const deleteStatement = `
  update endpoints set deleted_at = clock_timestamp(), version = version + 1
  where provider_id = $1 and id = $2 and deleted_at is null
  returning name, deleted_at + make_interval(secs => $3) as "undoUntil"`;

/**
 * Deletes an endpoint, at once for every reader. Its pending deliveries are held while the deletion can be undone, then
 * cancelled. History and name stay. Returns the end of the time to undo it, or undefined if there is no such endpoint.
 */
export async function deleteEndpoint(
  pool: Pool,
  { providerId, id, actor }: EndpointKey & { actor: Actor },
): Promise<Date | undefined> {
  return pool.inTransaction(async (tx) => {
    const values = [providerId, id, undoSeconds];
    const [deleted] = await tx.query<{ name: string; undoUntil: Date }>(deleteStatement, values);
    if (!deleted) return undefined;
    const detail = { name: deleted.name };
    await recordAudit(tx, { providerId, actor, action: "endpoint.deleted", subject: `endpoint/${id}`, detail });
    tx.hintAfterCommit("endpoints", String(id));
    return deleted.undoUntil;
  });
}

const restoreStatement = `
  update endpoints set deleted_at = null, version = version + 1
  where provider_id = $1 and id = $2 and deleted_at > clock_timestamp() - make_interval(secs => $3)
  returning id`;

/**
 * Undoes the deletion of an endpoint, with the deliveries held since then. Returns undefined if it was not deleted, or
 * too long ago. Throws a unique violation if another endpoint has its name by now.
 */
export async function restoreEndpoint(
  { pool, encryption }: Pick<EndpointNeeds, "pool" | "encryption">,
  { providerId, id, actor }: EndpointKey & { actor: Actor },
): Promise<Endpoint | undefined> {
  return pool.inTransaction(async (tx) => {
    await requireWithinLimit(tx, countLimits.endpoints, { providerId });
    const [restored] = await tx.query<{ id: number }>(restoreStatement, [providerId, id, undoSeconds]);
    const endpoint = restored && (await readEndpoint(tx, encryption, { providerId, id }));
    if (endpoint) await auditAndHint(tx, endpoint, { actor, action: "endpoint.restored", detail: {} });
    return endpoint;
  });
}

/**
 * Cancels deliveries of deleted endpoints once their deletion can no longer be undone, however long ago that was. Returns
 * their number. Call it until it returns 0: an endpoint may have a million.
 */
export const cancelDueOfDeletedEndpoints = (tx: Transaction): Promise<number> =>
  cancelDeliveriesOfDeleted(tx, undoEndedSeconds);

// By one probe of an index for each table, without reading all of it. An attempt has a delivery for as long as it is kept. Only a living
// engine writes about a lane that it owns, and it lets go of an idle one within minutes.
const forgottenStatement = `
  select id from endpoints
  where deleted_at < $1::timestamptz - make_interval(days => $2::integer + 1) and secret is null
    and provider_id not in (${leavingProviders})
    and (
      select 1 from (
        select provider_id, endpoint_id from due
        union all select provider_id, endpoint_id from failures
        union all select provider_id, endpoint_id from deleted_failures
        union all select provider_id, endpoint_id from deliveries
        union all select provider_id, endpoint_id from sent_settings
        union all select provider_id, endpoint_id from replays
        union all select provider_id, endpoint_id from jobs
        union all select provider_id, endpoint_id from alerts
        union all select provider_id, endpoint_id from alert_rules
        union all select provider_id, endpoint_id from statistics_minutes
        union all select provider_id, endpoint_id from statistics_hours
        union all select provider_id, endpoint_id from statistics_days
        union all select provider_id, endpoint_id from lanes
          join engines on engines.id = lanes.owner and ${heartbeatDistance} < 3600
      ) named
      where named.provider_id = endpoints.provider_id and named.endpoint_id = endpoints.id
      limit 1) is null
  limit 100
  for update skip locked`;

/**
 * Deletes up to 100 endpoints that were deleted more than `keptDays` ago and that nothing names any more, with their lanes. Returns
 * their ids. `now` is the time of the retention, which cannot leap.
 */
export async function deleteForgottenEndpoints(
  tx: Transaction,
  { now, keptDays }: { readonly now: Date; readonly keptDays: number },
): Promise<readonly number[]> {
  const ids = (await tx.query<{ id: number }>(forgottenStatement, [now, keptDays])).map(({ id }) => id);
  if (ids.length === 0) return ids;
  tx.send("delete from endpoints where id = any($1)", [ids]);
  deleteLanes(tx, ids);
  return ids;
}

// Only an endpoint as it was at the attempt: one that an admin has paused meanwhile stays paused, and one with another URL enabled.
const disableStatement = `
  update endpoints set state = 'disabled', disabled_reason = $2, version = version + 1,
    updated_at = now()
  where id = $1 and version = $3 and state = 'enabled' and deleted_at is null
  returning provider_id`;

/**
 * Disables an endpoint whose receiver is gone or has failed for too long. Its events are still recorded, and held. Returns false if it
 * has changed since the attempt with this version of its settings.
 */
export async function disableEndpoint(
  pool: Pool,
  { endpointId, version }: Pick<DeliverySettings, "endpointId" | "version">,
  reason: string,
): Promise<boolean> {
  return pool.inTransaction(async (tx) => {
    const [endpoint] = await tx.query<{ providerId: number }>(disableStatement, [endpointId, reason, version]);
    if (!endpoint) return false;
    resetLaneFailures(tx, endpointId);
    const change = { action: "endpoint.disabled", subject: `endpoint/${endpointId}`, detail: { reason } };
    await recordAudit(tx, { ...endpoint, ...change, actor: { kind: "system" } });
    tx.hintAfterCommit("endpoints", String(endpointId));
    return true;
  });
}

type EventTypes = Endpoint["eventTypes"];
type Switches = { readonly [Name in SwitchName]?: boolean | undefined };

/** Returns the default endpoint's event types as 3scale's switches. */
export function switchesOf({
  eventTypes: subscribed,
}: Pick<Endpoint, "eventTypes">): readonly { name: SwitchName; on: boolean }[] {
  const on = new Set(
    eventCatalogue.filter(({ type }) => isSubscribedTo(subscribed, type)).map(({ switchName }) => switchName),
  );
  return switchNames.map((name) => ({ name, on: on.has(name) }));
}

/** The fields of 3scale's form and API. Omitted ones stay. A new webhook starts with every switch off. */
export interface DefaultWebhookChange {
  readonly url?: string | undefined;
  readonly active?: boolean | undefined;
  readonly providerActions?: boolean | undefined;
  readonly switches: Switches;
}

interface Save {
  readonly providerId: number;
  readonly change: DefaultWebhookChange;
  readonly actor: Actor;
}

/**
 * Creates or updates the default endpoint, as 3scale's `PUT webhooks` does. Of two concurrent first calls, the second
 * updates.
 */
export const saveDefaultEndpoint = (needs: EndpointNeeds, change: Save): Promise<Endpoint | Refused> =>
  retryOnUniqueViolation(() => save(needs, change));

async function save(needs: EndpointNeeds, request: Save): Promise<Endpoint | Refused> {
  const { providerId, change, actor } = request;
  const { switches, ...rest } = change;
  const before = await readDefaultEndpoint(needs.pool, needs.encryption, providerId);
  const input: EndpointInput = { ...rest, eventTypes: applySwitches(before?.eventTypes ?? [], switches) };
  if (before) return (await changeRead(needs, before, { input, actor })) ?? save(needs, request);
  const create = { ...input, name: defaultEndpointName, active: change.active ?? false };
  return createEndpoint(needs, { providerId, input: create, actor });
}

function applySwitches(subscribed: EventTypes, switches: Switches): EventTypes {
  const selected = eventCatalogue.map(({ type, switchName }) => ({
    type,
    on: switches[switchName] ?? isSubscribedTo(subscribed, type),
  }));
  // `*` includes future types, so it stays until a switch is turned off.
  if (subscribed.includes("*") && selected.every(({ on }) => on)) return subscribed;
  return selected.filter(({ on }) => on).map(({ type }) => type);
}
