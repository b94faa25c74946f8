import { type By, reaches } from "#access/index.ts";
import type { Pool, Transaction } from "#platform/database/database.ts";
import { type Account } from "#portal/accounts/account.ts";
import { lockAccount } from "#portal/accounts/accounts-table.ts";
import { recordAccountEvents } from "#portal/accounts/record-account-events.ts";
import { requireChangesLeft } from "#portal/accounts/count-changes.ts";
import { type DocumentSettings, type FieldErrors, readDocumentSettings } from "#portal/fields/index.ts";
import type { Provider } from "#portal/providers/index.ts";
import type { RecordedEvent } from "#webhooks/events/index.ts";
import { type Told, applicationEvent } from "./application-events.ts";
import type { Application } from "./application.ts";
import { updateApplicationRow } from "./applications-table.ts";
import { lockApplication } from "./read-applications.ts";

/** Which application is to be changed, and who wants it. */
export interface ApplicationChange {
  readonly provider: Provider;
  readonly accountId: number;
  readonly applicationId: number;
  readonly by: By;
}

export interface ChangedApplication {
  readonly application: Application;
  readonly events: readonly RecordedEvent[];
}

export type Refused = { readonly refused: FieldErrors };

export type ApplicationOutcome = ChangedApplication | Refused;

/** Products can keep some things to the provider: developers then see them and cannot change them. */
export type NotForDevelopers = { readonly notAllowed: "developers" };

/** An application that stays as it is until this transaction changes it or ends, with all that a change needs. */
export interface LockedApplication {
  readonly tx: Transaction;
  readonly settings: DocumentSettings;
  readonly account: Account;
  readonly application: Application;
  readonly by: By;
}

/**
 * Does `work` on a locked application, in one transaction. Undefined if the account has no such application, or if it is of
 * a product that whoever wants the change is kept from.
 */
export async function withApplication<T>(
  pool: Pool,
  { provider, accountId, applicationId, by }: ApplicationChange,
  work: (locked: LockedApplication) => Promise<T>,
): Promise<T | undefined> {
  const settings = await readDocumentSettings(pool, provider);
  return pool.inTransaction(async (tx) => {
    const account = await lockAccount(tx, provider.id, accountId);
    const which = { providerId: provider.id, accountId, applicationId };
    const application = account && (await lockApplication(tx, which));
    const isThere = application && reaches(by.reach, application.product.id);
    if (!isThere) return undefined;
    requireChangesLeft(tx, { providerId: provider.id, accountId, now: by.now });
    return work({ tx, settings, account, application, by });
  });
}

/** Stores what the application has become, and tells of it. */
export async function writeChange(
  { by, ...locked }: LockedApplication,
  changed: Application,
  told: readonly Told[],
): Promise<ChangedApplication> {
  const application = { ...changed, updatedAt: by.now };
  await updateApplicationRow(locked.tx, locked.settings.provider.id, application);
  return { application, events: await tell({ ...locked, by, application }, told) };
}

/** Records what is told of an application that is in its final state. */
export const tell = (
  { tx, settings, account, application, by }: LockedApplication,
  told: readonly Told[],
): Promise<readonly RecordedEvent[]> =>
  recordAccountEvents(
    tx,
    { providerId: settings.provider.id, ...by },
    account,
    told.map((it) => applicationEvent(it, settings, application)),
  );
