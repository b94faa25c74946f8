import { type Actor, endSessionsOfUsers } from "#access/index.ts";
import type { Database, Pool, Transaction } from "#platform/database/database.ts";
import { type DocumentSettings, readDocumentSettings, refuseTransition } from "#portal/fields/index.ts";
import { accountStateMail, insertMailsToAdmins } from "#portal/mails/index.ts";
import { type Plan, readPlans } from "#portal/products/index.ts";
import type { Provider } from "#portal/providers/index.ts";
import type { UserChange, UserOutcome } from "#portal/users/change-user.ts";
import { activateByCode, findAccountOfCode } from "#portal/users/mailed-codes.ts";
import { type User, lockUser, updateUserRow, userEvent } from "#portal/users/user.ts";
import type { Cause, RecordedEvent } from "#webhooks/events/index.ts";
import { secretDigest } from "#platform/ids.ts";
import { listAccountDetails, type AccountDetails } from "./account-details.ts";
import { type AccountEvent, recordAccountChange, recordAccountEvents } from "./account-events.ts";
import { type Account, lockAccount, readAccount, updateAccountRow } from "./account.ts";
import {
  type AccountChange,
  type AccountOutcome,
  accountChanges,
  accountUpdatedEvent,
  changeAccount,
} from "./change-account.ts";

/** A state transition that an admin triggers. */
export type AccountTransition = "make_pending" | "approve" | "reject" | "suspend" | "resume";

type AccountState = Account["state"];

const accountTransitions: Readonly<
  Record<AccountTransition, { readonly from: readonly AccountState[]; readonly to: AccountState }>
> = {
  make_pending: { from: ["created", "approved", "rejected"], to: "pending" },
  approve: { from: ["created", "pending", "rejected"], to: "approved" },
  reject: { from: ["created", "pending", "approved"], to: "rejected" },
  suspend: {
    from: ["created", "pending", "approved", "rejected", "suspended", "scheduled_for_deletion"],
    to: "suspended",
  },
  resume: { from: ["suspended", "scheduled_for_deletion"], to: "approved" },
};

/** Returns the state after the transition, or undefined if the transition is not allowed from `state`. */
export function accountStateAfter(state: AccountState, transition: AccountTransition): AccountState | undefined {
  const { from, to } = accountTransitions[transition];
  return from.includes(state) ? to : undefined;
}

/** Returns the state that a transition leads to. */
export const accountTarget = (transition: AccountTransition): AccountState => accountTransitions[transition].to;

interface AccountStateChange extends AccountChange {
  readonly transition: AccountTransition;
  /** The login of the Developer Portal, for the mail about an approval. */
  readonly logInUrl: string;
}

/** Approves, rejects, suspends an account and so on, and mails the decision to the account's admins. */
export const changeAccountState = (
  pool: Pool,
  { transition, ...change }: AccountStateChange,
): Promise<AccountOutcome | undefined> =>
  changeAccount(
    pool,
    change,
    (before) => {
      const state = accountStateAfter(before.state, transition);
      if (state === undefined) return refuseTransition(transition);
      return state === before.state ? before : { ...before, state, stateChangedAt: change.by.now, deletionAt: null };
    },
    async (tx, { details }) => {
      const userIds = details.users.map(({ id }) => id);
      if (details.account.state === "suspended")
        await endSessionsOfUsers(tx, { providerId: change.provider.id, audience: "developer", userIds });
      else if (transition !== "resume") await mailAdmins(tx, change, details);
    },
  );

async function mailAdmins(
  tx: Transaction,
  { provider, logInUrl, by }: Pick<AccountStateChange, "provider" | "logInUrl" | "by">,
  { account, users }: AccountDetails,
): Promise<void> {
  const { orgName, state } = account;
  if (state !== "approved" && state !== "pending" && state !== "rejected") return;
  await insertMailsToAdmins(tx, { provider, accountId: account.id, users, now: by.now }, (admin) =>
    accountStateMail({ ...admin, provider, orgName, state, logInUrl }),
  );
}

/** The developer's own sign-up form, or a program of the provider. */
type SignUpCircumstances =
  | {
      readonly via: "form";
      /** True if developers must confirm their email address before they can log in. */
      readonly activatesByMail: boolean;
      /** The account needs no approval, whatever its plan requires. */
      readonly isApproved?: boolean;
    }
  | { readonly via: "program"; readonly hasPassword: boolean };

export interface InitialStates {
  readonly account: "created" | "pending" | "approved";
  readonly user: "pending" | "active";
}

