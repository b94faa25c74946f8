import { randomBytes } from "node:crypto";
import { type Actor, recordAudit } from "#access/index.ts";
import type { Pool, Transaction } from "#platform/database/database.ts";
import type { Encryption } from "#platform/encryption.ts";
import { countLimits, requireWithinLimit } from "#platform/limits.ts";
import { type TargetRules, checkEndpoint, maskUrl } from "./check-endpoint.ts";
import { insertEndpoint, purposes, readEndpoint, replaceSecret, updateEndpointRow } from "./endpoint-table.ts";
import {
  type Endpoint,
  type EndpointInput,
  type EndpointSettings,
  type Refused,
  applyInput,
  withDefaults,
} from "./settings.ts";

/** As Standard Webhooks recommends: 24 to 64 bytes, in base64, after a prefix that scanners for leaked secrets know. */
const newSecret = (): string => `whsec_${randomBytes(32).toString("base64")}`;

const eventSourceStatement = `update providers set event_source = $2 where id = $1 and event_source <> $2`;

/**
 * Fixes what the provider's CloudEvents name as their source, when an endpoint is to get such. It is stored, so that every
 * process writes the same into them, also one that does not know how the outside reaches us. After the endpoint is written:
 * that locks the provider too, and whoever did it the other way round would wait for this for ever.
 */
async function saveEventSource(
  tx: Transaction,
  {
    providerId,
    format,
    source,
  }: { providerId: number; format: EndpointSettings["format"]; source: string | undefined },
): Promise<void> {
  if (source !== undefined && format.startsWith("cloudevents"))
    await tx.query(eventSourceStatement, [providerId, source]);
}

export interface EndpointNeeds {
  readonly pool: Pool;
  readonly encryption: Encryption;
  readonly targets: TargetRules;
  /** Of a new endpoint in the `3scale` format. */
  readonly retryWaitsSeconds: readonly number[];
}

interface EndpointChange {
  readonly input: EndpointInput;
  readonly actor: Actor;
  /** How the outside reaches the provider; from where the format can be chosen. */
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
    await saveEventSource(tx, { providerId, format: settings.format, source });
    await auditAndNotify(tx, endpoint, {
      actor,
      action: "endpoint.created",
      detail: { name: endpoint.name, url: endpoint.urlMasked },
    });
    return endpoint;
  });
}

/** Undefined when there is no such endpoint. A change that changes nothing is none. */
export async function updateEndpoint(
  needs: EndpointNeeds,
  change: EndpointChange & { providerId: number; id: number },
): Promise<Endpoint | Refused | undefined> {
  const { pool, encryption, targets } = needs;
  const before = await readEndpoint(pool, encryption, change);
  if (!before) return undefined;
  const settings = applyInput(before, { ...change.input, url: unmaskUrl(before, change.input.url) });
  const detail = changedSettings(before, settings);
  if (Object.keys(detail).length === 0 && before.undecryptable === null) return before;
  const refusal = refuseUndecryptable(before, settings) ?? (await checkEndpoint(settings, before, targets));
  if (refusal) return refusal;

  const after = await pool.inTransaction(async (tx) => {
    const changed = await updateEndpointRow(tx, encryption, before, settings);
    if (!changed) return undefined;
    await saveEventSource(tx, { providerId: change.providerId, format: settings.format, source: change.source });
    await auditAndNotify(tx, changed, { actor: change.actor, action: "endpoint.changed", detail });
    return before.undecryptable === null ? changed : repairSecret(tx, encryption, before);
  });
  // Checking a URL asks the network, so no row is locked meanwhile: somebody else may have been quicker.
  return after ?? updateEndpoint(needs, change);
}

/** A URL that cannot be decrypted has to be entered again: saved as it is read, the deliveries would go nowhere. */
function refuseUndecryptable({ undecryptable }: Endpoint, { url }: EndpointSettings): Refused | undefined {
  if (undecryptable === null || url !== "") return undefined;
  return { refused: { url: [`can't be decrypted (${undecryptable}): enter it again, and the custom headers`] } };
}

/** Stores the secret with the newest key; one that cannot be decrypted is replaced by a new one. */
async function repairSecret(tx: Transaction, encryption: Encryption, before: Endpoint): Promise<Endpoint | undefined> {
  const secret = before.secrets[0] ?? newSecret();
  return replaceSecret(tx, encryption, { providerId: before.providerId, id: before.id, secret });
}

/** Who reads an endpoint and writes it back has a URL without its secrets, and means the one that has them. */
function unmaskUrl(before: Endpoint, url: string | undefined): string | undefined {
  // One that cannot be decrypted is entered again, also when nothing of it is masked.
  const isEnteredAgain = before.url === "" && url !== undefined && maskUrl(url) === url && !url.includes("…");
  return url === before.urlMasked && !isEnteredAgain ? undefined : url;
}

/** The audit record of a change, and the hints: engines read the endpoint again, and look for what was held. */
async function auditAndNotify(
  tx: Transaction,
  { providerId, id, active, state }: Endpoint,
  deed: { actor: Actor; action: string; detail: Readonly<Record<string, unknown>> },
): Promise<void> {
  await recordAudit(tx, { providerId, subject: `endpoint/${id}`, ...deed });
  tx.hintAfterCommit("endpoints", String(id));
  if (active && state === "enabled") tx.hintAfterCommit("due", String(id));
}

