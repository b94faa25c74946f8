import type { Actor } from "#access/index.ts";
import type { Transaction } from "#platform/database/database.ts";
import { type BodyFamily, type Ordering, undoSeconds } from "#webhooks/deliveries/index.ts";
import { isOperational, isSubscribedTo } from "./catalogue.ts";

/** The settings that decide which events an endpoint gets, and in which form. */
export interface Subscription {
  readonly id: number;
  /** The endpoint of 3scale's API. */
  readonly isDefault: boolean;
  readonly active: boolean;
  /** `*` means all types of changes. Operational events are named. */
  readonly eventTypes: readonly string[];
  readonly providerActions: boolean;
  readonly allActors: boolean;
  readonly format: BodyFamily;
  readonly includeCredentials: boolean;
  readonly ordering: Ordering;
  readonly version: number;
  /** The provider's admin URL, the source of its CloudEvents. */
  readonly source: string;
  /** The provider's capability. `denied` stops all events. */
  readonly webHooks: "denied" | "hidden" | "visible";
}

// Locks nothing: a concurrent change of an endpoint applies from the next event on. While the deletion of an endpoint
// can be undone, its events are still recorded and held, so that an undo leaves no gap. @indexed
const subscriptionsStatement = `
  select endpoint.id, endpoint.name = 'default' as is_default, endpoint.active, endpoint.event_types, endpoint.provider_actions,
    endpoint.all_actors, endpoint.format, endpoint.include_credentials,
    endpoint.ordering, endpoint.version, provider.event_source as source, provider.web_hooks
  from endpoints endpoint
  join providers provider on provider.id = endpoint.provider_id
  where endpoint.provider_id = $1
    and (endpoint.deleted_at is null or endpoint.deleted_at > clock_timestamp() - make_interval(secs => $2))
  order by endpoint.id`;

/** Returns the subscriptions of the provider's endpoints, oldest first. */
export const readSubscriptions = (tx: Transaction, providerId: number): Promise<readonly Subscription[]> =>
  tx.query<Subscription>(subscriptionsStatement, [providerId, undoSeconds]);

/** The rules that can keep an event from an endpoint, in the order in which an admin would resolve them. */
export type Gate =
  | "web_hooks_denied"
  | "not_active"
  | "switch_off"
  | "own_endpoint"
  | "no_acting_user"
  | "admin_actions_off";

/** Returns the gate that stops the event, or undefined if the endpoint gets it. */
export function decideGate(
  subscription: Subscription,
  event: { readonly type: string; readonly actor: Actor; readonly objectId: number },
): Gate | undefined {
  if (subscription.webHooks === "denied") return "web_hooks_denied";
  if (!subscription.active) return "not_active";
  if (!isSubscribedTo(subscription.eventTypes, event.type)) return "switch_off";
  if (isOperational(event.type)) return operationalGate(subscription, event.objectId);
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

/** Returns whether an endpoint gets the event. */
export const hasSubscriber = (
  subscriptions: readonly Subscription[],
  event: Parameters<typeof decideGate>[1],
): boolean => subscriptions.some((subscription) => decideGate(subscription, event) === undefined);

/**
 * An endpoint gets no event about itself, which could fail and cause another one. 3scale's webhook gets none at all. No
 * user acts in operational events, so the rules about actors do not apply.
 */
function operationalGate({ id, isDefault }: Subscription, endpointId: number): Gate | undefined {
  if (isDefault) return "switch_off";
  return id === endpointId ? "own_endpoint" : undefined;
}
