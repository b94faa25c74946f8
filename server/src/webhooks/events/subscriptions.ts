import { LRUCache } from "lru-cache";
import type { Actor } from "#access/index.ts";
import type { Transaction } from "#platform/database/database.ts";
import type { BodyFamily, Ordering } from "#webhooks/deliveries/index.ts";

/** What decides whether an endpoint gets an event, and in which form. */
export interface Subscription {
  readonly id: number;
  readonly active: boolean;
  /** Types of events; `*` is all. */
  readonly eventTypes: readonly string[];
  readonly providerActions: boolean;
  readonly allActors: boolean;
  readonly format: BodyFamily;
  readonly includeCredentials: boolean;
  readonly ordering: Ordering;
  /** How the outside reaches the provider: what CloudEvents name as their source. */
  readonly source: string;
  /** The provider's capability. Denied: nothing is sent to any endpoint. */
  readonly webHooks: "denied" | "hidden" | "visible";
}

interface VersionedSubscription extends Subscription {
  /** Of the provider's configuration, subscriptions and all. */
  readonly version: string;
}

// A version names the same subscriptions for ever, so what is remembered of one is never stale; triggers renew it with every
// change of them, of plans and of fields definitions. Some 10 MB.
const subscriptionCache = new LRUCache<string, readonly Subscription[]>({
  maxSize: 30_000,
  sizeCalculation: (all) => all.length,
});

// Part of every recorded event, so one primary key and one column: reading and understanding even one subscription costs both
// sides 20 µs more. It locks nothing: a change of an endpoint that commits meanwhile counts from the next event on. @indexed
const versionStatement = `select configuration_version as version from providers where id = $1`;

// @indexed
const subscriptionsStatement = `
  select endpoint.id, endpoint.active, endpoint.event_types, endpoint.provider_actions,
    endpoint.all_actors, endpoint.format, endpoint.include_credentials,
    endpoint.ordering, provider.event_source as source, provider.web_hooks, provider.configuration_version as version
  from endpoints endpoint
  join providers provider on provider.id = endpoint.provider_id
  where endpoint.provider_id = $1 and endpoint.deleted_at is null
  order by endpoint.id`;

/**
 * What the provider's endpoints are subscribed to, oldest first: in one round trip, or in two after a change; in none for who
 * has read the version in this transaction.
 */
export async function readSubscriptions(
  tx: Transaction,
  providerId: number,
  version?: string,
): Promise<readonly Subscription[]> {
  const known = subscriptionCache.get(version ?? (await readVersion(tx, providerId)));
  if (known) return known;
  const read = await tx.query<VersionedSubscription>(subscriptionsStatement, [providerId]);
  const [first] = read; // its version may be a later one than that above
  if (first) subscriptionCache.set(first.version, read);
  return read;
}

async function readVersion(tx: Transaction, providerId: number): Promise<string> {
  const [provider] = await tx.query<{ version: string }>(versionStatement, [providerId]);
  return provider?.version ?? "";
}

/** What keeps an event from an endpoint. The order is the order in which an admin would clear them away. */
export type Gate = "web_hooks_denied" | "not_active" | "switch_off" | "no_acting_user" | "admin_actions_off";

/** The gate that stops an event of this type by this actor, or nothing when the endpoint gets it. */
export function decideGate(
  subscription: Subscription,
  event: { readonly type: string; readonly actor: Actor },
): Gate | undefined {
  if (subscription.webHooks === "denied") return "web_hooks_denied";
  if (!subscription.active) return "not_active";
  if (!subscription.eventTypes.includes("*") && !subscription.eventTypes.includes(event.type)) return "switch_off";
  switch (event.actor.kind) {
    case "developer":
      return undefined;
    case "admin":
    case "token":
      return subscription.providerActions ? undefined : "admin_actions_off";
    case "key":
    case "system":
      return subscription.allActors ? undefined : "no_acting_user";
  }
}
