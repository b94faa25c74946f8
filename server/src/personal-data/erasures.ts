import type { Actor, ChangeContext } from "#access/index.ts";
import type { Database, Pool, Transaction } from "#platform/database/database.ts";
import { errorCode } from "#platform/errors.ts";
import { deleteAccount, readAccount } from "#portal/accounts/index.ts";
import type { Provider } from "#portal/providers/index.ts";
import { deleteUser, readUser } from "#portal/users/index.ts";
import { type ErasedSubject, findAccountInEvents } from "#webhooks/events/index.ts";

export const pendingChoices = ["send", "cancel"] as const;
/** `send`: deliveries that have not ended are sent first. `cancel`: they are cancelled. */
export type PendingChoice = (typeof pendingChoices)[number];

/** Deliveries are waited for so long. The rest is cancelled. */
export const sendDaysMax = 7;
/** An erasure ends within this time after its request, or with `send` after the last delivery has ended. */
export const erasedWithinHours = 1;

export type ErasureState = "waiting" | "running" | "done";

export interface Erasure extends ErasedSubject {
  readonly id: number;
  readonly pending: PendingChoice;
  readonly state: ErasureState;
  /** Events that were erased. */
  readonly events: number;
  readonly error: string | null;
  readonly actorKind: Actor["kind"];
  readonly actorUserId: number | null;
  readonly createdAt: Date;
  readonly sendUntil: Date | null;
  readonly finishedAt: Date | null;
}

const columns = `id, provider_id, account_id, user_id, pending, events, error, actor_kind, actor_user_id, created_at, send_until,
  finished_at, case step when 'wait' then 'waiting' when 'done' then 'done' else 'running' end as state`;

/** A subject as requested. */
export type RequestedSubject =
  | { readonly accountId: number; readonly userId?: undefined }
  | { readonly accountId?: undefined; readonly userId: number };

export interface NewErasure {
  readonly provider: Provider;
  readonly subject: RequestedSubject;
  readonly pending: PendingChoice;
  readonly by: ChangeContext;
  /** Runs in the transaction of the erasure. */
  readonly follow: (tx: Transaction, erasure: Erasure) => Promise<void>;
}

export type ErasureOutcome =
  | { readonly erasure: Erasure }
  /** The account would have no admin left. Erase the account, or appoint another admin. */
  | { readonly notAllowed: "last admin" }
  | { readonly notAllowed: "running" };

// The wait of `cancel` is over at once.
const insertStatement = `
  insert into erasures (provider_id, account_id, user_id, pending, actor_kind, actor_user_id, created_at, send_until, work_at)
  values ($1, $2, $3, $4, $5, $6, $7, case when $4 = 'send' then $7::timestamptz + make_interval(days => $8) end, $7)
  returning ${columns}`;

const uniqueViolation = "23505";

/**
 * Deletes the account or the user, if it exists, and starts the erasure. If the process dies in between, repeat it.
 * Returns undefined if the provider never had such an account or user, or retention has deleted its events.
 */
export async function createErasure(
  pool: Pool,
  { provider, subject, pending, by, follow }: NewErasure,
): Promise<ErasureOutcome | undefined> {
  const providerId = provider.id;
  const accountId = await findAccountOf(pool, providerId, subject);
  if (accountId === undefined) return undefined;
  const userId = subject.userId ?? null;
  if (userId === null) await deleteAccount(pool, { provider, accountId, by });
  else {
    const deleted = await deleteUser(pool, { provider, accountId, userId, by });
    if (deleted && "notAllowed" in deleted) return deleted;
  }
  const { actor, now } = by;
  const actorUserId = "userId" in actor ? actor.userId : null;
  try {
    return await pool.inTransaction(async (tx) => {
      const values = [providerId, accountId, userId, pending, actor.kind, actorUserId, now, sendDaysMax];
      const [erasure] = await tx.query<Erasure>(insertStatement, values);
      if (!erasure) throw new Error("The insert returned no row");
      await follow(tx, erasure);
      tx.hintAfterCommit("erasures", "");
      return { erasure };
    });
  } catch (error) {
    if (errorCode(error) === uniqueViolation) return { notAllowed: "running" };
    throw error;
  }
}

/** Returns the account of a present or deleted subject. */
export async function findAccountOf(
  db: Database,
  providerId: number,
  { accountId, userId }: RequestedSubject,
): Promise<number | undefined> {
  const present =
    userId === undefined
      ? (await readAccount(db, providerId, accountId))?.id
      : (await readUser(db, providerId, userId))?.accountId;
  return present ?? findAccountInEvents(db, { providerId, accountId, userId });
}

const selectStatement = `select ${columns} from erasures where provider_id = $1 and id = $2`;

export async function readErasure(db: Database, providerId: number, id: number): Promise<Erasure | undefined> {
  const [erasure] = await db.query<Erasure>(selectStatement, [providerId, id]);
  return erasure;
}

// Along the primary key.
const listStatement = `
  select ${columns} from erasures
  where provider_id = $1 and ($2::bigint is null or id < $2)
  order by id desc
  limit $3`;

/** Lists erasures, newest first. They stay as a proof and contain only ids. */
export const listErasures = (
  db: Database,
  { providerId, beforeId, limit }: { providerId: number; beforeId?: number | undefined; limit: number },
): Promise<Erasure[]> => db.query<Erasure>(listStatement, [providerId, beforeId, limit]);
