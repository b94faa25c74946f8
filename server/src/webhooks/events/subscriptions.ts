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

// Locks nothing: a change of an endpoint that commits meanwhile counts from the next event on. @indexed
const subscriptionsStatement = `
  select endpoint.id, endpoint.active, endpoint.event_types, endpoint.provider_actions,
    endpoint.all_actors, endpoint.format, endpoint.include_credentials,
    endpoint.ordering, provider.event_source as source, provider.web_hooks
  from endpoints endpoint
  join providers provider on provider.id = endpoint.provider_id
  where endpoint.provider_id = $1 and endpoint.deleted_at is null
  order by endpoint.id`;

/** Returns the subscriptions of the provider's endpoints, oldest first. */
export const readSubscriptions = (tx: Transaction, providerId: number): Promise<readonly Subscription[]> =>
  tx.query<Subscription>(subscriptionsStatement, [providerId]);

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
