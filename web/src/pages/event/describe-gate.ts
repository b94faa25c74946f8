import type { Verdict } from "../../api/event-queries.ts";
import type { EventType } from "../../api/event-type-queries.ts";

type Gate = NonNullable<Verdict["gate"]>;

export interface GateInWords {
  readonly reason: string;
  /** The control of the Webhooks page that would let such an event through, if there is one. */
  readonly control?: { readonly id: string; readonly label: string };
}

/** Why an event was not sent, told as it was when it happened. */
export function describeGate(gate: Gate, type: Pick<EventType, "label" | "switch">): GateInWords {
  switch (gate) {
    case "web_hooks_denied":
      return { reason: "Webhooks were not part of the plan" };
    case "not_active":
      return { reason: "Webhooks were not enabled", control: { id: "active", label: "Webhooks enabled" } };
    case "switch_off":
      return { reason: `The event was not selected: ${type.label}`, control: { id: type.switch, label: type.label } };
    case "admin_actions_off":
      return {
        reason: "An admin or an access token did it, and actions in the admin portal did not trigger webhooks",
        control: { id: "provider_actions", label: "Actions in the admin portal also trigger webhooks" },
      };
    case "no_acting_user":
      return {
        reason: "No user did it: it was activation by e-mail, the provider key, or a change in the background",
        control: { id: "all_actors", label: "Also activation by e-mail, provider key and background changes" },
      };
  }
}
