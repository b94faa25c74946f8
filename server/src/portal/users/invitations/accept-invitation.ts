import { hashPassword } from "#access/index.ts";
import type { Pool, Transaction } from "#platform/database/database.ts";
import { countLimits } from "#platform/limits/limits.ts";
import { requireRoom } from "#platform/limits/require-room.ts";
import { lockAccount } from "#portal/accounts/accounts-table.ts";
import { recordAccountEvents } from "#portal/accounts/record-account-events.ts";
import {
  type DocumentSettings,
  type FieldErrors,
  type FieldInput,
  hasNoErrors,
  mergeErrors,
  readDocumentSettings,
} from "#portal/fields/index.ts";
import type { Provider } from "#portal/providers/index.ts";
import type { RecordedEvent } from "#webhooks/events/index.ts";
import { findTakenNames } from "../find-taken-names.ts";
import { type UserFields, judgeNewUser } from "../judge-new-user.ts";
import { userEvent } from "../user-events.ts";
import type { User } from "../user.ts";
import { insertUser } from "../users-table.ts";
import { findInvitation, markAccepted } from "./invitations-table.ts";

interface Acceptance {
  readonly provider: Provider;
  /** The end of the link in the mail. */
  readonly code: string;
  /** As they came, by field name. Without an `email`, it is the one that was invited. */
  readonly values: FieldInput;
  readonly now: Date;
}

type AcceptanceOutcome =
  | { readonly user: User; readonly events: readonly RecordedEvent[] }
  | { readonly refused: FieldErrors };

/** Makes who was invited an active member, acting as that user. Undefined if the code is nobody's, too old, or was used. */
export async function acceptInvitation(
  pool: Pool,
  { provider, code, values, now }: Acceptance,
): Promise<AcceptanceOutcome | undefined> {
  const invited = await findInvitation(pool, provider.id, code, now);
  if (!invited) return undefined;
  const settings = await readDocumentSettings(pool, provider);
  const { fields, errors } = judgeNewUser(settings, { email: invited.email, ...values }, { writer: "developer" });
  const refused = mergeErrors(errors, await findTakenNames(pool, provider.id, fields));
  if (!hasNoErrors(refused) || fields.password === undefined) return { refused };
  const passwordHash = await hashPassword(fields.password, { providerId: provider.id });

  try {
    return await pool.inTransaction(async (tx) => {
      const account = await lockAccount(tx, provider.id, invited.accountId);
      if (!account || !(await markAccepted(tx, provider.id, code, now))) return undefined;
      await requireRoom(tx, countLimits.users, { providerId: provider.id, id: account.id });
      const user = await insertMember(tx, settings, { fields, passwordHash, accountId: account.id }, now);
      const actor = { kind: "developer", userId: user.id } as const;
      const cause = { providerId: provider.id, actor, channel: "developer_portal", now } as const;
      return {
        user,
        events: await recordAccountEvents(tx, cause, account, [userEvent("user.created", settings, user)]),
      };
    });
  } catch (error) {
    if (error instanceof TakenMeanwhile)
      return { refused: mergeErrors(await findTakenNames(pool, provider.id, fields)) };
    throw error;
  }
}

/** Thrown, because the invitation must stay open for another try. */
class TakenMeanwhile extends Error {
  override readonly name = "TakenMeanwhile";
}

async function insertMember(
  tx: Transaction,
  { provider }: DocumentSettings,
  { fields, passwordHash, accountId }: { fields: UserFields; passwordHash: string; accountId: number },
  now: Date,
): Promise<User> {
  const { username, email, userFields } = fields;
  const user = await insertUser(
    tx,
    provider.id,
    {
      accountId,
      username,
      email,
      passwordHash,
      role: "member",
      state: "active",
      activationCodeDigest: null,
      fields: userFields,
    },
    now,
  );
  if (!user) throw new TakenMeanwhile("the name was taken at the same time");
  return user;
}
