import type { Actor } from "#access/index.ts";
import type { Subscription } from "#webhooks/endpoints/index.ts";

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