/** Returns the states of a new account and its first user. */
export function initialStates(by: SignUpCircumstances, accountPlan: Plan): InitialStates {
  const isReady = by.via === "form" ? !by.activatesByMail : by.hasPassword && !accountPlan.approvalRequired;
  const isApproved = by.via === "form" && by.isApproved;
  return isReady
    ? { account: isApproved ? "approved" : stateOnActivation(accountPlan), user: "active" }
    : { account: isApproved ? "approved" : "created", user: "pending" };
}

/** Returns the state of an account when its first user is activated. */
const stateOnActivation = (accountPlan: Plan): Extract<Account["state"], "pending" | "approved"> =>
  accountPlan.approvalRequired ? "pending" : "approved";

/** Activates a pending user, and with the first user the account. Returns undefined if the account has no such user. */
export async function activateUser(
  pool: Pool,
  { provider, accountId, userId, by }: UserChange,
): Promise<UserOutcome | undefined> {
  const settings = await readDocumentSettings(pool, provider);
  const providerId = provider.id;
  const { now } = by;
  return pool.inTransaction(async (tx) => {
    const before = await lockAccount(tx, providerId, accountId);
    const locked = before && (await lockUser(tx, { providerId, accountId, userId }));
    if (!locked) return undefined;
    if (locked.user.state === "active") return { user: locked.user, events: [] };
    if (locked.user.state !== "pending") return refuseTransition("activate");

    const active: User = { ...locked.user, state: "active", activatedAt: now };
    const user = await updateUserRow(tx, providerId, { user: active }, now);
    const event = userEvent("user.updated", settings, user, { state: "pending" });
    const { events } = await recordActivation(tx, settings, { before, event, cause: { providerId, ...by } });
    return { user, events };
  });
}

interface MailActivation {
  readonly provider: Provider;
  /** The last part of the mailed link. */
  readonly code: string;
  /** The actor, if the visitor is signed in. */
  readonly actor?: Actor | undefined;
  readonly now: Date;
}

/**
 * Activates the user with this mailed code, and with the first user the account. The actor is the system if no visitor
 * is signed in. Returns undefined if the code is unknown, expired or used.
 */
export async function activateUserByMail(
  pool: Pool,
  { provider, code, actor = { kind: "system" }, now }: MailActivation,
): Promise<{ user: User; details: AccountDetails } | undefined> {
  const settings = await readDocumentSettings(pool, provider);
  const digest = secretDigest(code);
  return pool.inTransaction(async (tx) => {
    const accountId = await findAccountOfCode(tx, provider.id, { digest, state: "pending", now });
    const before = accountId === undefined ? undefined : await lockAccount(tx, provider.id, accountId);
    const user = before && (await activateByCode(tx, provider.id, digest, now));
    if (!user) return undefined;

    const cause = { providerId: provider.id, actor, channel: "developer_portal", now } as const;
    const event = userEvent("user.updated", settings, user, { state: "pending" });
    const { details } = await recordActivation(tx, settings, { before, event, cause });
    return { user, details };
  });
}

/** Returns the account of the user whom this mailed code has activated, unless it expired or the user has changed since. */
export async function readAccountActivatedByMail(
  db: Database,
  { provider, code, now }: Omit<MailActivation, "actor">,
): Promise<Account | undefined> {
  const id = await findAccountOfCode(db, provider.id, { digest: secretDigest(code), state: "active", now });
  return id === undefined ? undefined : readAccount(db, provider.id, id);
}

interface Activation {
  readonly before: Account;
  /** The event of a user of the account, who was already activated. */
  readonly event: AccountEvent;
  readonly cause: Cause;
}

/**
 * Records the activation of a locked account's user. The first activation also moves the account out of the state
 * `created`.
 */
export async function recordActivation(
  tx: Transaction,
  settings: DocumentSettings,
  { before, event, cause }: Activation,
): Promise<{ readonly details: AccountDetails; readonly events: readonly RecordedEvent[] }> {
  const account =
    before.state === "created" ? await approveOrHold(tx, settings.provider.id, before, cause.now) : before;
  const [details] = await listAccountDetails(tx, settings.provider.id, [account.id]);
  if (!details) throw new Error(`Account ${account.id} was gone although it was locked.`);
  const events =
    account === before
      ? await recordAccountEvents(tx, cause, account, [event])
      : await recordAccountChange(tx, cause, account, [
          accountUpdatedEvent(settings, details, accountChanges(before, account)),
          event,
        ]);
  return { details, events };
}

async function approveOrHold(tx: Transaction, providerId: number, account: Account, now: Date): Promise<Account> {
  const [plan] = await readPlans(tx, providerId, [account.planId]);
  if (!plan) throw new Error(`Account ${account.id} has no plan.`);
  return updateAccountRow(tx, providerId, { ...account, state: stateOnActivation(plan), stateChangedAt: now }, now);
}
