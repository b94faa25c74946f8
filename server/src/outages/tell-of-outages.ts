import { listAdminAddresses } from "#access/index.ts";
import type { Pool } from "#platform/database/database.ts";
import { insertMail, type NewMail } from "#portal/mails/index.ts";

import { beginOutages, endOutages, findNewlyDisabled, type Outage } from "./find-outages.ts";
import { endpointDisabledMail, outageBeganMail, outageEndedMail } from "./outage-mails.ts";

interface OutageNeeds {
  readonly pool: Pool;
  /** A page of a provider's Admin Portal. */
  readonly pageUrl: (provider: { readonly subdomain: string }, path: string) => string;
  readonly now: Date;
}

// Held until the transaction ends: of several processes that look at once, one does.
const lockStatement = `select pg_try_advisory_xact_lock(hashtext('bellwire outages')) as "isMine"`;

/** Writes to a provider's admins when deliveries to an endpoint begin to fail for good, when they get through again, and when it was disabled. */
export async function tellOfOutages({ pool, pageUrl, now }: OutageNeeds): Promise<void> {
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
