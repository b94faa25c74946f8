import { type ChangeContext, endSessionsOfUsers } from "#access/index.ts";
import type { Pool, Transaction } from "#platform/database/database.ts";
import { auditedChanges } from "#platform/database/field-table.ts";
import { deleteApplicationRows, listApplications } from "#portal/applications/application-table.ts";
import { type Application, applicationEvent } from "#portal/applications/application.ts";
import {
  type DocumentSettings,
  type FieldErrors,
  type FieldInput,
  type FieldWriter,
  applyFieldInput,
  hasNoErrors,
  mergeErrors,
  parseAnnotations,
  parseFieldInput,
  parseRequest,
  type FieldValues,
  errorsOf,
  parseText,
} from "#portal/fields/index.ts";
import { insertNotificationMails, notificationMails } from "#portal/mails/index.ts";
import type { Provider } from "#portal/providers/index.ts";
import { userEvent } from "#portal/users/user.ts";
import { type RecordedEvent, readSubscriptions } from "#webhooks/events/index.ts";
import {
  lockAccountDetails,
  type AccountDetails,
  type AccountWithSettings,
  representAccount,
} from "./account-details.ts";
import { type AccountEvent, recordAccountChange, recordAccountEvents, requireChangesLeft } from "./account-events.ts";
import { type Account, accountFields, deleteAccountRow, updateAccountRow } from "./account.ts";

/** The account to change, and the origin of the change. */
export interface AccountChange {
  readonly provider: Provider;
  readonly accountId: number;
  readonly by: ChangeContext;
}

export interface ChangedAccount extends AccountWithSettings {
  readonly events: readonly RecordedEvent[];
}

export type AccountOutcome = ChangedAccount | { readonly refused: FieldErrors };

type DecideAccount = (before: Account, settings: DocumentSettings) => Account | { readonly refused: FieldErrors };

/** Runs in the transaction of the change, and only if something changed. */
type ApplySideEffects = (tx: Transaction, changed: ChangedAccount) => Promise<void>;

/**
 * Applies a decided change to an account and records the event, if anything changed. Returns undefined if the provider
 * has no such account.
 */
export async function changeAccount(
  pool: Pool,
  { provider, accountId, by }: AccountChange,
  decide: DecideAccount,
  also?: ApplySideEffects,
): Promise<AccountOutcome | undefined> {
  return pool.inTransaction(async (tx) => {
    // One round trip, although an unchanged account needs no subscriptions.
    const [locked, subscriptions] = await Promise.all([
      lockAccountDetails(tx, provider, accountId),
      readSubscriptions(tx, provider.id),
    ]);
    if (!locked) return undefined;
    const { details: before, settings } = locked;
    const updated = decide(before.account, settings);
    if ("refused" in updated) return updated;

    const previous = accountChanges(before.account, updated);
    if (Object.keys(previous).length === 0) return { details: before, settings, events: [] };
    const passesLimit = updated.state === "suspended" && updated.state !== before.account.state;
    if (!passesLimit) requireChangesLeft(tx, { providerId: provider.id, ...by }, before.account);
    const details = { ...before, account: updateAccountRow(tx, provider.id, updated, by.now) };
    const cause = { providerId: provider.id, ...by, subscriptions, passesLimit };
    const events = await recordAccountChange(tx, cause, details.account, [
      accountUpdatedEvent(settings, details, previous),
    ]);
    const changed = { details, settings, events };
    await also?.(tx, changed);
    return changed;
  });
}

/** Builds the event of a changed account. */
export const accountUpdatedEvent = (
  settings: DocumentSettings,
  details: AccountDetails,
  previous: Readonly<Record<string, unknown>>,
): AccountEvent => ({
  type: "account.updated",
  objectId: details.account.id,
  document: representAccount(details, settings),
  previous,
});

/** Returns the previous values of an account's changed fields, by their names in documents. */
export function accountChanges(before: Account, after: Account): Readonly<Record<string, unknown>> {
  const changes = auditedChanges(accountFields, before, after);
  // The token itself is a secret of the payment gateway.
  const isOtherCard = before.creditCardToken !== after.creditCardToken;
  return isOtherCard ? { ...changes, credit_card_stored: before.creditCardToken !== null } : changes;
}

