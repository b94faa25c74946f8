import { type ChangeContext, isInProductScope } from "#access/index.ts";
import { type Pool, type Transaction, retryOnUniqueViolation } from "#platform/database/database.ts";
import { isXmlText } from "#platform/xml.ts";
import { recordAccountEvents, requireChangesLeft } from "#portal/accounts/account-events.ts";
import { type Account, lockAccount } from "#portal/accounts/account.ts";
import {
  type DocumentSettings,
  type FieldErrors,
  type FieldInput,
  type FieldWriter,
  applyFieldInput,
  hasNoErrors,
  mergeErrors,
  parseFieldInput,
  parseRequest,
  readDocumentSettings,
  refuseTransition,
} from "#portal/fields/index.ts";
import { applicationRejectedMail, insertMail } from "#portal/mails/index.ts";
import type { Provider } from "#portal/providers/index.ts";
import { listUsers } from "#portal/users/user.ts";
import type { RecordedEvent } from "#webhooks/events/index.ts";
import {
  deleteApplicationRows,
  findTakenCredentials,
  lockApplication,
  updateApplicationRow,
} from "./application-table.ts";
import {
  type Application,
  type ApplicationEventInput,
  type ApplicationRow,
  applicationChanges,
  applicationEvent,
  applicationFields,
  keyEvent,
  newUserKey,
  titleOf,
} from "./application.ts";

/** The application to change, and the origin of the change. */
export interface ApplicationChange {
  readonly provider: Provider;
  readonly accountId: number;
  readonly applicationId: number;
  readonly by: ChangeContext;
}

export interface ChangedApplication {
  readonly application: Application;
  readonly events: readonly RecordedEvent[];
}

export type Refused = { readonly refused: FieldErrors };

export type ApplicationOutcome = ChangedApplication | Refused;

/** The product's settings do not let developers do this. */
export type NotForDevelopers = { readonly notAllowed: "developers" };

/** A locked application, with everything that a change needs. */
export interface LockedApplication {
  readonly tx: Transaction;
  readonly settings: DocumentSettings;
  readonly account: Account;
  readonly application: Application;
  readonly by: ChangeContext;
}

/**
 * Runs `work` on a locked application, in one transaction. Returns undefined if the account has no such application, or
 * if its product is outside of the actor's scope.
 */
export async function changeApplication<T>(
  pool: Pool,
  { provider, accountId, applicationId, by }: ApplicationChange,
  work: (locked: LockedApplication) => Promise<T>,
): Promise<T | undefined> {
  const settings = await readDocumentSettings(pool, provider);
  return pool.inTransaction(async (tx) => {
    const which = { providerId: provider.id, accountId, applicationId };
    // Locked in this order, in one round trip.
    const [account, application] = await Promise.all([
      lockAccount(tx, provider.id, accountId),
      lockApplication(tx, which),
    ]);
    if (!account || !application || !isInProductScope(by.productScope, application.product.id)) return undefined;
    requireChangesLeft(tx, { providerId: provider.id, accountId, now: by.now });
    return work({ tx, settings, account, application, by });
  });
}

/** Saves a changed application and records its events. */
export async function saveApplication(
  { by, ...locked }: LockedApplication,
  changed: Application,
  inputs: readonly ApplicationEventInput[],
): Promise<ChangedApplication> {
  const application = { ...changed, updatedAt: by.now };
  await updateApplicationRow(locked.tx, locked.settings.provider.id, application);
  return { application, events: await recordApplicationEvents({ ...locked, by, application }, inputs) };
}

/** Records events of an application in its final state. */
export const recordApplicationEvents = (
  { tx, settings, account, application, by }: LockedApplication,
  inputs: readonly ApplicationEventInput[],
): Promise<readonly RecordedEvent[]> =>
  recordAccountEvents(
    tx,
    { providerId: settings.provider.id, ...by },
    account,
    inputs.map((input) => applicationEvent(input, settings, application)),
  );

interface ApplicationUpdate extends ApplicationChange {
  /**
   * Unparsed values by the names of fields and of the API: `redirect_url`, and for programs `user_key`,
   * `first_traffic_at`, `first_daily_traffic_at`, `accepted_at`, `create_origin`. Those that are left out stay
   * unchanged.
   */
  readonly values: FieldInput;
  readonly writer: FieldWriter;
}

/**
 * Changes an application and records the event, if anything changed. Returns undefined if the account has no such
 * application.
 */
export const updateApplication = (
  pool: Pool,
  { values, writer, ...change }: ApplicationUpdate,
): Promise<ApplicationOutcome | NotForDevelopers | undefined> =>
  retryOnUniqueViolation(() =>
    changeApplication<ApplicationOutcome | NotForDevelopers>(pool, change, async (locked) => {
      const { tx, settings, application: before, by } = locked;
      if (writer === "developer" && !before.product.buyersManageApps) return { notAllowed: "developers" };
      const { application, errors } = parseApplication(settings, before, { values, writer, now: by.now });
      const isKeyNew = application.userKey !== before.userKey;
      const taken = isKeyNew ? await findTakenCredentials(tx, change.provider.id, application) : {};
      const refused = mergeErrors(errors, taken);
      if (!hasNoErrors(refused)) return { refused };

      const previous = applicationChanges(before, application, settings);
      if (Object.keys(previous).length === 0) return { application: before, events: [] };
      return saveApplication(locked, application, [
        ...(isKeyNew ? [keyEvent("application.key_updated", { value: application.userKey, createdAt: by.now })] : []),
        { type: "application.updated", previous },
      ]);
    }),
  );

