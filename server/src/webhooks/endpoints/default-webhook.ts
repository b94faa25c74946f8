import type { Actor } from "#access/index.ts";
import { retryOnUniqueViolation } from "#platform/database/database.ts";
import { type SwitchName, eventCatalogue, isSubscribedTo, switchNames } from "#webhooks/events/index.ts";
import { type EndpointNeeds, createEndpoint, updateEndpoint } from "./change-endpoint.ts";
import { readDefaultEndpoint } from "./endpoint-table.ts";
import { type Endpoint, type EndpointInput, type Refused, defaultEndpointName } from "./settings.ts";

type EventTypes = Endpoint["eventTypes"];
type Switches = { readonly [Name in SwitchName]?: boolean | undefined };

/** Returns the default endpoint's event types as 3scale's switches. */
export function switchesOf({
  eventTypes: subscribed,
}: Pick<Endpoint, "eventTypes">): readonly { name: SwitchName; on: boolean }[] {
  const on = new Set(
    eventCatalogue.filter(({ type }) => isSubscribedTo(subscribed, type)).map(({ switchName }) => switchName),
  );
  return switchNames.map((name) => ({ name, on: on.has(name) }));
}

/** The fields of 3scale's form and API. Omitted ones stay. A new webhook starts with every switch off. */
export interface DefaultWebhookChange {
  readonly url?: string | undefined;
  readonly active?: boolean | undefined;
  readonly providerActions?: boolean | undefined;
  readonly switches: Switches;
}

interface Save {
  readonly providerId: number;
  readonly change: DefaultWebhookChange;
  readonly actor: Actor;
}

/**
 * Creates or updates the default endpoint, as 3scale's `PUT webhooks` does. Of two concurrent first calls, the second
 * updates.
 */
export const saveDefaultEndpoint = (needs: EndpointNeeds, change: Save): Promise<Endpoint | Refused> =>
  retryOnUniqueViolation(() => save(needs, change));

async function save(needs: EndpointNeeds, { providerId, change, actor }: Save): Promise<Endpoint | Refused> {
  const { switches, ...rest } = change;
  const before = await readDefaultEndpoint(needs.pool, needs.encryption, providerId);
  const input: EndpointInput = { ...rest, eventTypes: applySwitches(before?.eventTypes ?? [], switches) };
  const saved = before && (await updateEndpoint(needs, { providerId, id: before.id, input, actor }));
  const create = { ...input, name: defaultEndpointName, active: change.active ?? false };
  return saved ?? createEndpoint(needs, { providerId, input: create, actor });
}

function applySwitches(subscribed: EventTypes, switches: Switches): EventTypes {
  const selected = eventCatalogue.map(({ type, switchName }) => ({
    type,
    on: switches[switchName] ?? isSubscribedTo(subscribed, type),
  }));
  // `*` includes future types, so it stays until a switch is turned off.
  if (subscribed.includes("*") && selected.every(({ on }) => on)) return subscribed;
  return selected.filter(({ on }) => on).map(({ type }) => type);
}
