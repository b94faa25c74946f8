import { listAdminAddresses } from "#access/index.ts";
import type { Pool, Transaction } from "#platform/database/database.ts";
import { nameInLine } from "#platform/xml.ts";
import { type NewMail, insertMail } from "#portal/mails/index.ts";

/** An endpoint whose outage began or ended. */
interface Outage {
  readonly providerId: number;
  readonly providerName: string;
  readonly subdomain: string;
  readonly endpointName: string;
  readonly urlMasked: string;
}

const outageColumns = `provider.id as "providerId", provider.name as "providerName", provider.subdomain,
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
  select ${outageColumns}
  from begun
  join providers as provider on provider.id = begun.provider_id
  join endpoints as endpoint on endpoint.provider_id = begun.provider_id and endpoint.id = begun.endpoint_id`;

/** Records the outages that have begun: a delivery failed for good where none did before. */
const beginOutages = (tx: Transaction): Promise<Outage[]> => tx.query<Outage>(beginStatement);

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
  select ${outageColumns}
  from ended
  join providers as provider on provider.id = ended.provider_id
  join endpoints as endpoint on endpoint.provider_id = ended.provider_id and endpoint.id = ended.endpoint_id`;

const disabledStatement = `
  with disabled as (
    update endpoints set disabled_told = true
    where state = 'disabled' and not disabled_told and deleted_at is null
    returning provider_id, id
  )
  select ${outageColumns}, endpoint.id as "endpointId", endpoint.disabled_reason as "reason"
  from disabled
  join providers as provider on provider.id = disabled.provider_id
  join endpoints as endpoint on endpoint.provider_id = disabled.provider_id and endpoint.id = disabled.id`;

/** An endpoint to which nothing is sent any more, and why. */
interface DisabledEndpoint extends Outage {
  readonly endpointId: number;
  readonly reason: string;
}

/** The endpoints that have been disabled, each once. */
const findNewlyDisabled = (tx: Transaction): Promise<DisabledEndpoint[]> =>
  tx.query<DisabledEndpoint>(disabledStatement);

/** Records the outages that are over: something got through after they began. */
const endOutages = (tx: Transaction): Promise<Outage[]> => tx.query<Outage>(endStatement);

/** `failuresUrl`: the page that shows what failed. */
const outageBeganMail = (
  { providerName, endpointName, urlMasked }: Outage,
  { recipient, failuresUrl }: { recipient: string; failuresUrl: string },
): NewMail => ({
  recipient,
  subject: `${nameInLine(providerName)}: webhooks do not get through to ${nameInLine(endpointName)}`,
  text: `Hello,

the endpoint ${nameInLine(endpointName)} (${urlMasked}) does not take webhooks any more: all attempts of a delivery failed, or it was held for too long.

What failed is kept. You see why, and can send it again once the endpoint is repaired, here:

${failuresUrl}

We write again when something gets through.
`,
});

const outageEndedMail = (
  { providerName, endpointName, urlMasked }: Outage,
  { recipient, failuresUrl }: { recipient: string; failuresUrl: string },
): NewMail => ({
  recipient,
  subject: `${nameInLine(providerName)}: webhooks get through to ${nameInLine(endpointName)} again`,
  text: `Hello,

the endpoint ${nameInLine(endpointName)} (${urlMasked}) takes webhooks again.

What failed in the meantime waits for you to send it again, or to delete it:

${failuresUrl}
`,
});

/** `endpointUrl`: its page. */
const endpointDisabledMail = (
  { providerName, endpointName, urlMasked, reason }: DisabledEndpoint,
  { recipient, endpointUrl }: { recipient: string; endpointUrl: string },
): NewMail => ({
  recipient,
  subject: `${nameInLine(providerName)}: the endpoint ${nameInLine(endpointName)} was disabled`,
  text: `Hello,

nothing is sent to the endpoint ${nameInLine(endpointName)} (${urlMasked}) any more. ${reason}

Its webhooks are recorded and held. They are sent as soon as you resume it, here:

${endpointUrl}
`,
});

interface OutageNeeds {
  readonly pool: Pool;
  /** A page of a provider's Admin Portal. */
  readonly pageUrl: (provider: { readonly subdomain: string }, path: string) => string;
  readonly now: Date;
}

// Held until the transaction ends: of several processes that look at once, one does.
const lockStatement = `select pg_try_advisory_xact_lock(hashtext('bellwire outages')) as "isMine"`;

/** Writes to a provider's admins when deliveries to an endpoint begin to fail for good, when they get through again, and when it was disabled. */
export async function notifyOutages({ pool, pageUrl, now }: OutageNeeds): Promise<void> {
  await pool.inTransaction(async (tx) => {
    const [lock] = await tx.query<{ isMine: boolean }>(lockStatement);
    if (!lock?.isMine) return;
    const write = async <About extends Outage>(
      about: readonly About[],
      mailOf: (it: About, recipient: string) => NewMail,
    ): Promise<void> => {
      for (const it of about) {
        for (const recipient of await listAdminAddresses(tx, it.providerId))
          await insertMail(tx, it.providerId, mailOf(it, recipient), now);
      }
    };
    const failuresOf = (it: Outage): string => pageUrl(it, "/failures");
    await write(await endOutages(tx), (it, recipient) =>
      outageEndedMail(it, { recipient, failuresUrl: failuresOf(it) }),
    );
    await write(await beginOutages(tx), (it, recipient) =>
      outageBeganMail(it, { recipient, failuresUrl: failuresOf(it) }),
    );
    await write(await findNewlyDisabled(tx), (it, recipient) =>
      endpointDisabledMail(it, { recipient, endpointUrl: pageUrl(it, `/endpoints/${it.endpointId}`) }),
    );
  });
}
