import type { Endpoint } from "../../api/endpoint-queries.ts";
import type { EventType, EventTypeName } from "../../api/event-type-queries.ts";

/** What the form holds. `switches` are the names of the events that are on, such as `account.created`. */
export interface Settings {
  readonly active: boolean;
  readonly provider_actions: boolean;
  readonly all_actors: boolean;
  readonly url: string;
  readonly success: Endpoint["success"];
  readonly switches: ReadonlySet<EventTypeName>;
}

const untouched: Settings = {
  active: false,
  provider_actions: false,
  all_actors: false,
  url: "",
  success: "200",
  switches: new Set(),
};

/** The saved settings, or everything off before there are any. */
export function settingsOf(endpoint: Endpoint | null, types: readonly EventType[]): Settings {
  if (!endpoint) return untouched;
  const { active, provider_actions, all_actors, url, success, event_types } = endpoint;
  const isOn = (type: EventTypeName): boolean => event_types.includes("*") || event_types.includes(type);
  return {
    active,
    provider_actions,
    all_actors,
    url,
    success,
    switches: new Set(types.map(({ type }) => type).filter(isOn)),
  };
}