interface ApplicationInput {
  /** Unparsed values by the names of fields and of the API. */
  readonly values: FieldInput;
  readonly writer: FieldWriter;
  readonly now: Date;
}

/** Parses an input into the changed application and returns all errors. Values that are left out stay unchanged. */
export function parseApplication(
  { definitions }: DocumentSettings,
  before: Application,
  input: ApplicationInput,
): { readonly application: Application; readonly errors: FieldErrors } {
  const { writer, values } = input;
  const stored = {
    ...before.fields,
    ...(before.name === null ? {} : { name: before.name }),
    ...(before.description === null ? {} : { description: before.description }),
  };
  const defined = parseFieldInput({ definitions, target: "Cinstance", writer, stored }, values);
  const { name, description, ...fields } = applyFieldInput(stored, defined.changes);
  const { changes, errors } = parseRequest<ApplicationRow>(applicationFields, input);
  return {
    application: {
      ...before,
      ...changes,
      name: typeof name === "string" ? name : null,
      description: typeof description === "string" ? description : null,
      fields,
    },
    errors: mergeErrors(defined.errors, errors),
  };
}

type ApplicationState = Application["state"];

const applicationTransitions = {
  accept: { from: "pending", to: "live", eventType: "application.updated" },
  suspend: { from: "live", to: "suspended", eventType: "application.suspended" },
  resume: { from: "suspended", to: "live", eventType: "application.updated" },
} as const satisfies Record<string, { from: ApplicationState; to: ApplicationState; eventType: string }>;

export type ApplicationTransition = keyof typeof applicationTransitions;

/**
 * Accepts, suspends or resumes an application, if its state allows that. Returns undefined if the account has no such
 * application.
 */
export const changeApplicationState = (
  pool: Pool,
  { transition, ...change }: ApplicationChange & { readonly transition: ApplicationTransition },
): Promise<ApplicationOutcome | undefined> =>
  changeApplication<ApplicationOutcome>(pool, change, async (locked) => {
    const { from, to, eventType } = applicationTransitions[transition];
    const { application } = locked;
    if (application.state !== from) return refuseTransition(transition);
    return saveApplication(locked, { ...application, state: to }, [{ type: eventType, previous: { state: from } }]);
  });

type UserKeyOutcome = ChangedApplication | NotForDevelopers | { readonly notAllowed: "no user key" };

/** Replaces the user key with a random one. Returns undefined if the account has no such application. */
export const regenerateUserKey = (
  pool: Pool,
  { writer, ...change }: ApplicationChange & { readonly writer: FieldWriter },
): Promise<UserKeyOutcome | undefined> =>
  changeApplication<UserKeyOutcome>(pool, change, async (locked) => {
    const { product } = locked.application;
    if (product.backendVersion !== "1") return { notAllowed: "no user key" };
    if (writer === "developer" && !product.buyerKeyRegenerateEnabled) return { notAllowed: "developers" };
    const userKey = newUserKey();
    const key = { value: userKey, createdAt: locked.by.now };
    return saveApplication(locked, { ...locked.application, userKey }, [
      keyEvent("application.key_updated", key),
      keyEvent("application.user_key_updated", key),
    ]);
  });

/** Deletes an application, without events for its keys. Returns undefined if the account has no such application. */
export const deleteApplication = (
  pool: Pool,
  { writer, ...change }: ApplicationChange & { readonly writer: FieldWriter },
): Promise<ChangedApplication | NotForDevelopers | undefined> =>
  changeApplication<ChangedApplication | NotForDevelopers>(pool, change, async (locked) => {
    const isKept = writer === "developer" && !locked.application.product.buyersManageApps;
    return isKept ? { notAllowed: "developers" } : removeApplication(locked);
  });

/** Rejects a pending application: deletes it and mails the reason to the admins of its account. */
export const rejectApplication = (
  pool: Pool,
  { reason, ...change }: ApplicationChange & { readonly reason: string },
): Promise<ApplicationOutcome | undefined> =>
  changeApplication<ApplicationOutcome>(pool, change, async (locked) => {
    if (locked.application.state !== "pending") return refuseTransition("reject");
    if (!isXmlText(reason)) return { refused: { reason: ["contains characters that are not allowed"] } };
    await mailAdmins(locked, reason);
    return removeApplication(locked);
  });

async function removeApplication(locked: LockedApplication): Promise<ChangedApplication> {
  const { tx, settings, application } = locked;
  await deleteApplicationRows(tx, settings.provider.id, [application.id]);
  return { application, events: await recordApplicationEvents(locked, ["application.deleted"]) };
}

async function mailAdmins(
  { tx, settings: { provider }, account, application, by }: LockedApplication,
  reason: string,
): Promise<void> {
  for (const { role, email: recipient, username } of await listUsers(tx, provider.id, account.id)) {
    if (role !== "admin" || recipient === null) continue;
    const mail = applicationRejectedMail({ provider, recipient, username, name: titleOf(application), reason });
    await insertMail(tx, provider.id, { ...mail, accountId: account.id }, by.now);
  }
}
