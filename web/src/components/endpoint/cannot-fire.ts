import type { EventType } from "../../api/event-type-queries.ts";

/**
 * Why no operation can fire this event for the default endpoint under these settings, or nothing when one can.
 * Developers always pass; admins and access tokens only with `provider_actions`; a program with the provider key, which
 * comes through the API too, and what happens in the background, only with `all_actors`.
 */
export function cannotFire(
  { doors }: Pick<EventType, "doors">,
  settings: { readonly provider_actions: boolean; readonly all_actors: boolean },
): string | undefined {
  if (doors.length === 0) return "Cannot fire: no operation causes it";
  if (doors.includes("developer_portal") || settings.provider_actions) return undefined;
  if (settings.all_actors && (doors.includes("api") || doors.includes("background"))) return undefined;
  return "Cannot fire while actions in the admin portal do not trigger webhooks";
}
