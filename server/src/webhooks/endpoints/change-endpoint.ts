import { recordAudit, type Actor } from "#access/index.ts";
import { countLimits } from "#platform/limits/limits.ts";
import { requireRoom } from "#platform/limits/require-room.ts";
import type { Pool, Transaction } from "#platform/database/database.ts";
import type { Encryption } from "#platform/encryption/encryption.ts";
import type { TargetRules } from "./check-endpoint-url.ts";
import { checkEndpoint } from "./check-endpoint.ts";
import { withDefaults, withGiven } from "./endpoint-defaults.ts";
import type { Endpoint, EndpointInput, EndpointSettings, Refused } from "./endpoint.ts";
import { insertEndpoint, readEndpoint, replaceSecret, updateEndpoint } from "./endpoints-table.ts";
import { keepEventSource } from "./keep-event-source.ts";
import { maskUrl } from "./mask-url.ts";
import { newSecret } from "./new-secret.ts";

export interface EndpointNeeds {
  readonly pool: Pool;
  readonly encryption: Encryption;
  readonly targets: TargetRules;
  /** Of a new endpoint in the `3scale` format. */
  readonly retryWaitsSeconds: readonly number[];
}

interface EndpointDeed {
  readonly input: EndpointInput;
  readonly actor: Actor;
  /** How the outside reaches the provider; from where the format can be chosen. */
  readonly source?: string;
}

export async function createEndpoint(
  { pool, encryption, targets, retryWaitsSeconds }: EndpointNeeds,
  { providerId, input, actor, source }: EndpointDeed & { providerId: number },
): Promise<Endpoint | Refused> {
  const settings = withDefaults(input, retryWaitsSeconds);
  const refusal = await checkEndpoint(settings, undefined, targets);
  if (refusal) return refusal;
  return pool.inTransaction(async (tx) => {
    await requireRoom(tx, countLimits.endpoints, { providerId });
    const endpoint = await insertEndpoint(tx, encryption, { providerId, settings, secret: newSecret() });
    await keepEventSource(tx, { providerId, format: settings.format, source });
    await tell(tx, endpoint, {
      actor,
      action: "endpoint.created",
      detail: { name: endpoint.name, url: endpoint.urlMasked },
    });
    return endpoint;
  });
}

/** Undefined when there is no such endpoint. A change that changes nothing is none. */
export async function changeEndpoint(
  needs: EndpointNeeds,
  change: EndpointDeed & { providerId: number; id: number },
): Promise<Endpoint | Refused | undefined> {
  const { pool, encryption, targets } = needs;
  const before = await readEndpoint(pool, encryption, change);
  if (!before) return undefined;
  const settings = withGiven(before, { ...change.input, url: urlMeant(before, change.input.url) });
  const detail = whatChanged(before, settings);
  if (Object.keys(detail).length === 0 && before.undecryptable === null) return before;
  const refusal = refusalOfUndecryptable(before, settings) ?? (await checkEndpoint(settings, before, targets));
  if (refusal) return refusal;

  const after = await pool.inTransaction(async (tx) => {
    const changed = await updateEndpoint(tx, encryption, before, settings);
    if (!changed) return undefined;
    await keepEventSource(tx, { providerId: change.providerId, format: settings.format, source: change.source });
    await tell(tx, changed, { actor: change.actor, action: "endpoint.changed", detail });
    return before.undecryptable === null ? changed : repairSecret(tx, encryption, before);
  });
  // Checking a URL asks the network, so no row is locked meanwhile: somebody else may have been quicker.
  return after ?? changeEndpoint(needs, change);
}

/** A URL that cannot be decrypted has to be entered again: saved as it is read, the deliveries would go nowhere. */
function refusalOfUndecryptable({ undecryptable }: Endpoint, { url }: EndpointSettings): Refused | undefined {
  if (undecryptable === null || url !== "") return undefined;
  return { refused: { url: [`can't be decrypted (${undecryptable}): enter it again, and the custom headers`] } };
}

/** Stores the secret with the newest key; one that cannot be decrypted is replaced by a new one. */
async function repairSecret(tx: Transaction, encryption: Encryption, before: Endpoint): Promise<Endpoint | undefined> {
  const secret = before.secrets[0] ?? newSecret();
  return replaceSecret(tx, encryption, { providerId: before.providerId, id: before.id, secret });
}

/** Who reads an endpoint and writes it back has a URL without its secrets, and means the one that has them. */
function urlMeant(before: Endpoint, url: string | undefined): string | undefined {
  // One that cannot be decrypted is entered again, also when nothing of it is masked.
  const isEnteredAgain = before.url === "" && url !== undefined && maskUrl(url) === url && !url.includes("…");
  return url === before.urlMasked && !isEnteredAgain ? undefined : url;
}

/** The audit record of a change, and the hints: engines read the endpoint again, and look for what was held. */
export async function tell(
  tx: Transaction,
  { providerId, id, active, state }: Endpoint,
  deed: { actor: Actor; action: string; detail: Readonly<Record<string, unknown>> },
): Promise<void> {
  await recordAudit(tx, { providerId, subject: `endpoint/${id}`, ...deed });
  tx.hintAfterCommit("endpoints", String(id));
  if (active && state === "enabled") tx.hintAfterCommit("due", String(id));
}

/** Field to its new value, what is secret masked. */
function whatChanged(before: EndpointSettings, after: EndpointSettings): Readonly<Record<string, unknown>> {
  const [old, shown] = [settingsIn(before), settingsIn(after)];
  const names = Object.keys(shown).filter((name) => JSON.stringify(old[name]) !== JSON.stringify(shown[name]));
  return Object.fromEntries(
    names.map((name) => {
      if (name === "url") return [name, maskUrl(after.url)];
      return [name, name === "headers" ? Object.keys(after.headers) : shown[name]];
    }),
  );
}

/** An endpoint is more than its settings: the rest does not count as a change. */
function settingsIn(it: EndpointSettings): Readonly<Record<string, unknown>> {
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
