import type { Database, Transaction } from "#platform/database/database.ts";
import { randomHex, secretDigest } from "#platform/ids.ts";
import { notifyCallersChanged } from "./actor.ts";

/** The two portals keep sessions of their own, each with its own cookie. */
export type Audience = "developer" | "admin";

export interface Session {
  readonly providerId: number;
  readonly audience: Audience;
  readonly userId: number;
  readonly csrfToken: string;
  readonly expiresAt: Date;
}

/** From sign-in, whatever is done in between: a fortnight for a developer, a working day for who may change webhooks. */
export const sessionSeconds = { developer: 14 * 24 * 3600, admin: 12 * 3600 } as const satisfies Record<
  Audience,
  number
>;

const sessionIdBytes = 32;

const insertStatement = `
  insert into sessions (digest, provider_id, audience, user_id, csrf_token, created_at, expires_at)
  values ($1, $2, $3, $4, $5, $6::timestamptz, $6::timestamptz + make_interval(secs => $7))`;

// Each sign-in sweeps some of what has expired, so the table stays small without a job of its own. A row that another
// sign-in sweeps at the same moment is skipped. Served by sessions_expires_idx.
const deleteExpiredStatement = `
  delete from sessions
  where digest in (
    select digest from sessions where expires_at <= $1 order by expires_at limit 100 for update skip locked)`;

/** A new session, never an old one prolonged: who knew the cookie before the sign-in knows nothing after it. */
export async function createSession(
  tx: Transaction,
  { providerId, audience, userId, now }: { providerId: number; audience: Audience; userId: number; now: Date },
): Promise<{ cookieValue: string; csrfToken: string }> {
  const cookieValue = randomHex(sessionIdBytes);
  const csrfToken = randomHex(sessionIdBytes);
  await tx.query(deleteExpiredStatement, [now]);
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

/** Open event streams of the Admin Portal end with the session. Developers have none. */
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
  /** The cookie of the session that stays: of who changes a password of their own. */
  readonly exceptCookieValue?: string | undefined;
}

/** For a new password, a suspension, a deletion: nobody stays signed in on what no longer holds. */
export async function endSessionsOfUser(
  tx: Transaction,
  { providerId, audience, userId, exceptCookieValue }: EndedSessions,
): Promise<void> {
  const except = exceptCookieValue === undefined ? null : secretDigest(exceptCookieValue);
  await tx.query(endOfUserStatement, [providerId, audience, userId, except]);
  notifySessionsEnded(tx, providerId, audience);
}
