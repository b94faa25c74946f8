import { endSessionsOfUser } from "#access/index.ts";
import type { Pool, Transaction } from "#platform/database/database.ts";
import { refuseTransition } from "#portal/fields/index.ts";
import { accountStateMail, insertMail } from "#portal/mails/index.ts";

import { stateAfter, type AccountTransition } from "./account-transitions.ts";
import { changeAccount, type AccountChange, type AccountOutcome } from "./change-account.ts";
import type { WholeAccount } from "./whole-account.ts";

interface AccountStateChange extends AccountChange {
  readonly transition: AccountTransition;
}

/** Approves, rejects, suspends an account and so on, and writes to its admins what was decided. */
export const changeAccountState = (
  pool: Pool,
  { transition, ...change }: AccountStateChange,
): Promise<AccountOutcome | undefined> =>
  changeAccount(
    pool,
    change,
    (before) => {
      const state = stateAfter(before.state, transition);
      if (state === undefined) return refuseTransition(transition);
      return state === before.state ? before : { ...before, state, stateChangedAt: change.by.now, deletionAt: null };
    },
    async (tx, { whole }) => {
      if (whole.account.state === "suspended") await endSessions(tx, change, whole);
      else if (transition !== "resume") await writeToAdmins(tx, change, whole);
    },
  );

/** A suspended account has nobody signed in. */
async function endSessions(tx: Transaction, { provider }: AccountChange, { users }: WholeAccount): Promise<void> {
  for (const { id } of users) {
    await endSessionsOfUser(tx, { providerId: provider.id, audience: "developer", userId: id });
  }
}

async function writeToAdmins(
  tx: Transaction,
  { provider, by }: AccountChange,
  { account, users }: WholeAccount,
): Promise<void> {
  const { orgName, state } = account;
  if (state !== "approved" && state !== "pending" && state !== "rejected") return;
  for (const { role, email, username } of users) {
    if (role !== "admin" || email === null) continue;
    await insertMail(
      tx,
      provider.id,
      accountStateMail({ provider, recipient: email, username, orgName, state }),
      by.now,
    );
  }
}