/** Field to its new value, what is secret masked. */
function changedSettings(before: EndpointSettings, after: EndpointSettings): Readonly<Record<string, unknown>> {
  const [old, shown] = [pickSettings(before), pickSettings(after)];
  const names = Object.keys(shown).filter((name) => JSON.stringify(old[name]) !== JSON.stringify(shown[name]));
  return Object.fromEntries(
    names.map((name) => {
      if (name === "url") return [name, maskUrl(after.url)];
      return [name, name === "headers" ? Object.keys(after.headers) : shown[name]];
    }),
  );
}

/** An endpoint is more than its settings: the rest does not count as a change. */
function pickSettings(it: EndpointSettings): Readonly<Record<string, unknown>> {
  const { name, url, description, active, eventTypes, providerActions, allActors, format, headers, state } = it;
  const { retryWaitsSeconds, success, timeoutSeconds, maxInFlight, maxPerSecond, ordering, includeCredentials } = it;
  const limits = {
    retryWaitsSeconds,
    success,
    timeoutSeconds,
    maxInFlight,
    maxPerSecond,
    ordering,
    includeCredentials,
  };
  return { name, url, description, active, eventTypes, providerActions, allActors, format, headers, state, ...limits };
}

// The old one signs for a day more, so that a receiver can change without a gap. The one before it stops at once.
const rotateStatement = `
  update endpoints set secret = $3, previous_secret = secret, previous_secret_until = now() + interval '24 hours',
    version = version + 1, updated_at = now()
  where provider_id = $1 and id = $2 and deleted_at is null`;

/** Gives the endpoint with its new secret first, or undefined when there is none. */
export async function rotateSecret(
  { pool, encryption }: { readonly pool: Pool; readonly encryption: Encryption },
  { providerId, id, actor }: { providerId: number; id: number; actor: Actor },
): Promise<Endpoint | undefined> {
  return pool.inTransaction(async (tx) => {
    await tx.query(rotateStatement, [providerId, id, encryption.encrypt(purposes.secret, newSecret())]);
    const endpoint = await readEndpoint(tx, encryption, { providerId, id });
    if (endpoint) await auditAndNotify(tx, endpoint, { actor, action: "endpoint.secret_rotated", detail: {} });
    return endpoint;
  });
}

const markDeleted = `
  update endpoints set deleted_at = now(), version = version + 1
  where provider_id = $1 and id = $2 and deleted_at is null
  returning name`;

// Off the live table and ended, in one statement, so that none is forgotten between the two.
const cancelDue = `
  with gone as (
    delete from due where endpoint_id = any($1)
    returning *
  )
  insert into deliveries (provider_id, event_id, endpoint_id, state, attempts_made, replay, format)
  select provider_id, event_id, endpoint_id, 'cancelled', attempts_made, replay, format from gone
  on conflict (provider_id, event_id, endpoint_id) do update
    set state = excluded.state, attempts_made = excluded.attempts_made, replay = excluded.replay, ended_at = clock_timestamp()
  returning event_id`;

/** Its pending deliveries are cancelled; its history and its name stay. False when there is no such endpoint. */
export async function deleteEndpoint(
  pool: Pool,
  { providerId, id, actor }: { providerId: number; id: number; actor: Actor },
): Promise<boolean> {
  return pool.inTransaction(async (tx) => {
    const [deleted] = await tx.query<{ name: string }>(markDeleted, [providerId, id]);
    if (!deleted) return false;
    await tx.query(cancelDue, [[id]]);
    await recordAudit(tx, {
      providerId,
      actor,
      action: "endpoint.deleted",
      subject: `endpoint/${id}`,
      detail: deleted,
    });
    tx.hintAfterCommit("endpoints", String(id));
    tx.hintAfterCommit("history", "");
    return true;
  });
}

const recentlyDeleted = `select id from endpoints where deleted_at > now() - interval '1 day'`;

/**
 * Cancels what was recorded for endpoints while they were being deleted: the two do not wait for each other. For a
 * house-keeper, now and then. Gives how many.
 */
export async function cancelDueOfDeletedEndpoints(tx: Transaction): Promise<number> {
  const deleted = await tx.query<{ id: number }>(recentlyDeleted);
  const cancelled = await tx.query(cancelDue, [deleted.map(({ id }) => id)]);
  if (cancelled.length > 0) tx.hintAfterCommit("history", "");
  return cancelled.length;
}

// Of an endpoint that is enabled: one that an admin has paused meanwhile stays as he left it. Once it is enabled again, its
// failures count from zero.
const disableStatement = `
  with disabled as (
    update endpoints set state = 'disabled', disabled_reason = $2, disabled_told = false, version = version + 1,
      updated_at = now()
    where id = $1 and state = 'enabled' and deleted_at is null
    returning id, provider_id
  ), lane as (
    update lanes set failing_since = null, failed_attempts = 0 from disabled where lanes.endpoint_id = disabled.id
  )
  select provider_id from disabled`;

/**
 * Stops an endpoint whose receiver is gone, or has failed for too long. Events are recorded and held, the pages say why,
 * and the provider's admins are written to.
 */
export async function disableEndpoint(pool: Pool, endpointId: number, reason: string): Promise<void> {
  await pool.inTransaction(async (tx) => {
    const [endpoint] = await tx.query<{ providerId: number }>(disableStatement, [endpointId, reason]);
    if (!endpoint) return;
    const deed = { action: "endpoint.disabled", subject: `endpoint/${endpointId}`, detail: { reason } };
    await recordAudit(tx, { ...endpoint, ...deed, actor: { kind: "system" } });
    tx.hintAfterCommit("endpoints", String(endpointId));
    tx.hintAfterCommit("history", "");
  });
}
