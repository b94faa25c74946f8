import { type By, reaches, recordAudit } from "#access/index.ts";
import type { Pool } from "#platform/database/database.ts";
import { lockAccount } from "#portal/accounts/accounts-table.ts";
import { recordAccountEvents } from "#portal/accounts/record-account-events.ts";
import { readDocumentSettings } from "#portal/fields/index.ts";
import type { Provider } from "#portal/providers/index.ts";
import type { RecordedEvent } from "#webhooks/events/index.ts";
import { applicationEvent } from "../application-events.ts";
import { deleteApplicationRows } from "../applications-table.ts";
import { listApplications } from "../read-applications.ts";
import { deleteSubscription, listSubscriptions } from "./subscriptions-table.ts";

interface Unsubscription {
  readonly provider: Provider;
  readonly accountId: number;
  readonly subscriptionId: number;
  readonly by: By;
}

type UnsubscriptionOutcome =
  | { readonly events: readonly RecordedEvent[] }
  /** Somebody may be calling the product right now. */
  | { readonly notAllowed: "applications in use"; readonly count: number };

/** Ends a subscription, with the applications, all suspended, that it is for. Undefined if there is no such one. */
export async function unsubscribe(
  pool: Pool,
  { provider, accountId, subscriptionId, by }: Unsubscription,
): Promise<UnsubscriptionOutcome | undefined> {
  const settings = await readDocumentSettings(pool, provider);
  const providerId = provider.id;
  return pool.inTransaction(async (tx) => {
    const account = await lockAccount(tx, providerId, accountId);
    const subscriptions = account ? await listSubscriptions(tx, providerId, accountId) : [];
    const subscription = subscriptions.find(({ id }) => id === subscriptionId);
    if (!account || !subscription || !reaches(by.reach, subscription.productId)) return undefined;
    const applications = await listApplications(tx, providerId, accountId, subscription.productId);
    const { length: count } = applications.filter(({ state }) => state !== "suspended");
    if (count > 0) return { notAllowed: "applications in use", count };

    const ids = applications.map(({ id }) => id);
    await deleteApplicationRows(tx, providerId, ids);
    await deleteSubscription(tx, providerId, subscriptionId);
    const detail = { accountId, productId: subscription.productId }; // without applications, no event tells of it
    const said = { action: "subscription.deleted", subject: `subscription/${subscriptionId}`, detail };
    await recordAudit(tx, { providerId, actor: by.actor, ...said });
    const deleted = applications.map((application) => applicationEvent("application.deleted", settings, application));
    return { events: await recordAccountEvents(tx, { providerId, ...by }, account, deleted) };
  });
}
