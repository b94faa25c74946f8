import type { Transaction } from "#platform/database/database.ts";

/** An endpoint whose outage began or ended. */
export interface Outage {
  readonly providerId: number;
  readonly providerName: string;
  readonly subdomain: string;
  readonly endpointName: string;
  readonly urlMasked: string;
}

const told = `provider.id as "providerId", provider.name as "providerName", provider.subdomain,
  endpoint.name as "endpointName", endpoint.url_masked`;

// One probe of failures_list_idx for each endpoint that has no outage, however long its list is. What failed before the
// last outage ended belongs to that one.
const beginStatement = `
  with begun as (
    insert into outages (provider_id, endpoint_id, began_at)
    select endpoint.provider_id, endpoint.id, failure.failed_at
    from endpoints as endpoint
    cross join lateral (
      select failed_at
      from failures
      where failures.provider_id = endpoint.provider_id and failures.endpoint_id = endpoint.id
        and failed_at > coalesce((
          select max(ended_at) from outages as earlier
          where earlier.provider_id = endpoint.provider_id and earlier.endpoint_id = endpoint.id), '-infinity')
      order by failed_at
      limit 1) as failure
    where endpoint.deleted_at is null and not exists (
      select from outages as lasting where lasting.endpoint_id = endpoint.id and lasting.ended_at is null)
    returning provider_id, endpoint_id
  )
  select ${told}
  from begun
  join providers as provider on provider.id = begun.provider_id
  join endpoints as endpoint on endpoint.provider_id = begun.provider_id and endpoint.id = begun.endpoint_id`;

/** Records the outages that have begun: a delivery failed for good where none did before. */
export const beginOutages = (tx: Transaction): Promise<Outage[]> => tx.query<Outage>(beginStatement);

// Looks at the newest deliveries alone, by deliveries_endpoint_idx: an endpoint may have millions of older ones.
const endStatement = `
  with ended as (
    update outages as outage
    set ended_at = clock_timestamp()
    where ended_at is null and exists (
      select from (
        select state, delivery.ended_at
        from deliveries as delivery
        where delivery.provider_id = outage.provider_id and delivery.endpoint_id = outage.endpoint_id
        order by event_id desc
        limit 500) as newest
      where newest.state = 'delivered' and newest.ended_at > outage.began_at)
    returning provider_id, endpoint_id
  )
  select ${told}
  from ended
  join providers as provider on provider.id = ended.provider_id
  join endpoints as endpoint on endpoint.provider_id = ended.provider_id and endpoint.id = ended.endpoint_id`;

const disabledStatement = `
  with disabled as (
    update endpoints set disabled_told = true
    where state = 'disabled' and not disabled_told and deleted_at is null
    returning provider_id, id
  )
  select ${told}, endpoint.id as "endpointId", endpoint.disabled_reason as "reason"
  from disabled
  join providers as provider on provider.id = disabled.provider_id
  join endpoints as endpoint on endpoint.provider_id = disabled.provider_id and endpoint.id = disabled.id`;

/** An endpoint to which nothing is sent any more, and why. */
export interface DisabledEndpoint extends Outage {
  readonly endpointId: number;
  readonly reason: string;
}

/** The endpoints that have been disabled, each once. */
export const findNewlyDisabled = (tx: Transaction): Promise<DisabledEndpoint[]> =>
  tx.query<DisabledEndpoint>(disabledStatement);

/** Records the outages that are over: something got through after they began. */
export const endOutages = (tx: Transaction): Promise<Outage[]> => tx.query<Outage>(endStatement);
