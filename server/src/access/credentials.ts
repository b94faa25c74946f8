import { argon2, randomBytes, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";
import { createFairQueue } from "#platform/fair-queue.ts";
import { diskLimits, textLimits } from "#platform/limits.ts";
import { networksOf } from "#platform/network/target-guard.ts";
import { leavingProviders } from "#platform/database/connection.ts";
import { type Database, type Pool, queryRow, type Transaction } from "#platform/database/database.ts";
import { randomHex, secretDigest } from "#platform/ids.ts";
import { recordAudit } from "./audit.ts";
import { type Actor, notifyCallersChanged } from "./permissions.ts";

/** Cost of a new hash. Each stored hash states its own cost. */
export interface HashCost {
  readonly memoryKiB: number;
  readonly passes: number;
  readonly parallelism: number;
}

/** OWASP's first choice for argon2id: 19 MiB, two passes, one lane; 25 to 60 ms of one core. */
export const standardCost: HashCost = { memoryKiB: 19 * 1024, passes: 2, parallelism: 1 };

const saltBytes = 16;
const tagBytes = 32;

/** The limit for stored hashes, so that a foreign row cannot exhaust the memory. */
const memoryKiBMax = 256 * 1024;

/** The origin of the work. Providers take turns; within one, known devices and strangers; within these, networks. */
export interface HashingFor {
  readonly providerId: number;
  /** Absent for signed-in users and for programs with credentials. */
  readonly address?: string;
  /** The browser has signed in with this name before: floods from strangers do not delay it. */
  readonly isKnownDevice?: boolean;
}

export interface PasswordHasher {
  /** Returns a PHC string, `$argon2id$v=19$m=…,t=…,p=…$salt$tag`. */
  hash(plain: string, requester: HashingFor): Promise<string>;
  verify(hash: string | null | undefined, plain: string, requester: HashingFor): Promise<boolean>;
  /**
   * Verifies the password against each hash, all in one turn: a full queue refuses all or none. Takes the same time without a
   * hash, so that the time of a refusal does not reveal whether there is such a user.
   */
  verifyAll(
    hashes: readonly (string | null | undefined)[],
    plain: string,
    requester: HashingFor,
  ): Promise<readonly boolean[]>;
}

/**
 * Creates the hasher of a process. Two hashes run at once: 38 MiB at most, and two of the four threads of Node's pool stay free
 * for DNS and files. A full queue is two to three seconds of work.
 */
export function createPasswordHasher(cost: HashCost): PasswordHasher {
  const inTurn = createFairQueue({ slots: 2, waitingMax: 32, retryAfterSeconds: 3 });

  const fits = async (hash: string | null | undefined, plain: string): Promise<boolean> => {
    const known = hash && plain.length <= textLimits.password.max ? readHash(hash) : undefined;
    if (!known) {
      await tagOf({ plain: "", salt: Buffer.alloc(saltBytes), cost, tagLength: tagBytes });
      return false;
    }
    return timingSafeEqual(await tagOf({ plain, ...known, tagLength: known.tag.length }), known.tag);
  };

  const verifyAll: PasswordHasher["verifyAll"] = (hashes, plain, requester) =>
    inTurn(turnOf(requester), async () => {
      const fit: boolean[] = [];
      for (const hash of hashes) fit.push(await fits(hash, plain));
      return fit;
    });

  return {
    verifyAll,
    verify: async (hash, plain, requester) => (await verifyAll([hash], plain, requester))[0] ?? false,
    hash: async (plain, requester) => {
      if (plain.length > textLimits.password.max) throw new RangeError("The password is too long.");
      const salt = randomBytes(saltBytes);
      const tag = await inTurn(turnOf(requester), () => tagOf({ plain, salt, cost, tagLength: tagBytes }));
      const parameters = `m=${cost.memoryKiB},t=${cost.passes},p=${cost.parallelism}`;
      return `$argon2id$v=19$${parameters}$${unpadded(salt)}$${unpadded(tag)}`;
    },
  };
}

const derive = promisify(argon2);

interface Derivation {
  readonly plain: string;
  readonly salt: Buffer;
  readonly cost: HashCost;
  readonly tagLength: number;
}

const tagOf = ({ plain, salt, cost, tagLength }: Derivation): Promise<Buffer> =>
  derive("argon2id", {
    // The same letters in two Unicode spellings (é as one sign or two) are one password. For thousands of accents on one letter
    // this takes seconds of the event loop, so the length of passwords is limited.
    message: plain.normalize("NFC"),
    nonce: salt,
    memory: cost.memoryKiB,
    passes: cost.passes,
    parallelism: cost.parallelism,
    tagLength,
  });

const turnOf = ({ providerId, address, isKnownDevice = address === undefined }: HashingFor): string[] => [
  String(providerId),
  isKnownDevice ? "known" : "stranger",
  // A group of its own: work beside groups would wait for all of them.
  ...(address === undefined ? ["signed in"] : networksOf(address).map(({ network }) => network)).toReversed(),
];

const phc = /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,2})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})$/;

