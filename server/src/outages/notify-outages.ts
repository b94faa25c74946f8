import { listAdminAddresses } from "#access/index.ts";
import type { Pool, Transaction } from "#platform/database/database.ts";
import { nameInLine } from "#platform/xml.ts";
import { type NewMail, insertMail } from "#portal/mails/index.ts";
import { takeDisabledEndpoints } from "#webhooks/endpoints/index.ts";

/** An endpoint whose outage began or ended. */
interface Outage {
  readonly providerId: number;
  readonly providerName: string;
  readonly subdomain: string;
  readonly endpointName: string;
  readonly urlMasked: string;
}

const outageColumns = `provider.id as provider_id, provider.name as provider_name, provider.subdomain,
  endpoint.name as endpoint_name, endpoint.url_masked`;

// One probe of failures_list_idx per endpoint without an outage, however long its failure list. Failures before the end of
// the last outage belong to that one.
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

/** Inserts an outage for each endpoint whose first delivery has failed. */
const beginOutages = (tx: Transaction): Promise<Outage[]> => tx.query<Outage>(beginStatement);

// Reads only the newest deliveries, by deliveries_endpoint_idx: an endpoint may have millions of older ones.
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

/** Ends outages after a successful delivery. */
const endOutages = (tx: Transaction): Promise<Outage[]> => tx.query<Outage>(endStatement);

interface DisabledOutage extends Outage {
  readonly endpointId: number;
  readonly disabledReason: string;
}

const disabledStatement = `
  select ${outageColumns}, endpoint.id as endpoint_id, endpoint.disabled_reason
  from endpoints as endpoint
  join providers as provider on provider.id = endpoint.provider_id
  where endpoint.id = any($1)`;

async function readNewlyDisabled(tx: Transaction): Promise<DisabledOutage[]> {
  const ids = await takeDisabledEndpoints(tx);
  return ids.length > 0 ? tx.query<DisabledOutage>(disabledStatement, [ids]) : [];
}

interface MailFacts {
  readonly recipient: string;
  /** The page to open. */
  readonly url: string;
}

const outageBeganMail = (
  { providerName, endpointName, urlMasked }: Outage,
  { recipient, url }: MailFacts,
): NewMail => ({
  recipient,
  subject: `${nameInLine(providerName)}: deliveries to ${nameInLine(endpointName)} are failing`,
  text: `Hello,

a delivery to the endpoint ${nameInLine(endpointName)} (${urlMasked}) has failed: it has no attempts left, or was held for too long.

Failed deliveries are kept. This page shows the reason, and retries them once the endpoint is repaired:

${url}

You will receive another message when a delivery succeeds.
`,
});

const outageEndedMail = (
  { providerName, endpointName, urlMasked }: Outage,
  { recipient, url }: MailFacts,
): NewMail => ({
  recipient,
  subject: `${nameInLine(providerName)}: deliveries to ${nameInLine(endpointName)} succeed again`,
  text: `Hello,

the endpoint ${nameInLine(endpointName)} (${urlMasked}) accepts deliveries again.

Deliveries that failed in the meantime are on the failure list until you retry or delete them:

${url}
`,
});

const endpointDisabledMail = (
  { providerName, endpointName, urlMasked, disabledReason }: DisabledOutage,
  { recipient, url }: MailFacts,
): NewMail => ({
  recipient,
  subject: `${nameInLine(providerName)}: the endpoint ${nameInLine(endpointName)} was disabled`,
  text: `Hello,

nothing is sent to the endpoint ${nameInLine(endpointName)} (${urlMasked}) any more. ${disabledReason}

Its events are recorded, and their deliveries are held. They are sent as soon as you resume the endpoint:

${url}
`,
});

interface OutageNeeds {
  readonly pool: Pool;
  /** Returns the URL of a page of the provider's Admin Portal. */
  readonly pageUrl: (provider: { readonly subdomain: string }, path: string) => string;
  readonly now: Date;
}

// Held until the transaction ends, so that only one process checks at a time.
const lockStatement = `select pg_try_advisory_xact_lock(hashtext('bellwire outages')) as is_locked`;

/** Mails a provider's admins when deliveries to an endpoint begin to fail or succeed again, and when it was disabled. */
export async function notifyOutages({ pool, pageUrl, now }: OutageNeeds): Promise<void> {
  await pool.inTransaction(async (tx) => {
    const [lock] = await tx.query<{ isLocked: boolean }>(lockStatement);
    if (!lock?.isLocked) return;
    const mail = async <Cause extends Outage>(
      causes: readonly Cause[],
      render: (cause: Cause, facts: MailFacts) => NewMail,
      path: (cause: Cause) => string,
    ): Promise<void> => {
      for (const cause of causes) {
        const url = pageUrl(cause, path(cause));
        for (const recipient of await listAdminAddresses(tx, cause.providerId))
          await insertMail(tx, cause.providerId, render(cause, { recipient, url }), now);
      }
    };
    await mail(await endOutages(tx), outageEndedMail, () => "/failures");
    await mail(await beginOutages(tx), outageBeganMail, () => "/failures");
    await mail(await readNewlyDisabled(tx), endpointDisabledMail, ({ endpointId }) => `/endpoints/${endpointId}`);
  });
}
