import { listProviderUsers } from "#access/index.ts";
import type { Pool, Transaction } from "#platform/database/database.ts";
import { insertMail, type NewMail } from "#portal/mails/index.ts";

import { beginOutages, endOutages, type Outage } from "./find-outages.ts";
import { outageBeganMail, outageEndedMail } from "./outage-mails.ts";

interface OutageNeeds {
  readonly pool: Pool;
  /** The page of a provider that shows what failed. */
  readonly failuresUrl: (provider: { readonly subdomain: string }) => string;
  readonly now: Date;
}

// Held until the transaction ends: of several processes that look at once, one does.
const lockStatement = `select pg_try_advisory_xact_lock(hashtext('bellwire outages')) as "isMine"`;

/** Writes to a provider's admins when deliveries to an endpoint begin to fail for good, and when they get through again. */
export async function tellOfOutages({ pool, failuresUrl, now }: OutageNeeds): Promise<void> {
  await pool.inTransaction(async (tx) => {
    const [lock] = await tx.query<{ isMine: boolean }>(lockStatement);
    if (!lock?.isMine) return;
    const write = async (outages: readonly Outage[], mailOf: typeof outageBeganMail): Promise<void> => {
      for (const outage of outages) {
        for (const recipient of await adminsOf(tx, outage.providerId)) {
          const mail: NewMail = mailOf(outage, { recipient, failuresUrl: failuresUrl(outage) });
          await insertMail(tx, outage.providerId, mail, now);
        }
      }
    };
    await write(await endOutages(tx), outageEndedMail);
    await write(await beginOutages(tx), outageBeganMail);
  });
}

/** The addresses of the admins who have one. */
async function adminsOf(tx: Transaction, providerId: number): Promise<readonly string[]> {
  const admins = await listProviderUsers(tx, providerId, { state: "active", role: "admin" });
  return admins.flatMap(({ email }) => (email === null ? [] : [email]));
}