function readHash(hash: string): { cost: HashCost; salt: Buffer; tag: Buffer } | undefined {
  const [, memory, passes, parallelism, salt, tag] = phc.exec(hash) ?? [];
  if (salt === undefined || tag === undefined) return undefined;
  const cost = { memoryKiB: Number(memory), passes: Number(passes), parallelism: Number(parallelism) };
  if (cost.memoryKiB > memoryKiBMax) return undefined;
  return { cost, salt: Buffer.from(salt, "base64"), tag: Buffer.from(tag, "base64") };
}

const unpadded = (bytes: Buffer): string => bytes.toString("base64").replaceAll("=", "");

/** One has the login as a user name, and another may have it as an email address. */
const candidatesMax = 2;

/**
 * Returns the candidates with this password, in their order. Takes the same time for zero, one and two matches, so that it does
 * not reveal which users exist.
 */
export async function filterByPassword<Candidate extends { readonly passwordHash: string | null }>(
  passwords: PasswordHasher,
  candidates: readonly Candidate[],
  password: string,
  requester: HashingFor,
): Promise<readonly Candidate[]> {
  const hashes = Array.from({ length: candidatesMax }, (_, place) => candidates[place]?.passwordHash);
  const isTheirs = await passwords.verifyAll(hashes, password, requester);
  return candidates.filter((_, place) => isTheirs[place]);
}

/** Each portal has its own sessions and cookie. */
export type Audience = "developer" | "admin";

export interface Session {
  readonly providerId: number;
  readonly audience: Audience;
  readonly userId: number;
  readonly csrfToken: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  /** Null for a session of an earlier version that was not used since. */
  readonly lastUsedAt: Date | null;
}

/** Counted from sign-in, regardless of activity: two weeks for developers, a working day for users who can change webhooks. */
export const sessionSeconds = { developer: 14 * 24 * 3600, admin: 12 * 3600 } as const satisfies Record<
  Audience,
  number
>;

const sessionSecretBytes = 32;

/** Where a session was last used. Null if unknown. */
export interface SessionPlace {
  /** A name, such as Firefox. */
  readonly browser: string | null;
  readonly operatingSystem: string | null;
  /** IPv4 or IPv6. */
  readonly address: string | null;
}

const unknownPlace: SessionPlace = { browser: null, operatingSystem: null, address: null };

const insertStatement = `
  insert into sessions (digest, provider_id, audience, user_id, csrf_token, created_at, expires_at, last_used_at, browser,
    operating_system, address)
  values ($1, $2, $3, $4, $5, $6::timestamptz, $6::timestamptz + make_interval(secs => $7), $6, $8, $9, $10)`;

// Otherwise the owner of a few accounts could store sessions as fast as passwords can be checked. Served by sessions_user_idx.
const deleteOldestStatement = `
  delete from sessions
  where digest in (
    select digest from sessions where provider_id = $1 and audience = $2 and user_id = $3
    order by created_at desc offset $4 for update skip locked)`;

interface NewSession extends Partial<SessionPlace> {
  readonly providerId: number;
  readonly audience: Audience;
  readonly userId: number;
  readonly now: Date;
}

/** Creates a session. Sign-in never extends an existing one, so a cookie planted before it is worthless after it. */
export async function createSession(
  tx: Transaction,
  { providerId, audience, userId, now, ...known }: NewSession,
): Promise<{ cookieValue: string; csrfToken: string }> {
  const cookieValue = randomHex(sessionSecretBytes);
  const csrfToken = randomHex(sessionSecretBytes);
  const { browser, operatingSystem, address } = { ...unknownPlace, ...known };
  tx.send(deleteOldestStatement, [providerId, audience, userId, diskLimits.sessions.max - 1]);
  await tx.query(insertStatement, [
    secretDigest(cookieValue),
    providerId,
    audience,
    userId,
    csrfToken,
    now,
    sessionSeconds[audience],
    browser,
    operatingSystem,
    address,
  ]);
  return { cookieValue, csrfToken };
}

// Skips rows that another process deletes, and those of a provider that leaves the cell, which refuses their changes. Served by
// sessions_expires_idx.
const deleteExpiredStatement = `
  with expired as (
    delete from sessions
    where digest in (
      select digest from sessions where expires_at <= $1 and provider_id not in (${leavingProviders})
      order by expires_at limit 10000 for update skip locked)
    returning 1)
  select count(*)::integer as count from expired`;

/** Deletes up to 10,000 expired sessions with their addresses, and returns how many. */
export const deleteExpiredSessions = async (db: Database, now: Date): Promise<number> =>
  (await queryRow<{ count: number }>(db, deleteExpiredStatement, [now])).count;

