import { type ChangeContext, endSessionsOfUser } from "#access/index.ts";
import type { Pool, Transaction } from "#platform/database/database.ts";
import { auditedChanges, type InDocument } from "#platform/database/field-table.ts";
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
} from "#portal/fields/index.ts";
import type { Provider } from "#portal/providers/index.ts";
import { userEvent } from "#portal/users/user.ts";
import type { RecordedEvent } from "#webhooks/events/index.ts";
import { lockAccountDetails } from "./account-details.ts";
import { type AccountDetails, type AccountWithSettings, representAccount } from "./account-document.ts";
import { type AccountEvent, recordAccountChange, recordAccountEvents, requireChangesLeft } from "./account-events.ts";
import { type Account, accountFields, deleteAccountRow, updateAccountRow } from "./account.ts";

/** Which account is to be changed, and who wants it. */
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

/** What else belongs to the change: only if something changed, and in its transaction. */
type ApplySideEffects = (tx: Transaction, changed: ChangedAccount, before: Account) => Promise<void>;

/** Changes an account as decided and tells so, if anything changed. Undefined if the provider has no such account. */
export async function changeAccount(
  pool: Pool,
  { provider, accountId, by }: AccountChange,
  decide: DecideAccount,
  also?: ApplySideEffects,
): Promise<AccountOutcome | undefined> {
  return pool.inTransaction(async (tx) => {
    const locked = await lockAccountDetails(tx, provider, accountId);
    if (!locked) return undefined;
    const { whole: before, settings } = locked;
    const wanted = decide(before.account, settings);
    if ("refused" in wanted) return wanted;

    const previous = accountChanges(before.account, wanted);
    if (Object.keys(previous).length === 0) return { whole: before, settings, events: [] };
    requireChangesLeft(tx, { providerId: provider.id, accountId, now: by.now });
    const whole = { ...before, account: updateAccountRow(tx, provider.id, wanted, by.now) };
    const cause = { providerId: provider.id, ...by };
    const events = await recordAccountChange(tx, cause, whole.account, accountUpdatedEvent(settings, whole, previous));
    const changed = { whole, settings, events };
    await also?.(tx, changed, before.account);
    return changed;
  });
}

/** The event of an account that changed. */
export const accountUpdatedEvent = (
  settings: DocumentSettings,
  whole: AccountDetails,
  previous: Readonly<Record<string, unknown>>,
): AccountEvent => ({
  type: "account.updated",
  objectId: whole.account.id,
  document: representAccount(whole, settings),
  previous,
});

/** Returns the previous values of an account's changed fields, by their names in documents. */
export function accountChanges(before: Account, after: Account): Readonly<Record<string, unknown>> {
  const changes = auditedChanges(accountFields, before, after);
  // The token itself is a secret of the payment gateway.
  const isOtherCard = before.creditCardToken !== after.creditCardToken;
  return isOtherCard ? { ...changes, credit_card_stored: before.creditCardToken !== null } : changes;
}

export interface AccountUpdate extends AccountChange {
  /** As they came, by field name; `name` may stand for `org_name`. What is not named stays. */
  readonly values: FieldInput;
  readonly billing?: Readonly<Partial<Record<InDocument<typeof accountFields, "billing">, boolean | undefined>>>;
  readonly writer: FieldWriter;
}

/** Changes an account's fields, annotations and billing, and tells so, if anything changed. */
export const updateAccount = (pool: Pool, update: AccountUpdate): Promise<AccountOutcome | undefined> =>
  changeAccount(pool, update, (before, settings) => {
    const { account, errors } = parseAccountUpdate(settings, before, update);
    return hasNoErrors(errors) ? account : { refused: errors };
  });

/** The account as it is to be, and what is wrong with that. */
function parseAccountUpdate(
  { definitions }: DocumentSettings,
  before: Account,
  { values, writer, billing = {} }: AccountUpdate,
): { readonly account: Account; readonly errors: FieldErrors } {
  const input = renameOrgName(values, writer);
  const held = { ...before.fields, org_name: before.orgName };
  const { given, errors } = parseFieldInput({ definitions, target: "Account", writer, held }, input);
  const { org_name: orgName, ...fields } = applyFieldInput(held, given);
  const { annotations, errors: wrongAnnotations } = parseAnnotations(before.annotations, values["annotations"]);
  return {
    account: {
      ...before,
      ...Object.fromEntries(Object.entries(billing).filter(([, enabled]) => enabled !== undefined)),
      orgName: typeof orgName === "string" ? orgName : before.orgName,
      fields,
      annotations,
    },
    errors: mergeErrors(errors, wrongAnnotations),
  };
}

/** Programs may call `org_name` `name`. */
export const renameOrgName = (input: FieldInput, writer: FieldWriter): FieldInput =>
  writer === "program" && Object.hasOwn(input, "name") ? { org_name: input["name"], ...input } : input;

/** Deletes an account with all that belongs to it, and tells of each part. Undefined if the provider has no such account. */
export async function deleteAccount(
  pool: Pool,
  { provider, accountId, by }: AccountChange,
): Promise<{ readonly events: readonly RecordedEvent[] } | undefined> {
  return pool.inTransaction(async (tx) => {
    const locked = await lockAccountDetails(tx, provider, accountId);
    if (!locked) return undefined;
    const { whole, settings } = locked;
    const applications = await listApplications(tx, provider.id, accountId);
    for (const { id } of whole.users) {
      await endSessionsOfUser(tx, { providerId: provider.id, audience: "developer", userId: id });
    }
    await deleteApplicationRows(
      tx,
      provider.id,
      applications.map(({ id }) => id),
    ); // with the plans made for them alone
    const cause = { providerId: provider.id, ...by };
    const gone = deletionEvents(settings, whole, applications);
    const events = await recordAccountEvents(tx, cause, whole.account, gone);
    await deleteAccountRow(tx, provider.id, accountId); // at last: the row counts its events
    return { events };
  });
}

/** The account, its applications, its users: each as it was at last. Keys go without a word, as with any application. */
function deletionEvents(
  settings: DocumentSettings,
  whole: AccountDetails,
  applications: readonly Application[],
): readonly AccountEvent[] {
  return [
    { type: "account.deleted", objectId: whole.account.id, document: representAccount(whole, settings) },
    ...applications.map((application) => applicationEvent("application.deleted", settings, application)),
    ...whole.users.map((user) => userEvent("user.deleted", settings, user)),
  ];
}