interface AccountUpdate extends AccountChange {
  /** Unparsed values by field name; `name` is an alias of `org_name`. Fields that are left out stay unchanged. */
  readonly values: FieldInput;
  readonly writer: FieldWriter;
}

/** Changes an account's fields, annotations and billing, and records the event if anything changed. */
export const updateAccount = (pool: Pool, update: AccountUpdate): Promise<AccountOutcome | undefined> =>
  changeAccount(pool, update, (before, settings) => {
    const { account, errors } = parseAccountUpdate(settings, before, update);
    return hasNoErrors(errors) ? account : { refused: errors };
  });

/** Returns the updated account and the errors of the input. */
function parseAccountUpdate(
  { definitions }: DocumentSettings,
  before: Account,
  { values, writer, by: { now } }: AccountUpdate,
): { readonly account: Account; readonly errors: FieldErrors } {
  const input = renameOrgName(values, writer);
  const stored = { ...before.fields, org_name: before.orgName };
  const defined = parseFieldInput({ definitions, target: "Account", writer, stored }, input);
  const { org_name: orgName, ...fields } = applyFieldInput(stored, defined.changes);
  const { changes, errors } = parseRequest<Account>(accountFields, { values, writer, now });
  const { annotations, errors: wrongAnnotations } = parseAnnotations(before.annotations, values["annotations"]);
  return {
    account: {
      ...before,
      ...changes,
      orgName: typeof orgName === "string" ? orgName : before.orgName,
      fields,
      annotations,
    },
    errors: mergeErrors(defined.errors, errors, wrongAnnotations),
  };
}

/** Maps `name`, the alias that programs may use, to `org_name`. */
export const renameOrgName = (input: FieldInput, writer: FieldWriter): FieldInput =>
  writer === "program" && Object.hasOwn(input, "name") ? { org_name: input["name"], ...input } : input;

/**
 * Deletes an account with everything that belongs to it, and records an event for each part. Returns undefined if the
 * provider has no such account.
 */
export async function deleteAccount(
  pool: Pool,
  { provider, accountId, by }: AccountChange,
): Promise<{ readonly events: readonly RecordedEvent[] } | undefined> {
  return pool.inTransaction(async (tx) => {
    const locked = await lockAccountDetails(tx, provider, accountId);
    if (!locked) return undefined;
    const { details, settings } = locked;
    const applications = await listApplications(tx, provider.id, accountId);
    await deleteApplicationRows(
      tx,
      provider.id,
      applications.map(({ id }) => id),
    ); // with their custom plans
    const cause = { providerId: provider.id, ...by, passesLimit: true };
    const deletions = deletionEvents(settings, details, applications);
    const { account } = details;
    const [events] = await Promise.all([
      recordAccountEvents(tx, cause, account, deletions),
      insertNotificationMails(tx, { provider, account, by }, [notificationMails.account_deleted({ account })]),
    ]);
    await deleteAccountRow(tx, provider.id, accountId); // after the events, whose sequence number it holds
    // Links to persons are gone before sessions, as in every such transaction: the opposite order could deadlock.
    const userIds = details.users.map(({ id }) => id);
    await endSessionsOfUsers(tx, { providerId: provider.id, audience: "developer", userIds });
    return { events };
  });
}

/**
 * Builds the events for the account, its applications and its users in their last state. Keys get no events of their
 * own, as in any deletion of an application.
 */
function deletionEvents(
  settings: DocumentSettings,
  details: AccountDetails,
  applications: readonly Application[],
): readonly AccountEvent[] {
  return [
    { type: "account.deleted", objectId: details.account.id, document: representAccount(details, settings) },
    ...applications.map((application) => applicationEvent({ type: "application.deleted" }, settings, application)),
    ...details.users.map((user) => userEvent("user.deleted", settings, user)),
  ];
}

interface CreditCardUpdate extends AccountChange {
  /**
   * Unparsed: the payment gateway's reference to a card, never the card itself, and the billing address in
   * `billing_address_name` and so on.
   */
  readonly values: FieldInput;
}