const findStatement = `
  select provider_id as "providerId", audience, user_id, csrf_token, created_at, expires_at, last_used_at
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

/** A use is recorded again after this time, so that reading a page is rarely a write. */
const lastUseSeconds = 300;

/** Returns whether the last recorded use of a session is so long ago that this one should be recorded. */
export const isUseDue = ({ lastUsedAt }: Pick<Session, "lastUsedAt">, now: Date): boolean =>
  lastUsedAt === null || now.getTime() - lastUsedAt.getTime() >= lastUseSeconds * 1000;

// By primary key. No index has these columns, so PostgreSQL updates none. The first of several requests at once writes.
const recordUseStatement = `
  update sessions set last_used_at = $2, browser = $3, operating_system = $4, address = $5
  where digest = $1 and (last_used_at is null or last_used_at <= $2::timestamptz - make_interval(secs => $6))`;

/** Records where a session was used. An ended one stays ended. */
export async function recordSessionUse(
  db: Database,
  { cookieValue, now, browser, operatingSystem, address }: SessionPlace & { cookieValue: string; now: Date },
): Promise<void> {
  const values = [secretDigest(cookieValue), now, browser, operatingSystem, address, lastUseSeconds];
  await db.query(recordUseStatement, values);
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

const endOfUsersStatement = `
  delete from sessions
  where provider_id = $1 and audience = $2 and user_id = any($3::bigint[]) and ($4::bytea is null or digest <> $4)
  returning 1`;

interface SessionOwners {
  readonly providerId: number;
  readonly audience: Audience;
  readonly userIds: readonly number[];
}

interface EndedSessions extends SessionOwners {
  /** The cookie of the session to keep: of a user who changes their own password. */
  readonly keptCookieValue?: string | undefined;
}

/** Ends the sessions of users, and returns how many: after a new password, a suspension or a deletion. */
export async function endSessionsOfUsers(
  tx: Transaction,
  { providerId, audience, userIds, keptCookieValue }: EndedSessions,
): Promise<number> {
  const except = keptCookieValue === undefined ? null : secretDigest(keptCookieValue);
  const ended = await tx.query(endOfUsersStatement, [providerId, audience, userIds, except]);
  notifySessionsEnded(tx, providerId, audience);
  return ended.length;
}

// A digest of the digest: whoever knows it can neither sign in, nor find the digest or the cookie.
const sessionIdOf = `left(encode(sha256(digest), 'hex'), 32)`;

/** A session as its user sees it. */
export interface ListedSession extends SessionPlace {
  /** 32 hexadecimal digits, which give access to nothing. */
  readonly id: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly lastUsedAt: Date | null;
  readonly isCurrent: boolean;
}

// Served by sessions_user_idx.
const listSessionsStatement = `
  select ${sessionIdOf} as id, created_at, expires_at, last_used_at, browser, operating_system, address,
    digest is not distinct from $5::bytea as "isCurrent"
  from sessions
  where provider_id = $1 and audience = $2 and user_id = any($3::bigint[]) and expires_at > $4
  order by "isCurrent" desc, coalesce(last_used_at, created_at) desc, id`;

/** Lists the sessions of users: that of the cookie first, then the last used one. */
export const listSessions = (
  db: Database,
  { providerId, audience, userIds, now, cookieValue }: SessionOwners & { now: Date; cookieValue?: string | undefined },
): Promise<ListedSession[]> => {
  const current = cookieValue === undefined ? null : secretDigest(cookieValue);
  return db.query(listSessionsStatement, [providerId, audience, userIds, now, current]);
};

/** A user's own session, ended in one of the portals. */
interface OwnSession {
  readonly providerId: number;
  readonly audience: Audience;
  readonly userId: number;
  readonly actor: Actor;
}

// Served by sessions_user_idx.
const endOwnStatement = `
  delete from sessions
  where provider_id = $1 and audience = $2 and user_id = $3 and ${sessionIdOf} = $4
  returning 1`;

/**
 * Ends one of a user's own sessions. The audit log is kept for years, so it has neither browser nor address. Returns false if the user has no
 * such session.
 */
export const endOwnSession = (
  pool: Pool,
  { providerId, audience, userId, actor }: OwnSession,
  id: string,
): Promise<boolean> =>
  pool.inTransaction(async (tx) => {
    const ended = await tx.query(endOwnStatement, [providerId, audience, userId, id]);
    if (ended.length === 0) return false;
    notifySessionsEnded(tx, providerId, audience);
    await recordAudit(tx, {
      providerId,
      actor,
      action: "session.ended",
      subject: `provider-user/${userId}`,
      detail: {},
    });
    return true;
  });

/** Ends all of a user's own sessions but that of the cookie, and returns how many. */
export const endOtherSessions = (
  pool: Pool,
  { providerId, audience, userId, actor }: OwnSession,
  keptCookieValue: string,
): Promise<number> =>
  pool.inTransaction(async (tx) => {
    const count = await endSessionsOfUsers(tx, { providerId, audience, userIds: [userId], keptCookieValue });
    const record = { action: "sessions.ended", subject: `provider-user/${userId}`, detail: { count } };
    if (count > 0) await recordAudit(tx, { providerId, actor, ...record });
    return count;
  });
