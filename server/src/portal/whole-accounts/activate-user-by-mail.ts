import { digestOf, type Actor } from "#access/index.ts";
import type { Pool } from "#platform/database/database.ts";
import { lockAccount } from "#portal/accounts/accounts-table.ts";
import { readDocumentSettings } from "#portal/fields/index.ts";
import type { Provider } from "#portal/providers/index.ts";
import { activateByCode, findAccountOfCode } from "#portal/users/activate-by-code.ts";
import { type User } from "#portal/users/user.ts";

import { admitAccount } from "./admit-account.ts";
import type { WholeAccount } from "./whole-account.ts";

interface ActivationByMail {
  readonly provider: Provider;
  /** The end of the link in the mail. */
  readonly code: string;
  /** Who opens the link, if somebody is signed in. */
  readonly actor?: Actor | undefined;
  readonly now: Date;
}

/**
 * Activates the user who was sent the code, and with the first user the account. Undefined if the code is nobody's, too
 * old, or was used. Where nobody is signed in who could have acted, the actor is the system.
 */
export async function activateUserByMail(
  pool: Pool,
  { provider, code, actor = { kind: "system" }, now }: ActivationByMail,
): Promise<{ user: User; whole: WholeAccount } | undefined> {
  const settings = await readDocumentSettings(pool, provider);
  const digest = digestOf(code);
  return pool.inTransaction(async (tx) => {
    const accountId = await findAccountOfCode(tx, provider.id, digest, now);
    const before = accountId === undefined ? undefined : await lockAccount(tx, provider.id, accountId);
    const user = before && (await activateByCode(tx, provider.id, digest, now));
    if (!user) return undefined;

    const cause = { providerId: provider.id, actor, channel: "developer_portal", now } as const;
    const { whole } = await admitAccount(tx, settings, { before, user, cause });
    return { user, whole };
  });
}
