import type { Database, Transaction } from "#platform/database/database.ts";
import { randomHex, secretDigest } from "#platform/ids.ts";
import { diskLimits } from "#platform/limits.ts";
import { notifyCallersChanged } from "./permissions.ts";

/** Each portal has its own sessions and cookie. */
export type Audience = "developer" | "admin";

export interface Session {
  readonly providerId: number;
  readonly audience: Audience;
  readonly userId: number;
  readonly csrfToken: string;
  readonly expiresAt: Date;
}

/** Counted from sign-in, regardless of activity: two weeks for developers, a working day for users who can change webhooks. */
export const sessionSeconds = { developer: 14 * 24 * 3600, admin: 12 * 3600 } as const satisfies Record<
  Audience,
  number
>;

const sessionIdBytes = 32;

const insertStatement = `
  insert into sessions (digest, provider_id, audience, user_id, csrf_token, created_at, expires_at)
  values ($1, $2, $3, $4, $5, $6::timestamptz, $6::timestamptz + make_interval(secs => $7))`;

// Each sign-in deletes some expired rows, so the table stays small without a job. Rows locked by a concurrent sign-in are
// skipped. Served by sessions_expires_idx.
const deleteExpiredStatement = `
  delete from sessions
  where digest in (
    select digest from sessions where expires_at <= $1 order by expires_at limit 100 for update skip locked)`;

// Otherwise the owner of a few accounts could store sessions as fast as passwords can be checked. Served by sessions_user_idx.
const deleteOldestStatement = `
  delete from sessions
  where digest in (
    select digest from sessions where provider_id = $1 and audience = $2 and user_id = $3
    order by created_at desc offset $4 for update skip locked)`;

/** Creates a session. Sign-in never extends an existing one, so a cookie planted before it is worthless after it. */
export async function createSession(
  tx: Transaction,
  { providerId, audience, userId, now }: { providerId: number; audience: Audience; userId: number; now: Date },
): Promise<{ cookieValue: string; csrfToken: string }> {
  const cookieValue = randomHex(sessionIdBytes);
  const csrfToken = randomHex(sessionIdBytes);
  await tx.query(deleteExpiredStatement, [now]);
  tx.send(deleteOldestStatement, [providerId, audience, userId, diskLimits.sessions.max - 1]);
  await tx.query(insertStatement, [
    secretDigest(cookieValue),
    providerId,
    audience,
    userId,
    csrfToken,
    now,
    sessionSeconds[audience],
  ]);
  return { cookieValue, csrfToken };
}

const findStatement = `
  select provider_id as "providerId", audience, user_id, csrf_token, expires_at
  from sessions
  where digest = $1 and provider_id = $2 and audience = $3 and expires_at > $4`;

export async function findSession(
  db: Database,
  {
    providerId,
    audience,
    cookieValue,
    now,
  }: { providerId: number; audience: Audience; cookieValue: string; now: Date },
): Promise<Session | undefined> {
  const [session] = await db.query<Session>(findStatement, [secretDigest(cookieValue), providerId, audience, now]);
  return session;
}

const endStatement = `delete from sessions where digest = $1 returning provider_id as "providerId", audience`;

export async function endSession(tx: Transaction, cookieValue: string): Promise<void> {
  const ended = await tx.query<Pick<Session, "providerId" | "audience">>(endStatement, [secretDigest(cookieValue)]);
  for (const { providerId, audience } of ended) notifySessionsEnded(tx, providerId, audience);
}

/** Closes the event streams of the Admin Portal that belong to ended sessions. */
function notifySessionsEnded(tx: Transaction, providerId: number, audience: Audience): void {
  if (audience === "admin") notifyCallersChanged(tx, providerId);
}

const endOfUserStatement = `
  delete from sessions
  where provider_id = $1 and audience = $2 and user_id = $3 and ($4::bytea is null or digest <> $4)`;

interface EndedSessions {
  readonly providerId: number;
  readonly audience: Audience;
  readonly userId: number;
  /** The cookie of the session to keep: of a user who changes their own password. */
  readonly keptCookieValue?: string | undefined;
}

/** Ends the sessions of a user: after a new password, a suspension or a deletion. */
export async function endSessionsOfUser(
  tx: Transaction,
  { providerId, audience, userId, keptCookieValue }: EndedSessions,
): Promise<void> {
  const except = keptCookieValue === undefined ? null : secretDigest(keptCookieValue);
  await tx.query(endOfUserStatement, [providerId, audience, userId, except]);
  notifySessionsEnded(tx, providerId, audience);
}

const listSessionsStatement = `
  select created_at, expires_at from sessions
  where provider_id = $1 and audience = $2 and user_id = any($3::bigint[])
  order by created_at`;

/** Lists the times of users' sessions. */
export const listSessions = (
  db: Database,
  {
    providerId,
    audience,
    userIds,
  }: { readonly providerId: number; readonly audience: Audience; readonly userIds: readonly number[] },
): Promise<{ readonly createdAt: Date; readonly expiresAt: Date }[]> =>
  db.query(listSessionsStatement, [providerId, audience, userIds]);
