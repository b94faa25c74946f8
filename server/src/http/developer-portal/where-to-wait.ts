import type { Account } from "#portal/accounts/index.ts";

type Kept = Pick<Account, "state">;

/** Whether an account that nobody can come into waits for its first approval. Others were closed. */
export const isNewlyMade = (state: Kept["state"]): boolean => state === "created" || state === "pending";

export const waitingPages = { new: "/signup/awaiting-approval", closed: "/signup/account-closed" } as const;

/** Where somebody is led who belongs to an account now, and cannot come in. */
export const whereToWait = (account: Kept | undefined): string =>
  account && !isNewlyMade(account.state) ? waitingPages.closed : waitingPages.new;
