import type { Event } from "../api/event-queries.ts";

const kinds = {
  developer: "A developer",
  admin: "An admin",
  token: "An access token",
  key: "The provider key",
  system: "Bellwire itself",
} as const satisfies Record<Event["actor"]["kind"], string>;

const channels = {
  developer_portal: "Developer Portal",
  admin_portal: "Admin Portal",
  api: "API",
  system: "in the background",
} as const satisfies Record<Event["channel"], string>;

export const channelName = (channel: Event["channel"]): string => channels[channel];

export function ActorName({ actor: { kind, user_id } }: { actor: Event["actor"] }) {
  return (
    <>
      {kinds[kind]}
      {user_id !== null && <span className="bellwire-subtle"> (user {user_id})</span>}
    </>
  );
}
