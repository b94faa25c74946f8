import type { Transaction } from "#platform/database/database.ts";
import type { BodyFamily, Ordering } from "./endpoint.ts";

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

// Part of every recorded event, so one statement, two primary keys, no decryption. It locks nothing: a change of an
// endpoint that commits meanwhile counts from the next event on.
const statement = `
  select endpoint.id, endpoint.active, endpoint.event_types as "eventTypes", endpoint.provider_actions as "providerActions",
    endpoint.all_actors as "allActors", endpoint.format, endpoint.include_credentials as "includeCredentials",
    endpoint.ordering, provider.event_source as source, provider.web_hooks as "webHooks"
  from endpoints endpoint
  join providers provider on provider.id = endpoint.provider_id
  where endpoint.provider_id = $1 and endpoint.deleted_at is null
  order by endpoint.id`;

export async function readSubscriptions(tx: Transaction, providerId: number): Promise<readonly Subscription[]> {
  return tx.query<Subscription>(statement, [providerId]);
}
