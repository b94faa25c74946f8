import { isDeepStrictEqual } from "node:util";
import {
  endSessionsOfUser,
  hasOtherAdmin,
  lockProviderUsers,
  recordAudit,
  updateProviderUserRow,
  type By,
  type ProviderUser,
} from "#access/index.ts";
import type { Pool } from "#platform/database/database.ts";
import type { FieldErrors } from "#portal/fields/index.ts";
import type { Provider } from "#portal/providers/index.ts";

/** Which of the provider's own users is to be changed, and who wants it. */
export interface ProviderUserChange {
  readonly provider: Provider;
  readonly userId: number;
  readonly by: By;
}

export type ProviderUserOutcome =
  | { readonly user: ProviderUser }
  | { readonly refused: FieldErrors }
  /** Nobody could change anything any more. */
  | { readonly notAllowed: "only admin" };

type Decision =
  | { readonly user: ProviderUser; readonly passwordHash?: string | undefined }
  | { readonly refused: FieldErrors };

export type Decide = (before: ProviderUser, everybody: readonly ProviderUser[]) => Decision;

interface Decided extends ProviderUserChange {
  readonly decide: Decide;
  /** The cookie of the session that a new password leaves alone. It ends all others. */
  readonly keptSession?: string | undefined;
}

/** Changes one of the provider's own users as decided. These raise no events; the audit says who did it. */
export async function changeProviderUser(
  pool: Pool,
  { provider, userId, by, decide, keptSession }: Decided,
): Promise<ProviderUserOutcome | undefined> {
  return pool.inTransaction(async (tx) => {
    const everybody = await lockProviderUsers(tx, provider.id);
    const before = everybody.find(({ id }) => id === userId);
    if (!before) return undefined;
    const wanted = decide(before, everybody);
    if ("refused" in wanted) return wanted;
    const { user, passwordHash } = wanted;
    if (isDeepStrictEqual(user, before) && passwordHash === undefined) return { user };
    if (isAdmin(before) && !isAdmin(user) && !hasOtherAdmin(everybody, userId)) return { notAllowed: "only admin" };

    const isOut = user.state !== "active";
    if (isOut || passwordHash !== undefined) {
      const exceptCookieValue = isOut ? undefined : keptSession;
      await endSessionsOfUser(tx, { providerId: provider.id, audience: "admin", userId, exceptCookieValue });
    }
    const { role, state, sections, serviceIds } = user;
    const detail = {
      role,
      state,
      sections,
      serviceIds,
      ...(passwordHash === undefined ? {} : { password: "changed" }),
    };
    const said = { action: "user.changed", subject: `provider-user/${userId}`, detail };
    await recordAudit(tx, { providerId: provider.id, actor: by.actor, ...said });
    return { user: await updateProviderUserRow(tx, provider.id, wanted, by.now) };
  });
}

const isAdmin = ({ role, state }: ProviderUser): boolean => role === "admin" && state === "active";