/**
 * Stores the reference to an account's credit card and its billing address, replacing the previous ones. The address is
 * stored even if the provider has not defined the field, and appears once it does.
 */
export const updateCreditCard = (
  pool: Pool,
  { values, ...change }: CreditCardUpdate,
): Promise<AccountOutcome | undefined> =>
  changeAccount(pool, change, (before) => {
    const { card, address, errors } = parseCard(values);
    if (!hasNoErrors(errors)) return { refused: errors };
    return { ...before, ...card, fields: { ...before.fields, billing_address: address } };
  });

/** Deletes the account's credit card reference and billing address. */
export const deleteCreditCard = (pool: Pool, change: AccountChange): Promise<AccountOutcome | undefined> =>
  changeAccount(pool, change, (before) => {
    const { billing_address: _, ...fields } = before.fields;
    return { ...before, fields, creditCardToken: null, creditCardPartialNumber: null, creditCardExpiresOn: null };
  });

/** In the order of validation, with the columns that 3scale names in error messages. */
const requiredCardFields = [
  ["credit_card_token", "credit_card_auth_code"],
  ["billing_address_name", "billing_address_name"],
  ["billing_address_address", "billing_address_address1"],
  ["billing_address_city", "billing_address_city"],
  ["billing_address_country", "billing_address_country"],
  ["credit_card_expiration_month", "credit_card_expires_on"],
  ["credit_card_expiration_year", "credit_card_expires_on"],
] as const;

interface ParsedCard {
  readonly card: {
    readonly creditCardToken: string;
    readonly creditCardPartialNumber: string | null;
    readonly creditCardExpiresOn: string;
  };
  /** The value of the field `billing_address`. */
  readonly address: FieldValues[string];
  readonly errors: FieldErrors;
}

/** Parses a card. Reports the first missing value, or else all errors. */
function parseCard(values: FieldInput): ParsedCard {
  const read = {
    credit_card_token: parseText(values, "credit_card_token"),
    credit_card_partial_number: parseText(values, "credit_card_partial_number"),
    credit_card_expiration_month: parseText(values, "credit_card_expiration_month"),
    credit_card_expiration_year: parseText(values, "credit_card_expiration_year"),
    billing_address_name: parseText(values, "billing_address_name"),
    billing_address_address: parseText(values, "billing_address_address"),
    billing_address_city: parseText(values, "billing_address_city"),
    billing_address_country: parseText(values, "billing_address_country"),
    billing_address_state: parseText(values, "billing_address_state"),
    billing_address_phone: parseText(values, "billing_address_phone"),
    billing_address_zip: parseText(values, "billing_address_zip"),
  };
  const text = (name: keyof typeof read): string => read[name].value ?? "";
  const [, missing] = requiredCardFields.find(([name]) => text(name) === "" && read[name].wrong.length === 0) ?? [];
  const [month, year] = [text("credit_card_expiration_month"), text("credit_card_expiration_year")];
  const partialNumber = text("credit_card_partial_number");
  const parts = {
    company: text("billing_address_name"),
    address1: text("billing_address_address"),
    phone_number: text("billing_address_phone"),
    city: text("billing_address_city"),
    country: text("billing_address_country"),
    state: text("billing_address_state"),
    zip: text("billing_address_zip"),
  };
  return {
    card: {
      creditCardToken: text("credit_card_token"),
      creditCardPartialNumber: partialNumber || null,
      creditCardExpiresOn: `${year.length === 2 ? `20${year}` : year}-${month.padStart(2, "0")}-01`,
    },
    address: Object.fromEntries(Object.entries(parts).filter(([, part]) => part !== "")),
    errors:
      missing === undefined
        ? mergeErrors(errorsOf(read), {
            credit_card_expires_on: /^(0?[1-9]|1[0-2])$/.test(month) && /^(20)?\d\d$/.test(year) ? [] : ["invalid"],
            credit_card_partial_number: /^\d{0,4}$/.test(partialNumber) ? [] : ["must be the final 4 digits only"],
          })
        : { [missing]: ["invalid"] },
  };
}
