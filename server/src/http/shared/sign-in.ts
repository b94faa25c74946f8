import { createHmac } from "node:crypto";
import { isIP } from "node:net";
import type { FastifyReply, FastifyRequest } from "fastify";
import {
  type Audience,
  attemptCounter,
  type Count,
  countAttempt,
  type Counter,
  createSession,
  endSession,
  findSession,
  isUseDue,
  type HashingFor,
  loginKey,
  networkCounters,
  type ProviderUser,
  readCounts,
  readProviderUser,
  recordSessionUse,
  resetAttempts,
  type SessionPlace,
  sessionSeconds,
} from "#access/index.ts";
import type { Clock } from "#platform/clock.ts";
import type { Database, Pool, Transaction } from "#platform/database/database.ts";
import { QueueFull } from "#platform/fair-queue.ts";
import { idPattern, randomHex } from "#platform/ids.ts";
import { type AttemptLimit, attemptLimits } from "#platform/limits.ts";
import { plainAddress } from "#platform/network/target-guard.ts";
import { isSameSecret, issueFormToken, readCookie, readForm, setCookie } from "./forms.ts";

/** Each portal has its own cookie name and ignores the other's. */
const sessionCookieNames = { developer: "bellwire_developer", admin: "bellwire_admin" } as const satisfies Record<
  Audience,
  string
>;

export const readSessionCookie = (request: FastifyRequest, audience: Audience): string | undefined =>
  readCookie(request, sessionCookieNames[audience]);

function setSessionCookie(
  reply: FastifyReply,
  audience: Audience,
  { cookieValue, isSecure }: { cookieValue: string; isSecure: boolean },
): void {
  setCookie(reply, sessionCookieNames[audience], { value: cookieValue, isSecure, seconds: sessionSeconds[audience] });
}

function clearSessionCookie(reply: FastifyReply, audience: Audience, isSecure: boolean): void {
  setCookie(reply, sessionCookieNames[audience], { value: "", isSecure, seconds: 0 });
}

export interface SessionNeeds {
  readonly pool: Database;
  readonly clock: Pick<Clock, "now">;
}

interface SignInNeeds extends SessionNeeds {
  readonly pool: Pool;
  readonly secureCookies: boolean;
}

/** Returns the session of the browser's cookie, if it is still valid, and records its use from time to time. */
export async function findBrowserSession(
  { pool, clock }: SessionNeeds,
  request: FastifyRequest,
  audience: Audience,
): ReturnType<typeof findSession> {
  const cookieValue = readSessionCookie(request, audience);
  if (cookieValue === undefined) return undefined;
  const now = clock.now();
  const session = await findSession(pool, { providerId: request.provider.id, audience, cookieValue, now });
  if (session && isUseDue(session, now)) {
    // Nobody waits for it: pages are still read while the database is full, or the provider is moving.
    recordSessionUse(pool, { cookieValue, now, ...placeOf(request) }).catch((err: unknown) =>
      request.log.debug({ err }, "the use of a session could not be recorded"),
    );
  }
  return session;
}

const placeOf = (request: FastifyRequest): SessionPlace => {
  const address = plainAddress(request.ip).replace(/^::ffff:(?=[\d.]+$)/i, "");
  // A trusted proxy may send any text.
  return { ...describeUserAgent(request.headers["user-agent"] ?? ""), address: isIP(address) === 0 ? null : address };
};

/** Browsers pretend to be others, so the first one that matches is meant: Edge names Chrome and Safari, too. */
const browsers: readonly (readonly [string, string])[] = [
  ["Edg", "Edge"],
  ["OPR/", "Opera"],
  ["SamsungBrowser/", "Samsung Internet"],
  ["Vivaldi/", "Vivaldi"],
  ["YaBrowser/", "Yandex Browser"],
  ["Firefox/", "Firefox"],
  ["FxiOS/", "Firefox"],
  ["CriOS/", "Chrome"],
  ["Chromium/", "Chromium"],
  ["Chrome/", "Chrome"],
  ["Safari/", "Safari"],
  ["curl/", "curl"],
];

/** Android names Linux, too, and iOS names Mac OS X. */
const operatingSystems: readonly (readonly [string, string])[] = [
  ["Windows", "Windows"],
  ["Android", "Android"],
  ["iPhone", "iOS"],
  ["iPad", "iPadOS"],
  ["Macintosh", "macOS"],
  ["CrOS", "ChromeOS"],
  ["Linux", "Linux"],
];

/**
 * Returns the names of a browser and its system, or null. Only these words are stored, so no User-Agent can do harm. A library would know
 * hundreds of browsers by expressions that take long for hostile texts; browsers no longer send their exact versions and devices.
 */
export function describeUserAgent(userAgent: string): Pick<SessionPlace, "browser" | "operatingSystem"> {
  const nameIn = (names: readonly (readonly [string, string])[]): string | null =>
    names.find(([mark]) => userAgent.includes(mark))?.[1] ?? null;
  return { browser: nameIn(browsers), operatingSystem: nameIn(operatingSystems) };
}

interface Start {
  readonly audience: Audience;
  readonly userId: number;
  /** Checks in the transaction that the credentials are still valid: a password may change while it is verified. */
  readonly holds?: (tx: Transaction) => Promise<boolean>;
}

/** Starts a session for an authenticated user and ends the browser's previous one. Returns undefined if `holds` returns false. */
export async function startBrowserSession(
  { pool, clock, secureCookies }: SignInNeeds,
  request: FastifyRequest,
  reply: FastifyReply,
  { audience, userId, holds }: Start,
): Promise<{ readonly csrfToken: string } | undefined> {
  const before = readSessionCookie(request, audience);
  const providerId = request.provider.id;
  const started = await pool.inTransaction(async (tx) => {
    if (holds && !(await holds(tx))) return undefined;
    if (before !== undefined) await endSession(tx, before);
    return createSession(tx, { providerId, audience, userId, now: clock.now(), ...placeOf(request) });
  });
  if (!started) return undefined;
  const { cookieValue, csrfToken } = started;
  setSessionCookie(reply, audience, { cookieValue, isSecure: secureCookies });
  return { csrfToken };
}

/** Ends the session for every holder of its cookie. */
export async function endBrowserSession(
  { pool, secureCookies }: SignInNeeds,
  request: FastifyRequest,
  reply: FastifyReply,
  audience: Audience,
): Promise<void> {
  const cookieValue = readSessionCookie(request, audience);
  if (cookieValue !== undefined) await pool.inTransaction((tx) => endSession(tx, cookieValue));
  clearSessionCookie(reply, audience, secureCookies);
}

export interface SignedInUser {
  readonly user: ProviderUser;
  readonly csrfToken: string;
}

/** Returns the active provider user whose Admin Portal session sends the request. */
export async function findSignedInUser(
  needs: SessionNeeds,
  request: FastifyRequest,
): Promise<SignedInUser | undefined> {
  const session = await findBrowserSession(needs, request, "admin");
  const user = session && (await readProviderUser(needs.pool, request.provider.id, session.userId));
  return session && user?.state === "active" ? { user, csrfToken: session.csrfToken } : undefined;
}

/** The sign-in form of both portals, before and after it was sent. */
export interface SignInForm {
  readonly status?: number;
  readonly error?: string;
  readonly username?: string;
  readonly returnTo: string;
}

type FormNeeds = Parameters<typeof issueFormToken>[2] & { readonly clock: { readonly now: () => Date } };

/** Returns the status and data of the form page. */
export const signInPage = (
  needs: FormNeeds,
  request: FastifyRequest,
  reply: FastifyReply,
  { status = 200, error, username, returnTo }: SignInForm,
) => ({
  status,
  data: { error, username, return_to: returnTo, form_token: issueFormToken(request, reply, needs, needs.clock.now()) },
});

interface Login extends HashingFor {
  /** The only user whose password may be tried, if the browser is a known device of theirs. */
  readonly onlyUserId: number | undefined;
  readonly login: string;
  readonly password: string;
}

/** The authenticated user, and the hash of the verified password. */
interface Proved {
  readonly user: { readonly id: number; readonly username: string; readonly email: string | null };
  readonly passwordHash: string;
  /** True if the login is also the email address of another user. */
  readonly isAmbiguous: boolean;
}

type Verify = (login: Login) => Promise<Proved | { readonly refused: string }>;

interface SignedIn {
  readonly proof: { readonly providerId: number; readonly userId: number; readonly passwordHash: string };
  readonly returnTo: string;
}

type SignInOutcome = SignedIn | { readonly again: SignInForm };

/** The same for an unknown name and a wrong password, so that names cannot be probed. */
export const wrongLogin = "Wrong username or password.";

interface SignInDependencies extends FormNeeds {
  readonly limits: SignInLimits;
  readonly audience: Audience;
  readonly verify: Verify;
  /** Returns whether the user exists and may sign in with this login. */
  readonly isLoginOf: (user: { providerId: number; userId: number; login: string }) => Promise<boolean>;
}

/** Signs in with a sent form, or returns the form with an error. A success makes the browser a known device. */
export async function signInByForm(
  { limits, audience, verify, isLoginOf, ...needs }: SignInDependencies,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<SignInOutcome> {
  const { username = "", password = "", return_to: returnTo = "" } = readForm(request.body);
  const again = (status: number, error: string): SignInOutcome => ({ again: { status, error, username, returnTo } });
  const providerId = request.provider.id;
  const marked = knownDeviceOf(needs, request, { audience, login: username });
  // The cookie outlives its user. Whoever has the login since then signs in as on a new device.
  const isKnown = marked && (await isLoginOf({ providerId, userId: marked.userId, login: username }));
  const device = isKnown ? marked : undefined;
  const attempt = { audience, providerId, login: username, address: request.ip, deviceId: device?.id };
  const seconds = await limits.secondsToWait(attempt);
  if (seconds > 0) {
    reply.header("retry-after", seconds);
    return again(429, `Too many attempts. Please try again ${formatWait(seconds)}.`);
  }

  const by = { providerId, address: request.ip, isKnownDevice: device !== undefined };
  const verified = await refuseWhenFull(verify({ ...by, onlyUserId: device?.userId, login: username, password }));
  if ("retryAfterSeconds" in verified) {
    reply.header("retry-after", verified.retryAfterSeconds);
    return again(503, "Many people are signing in at the moment. Please try again in a few seconds.");
  }
  if ("refused" in verified) return again(422, verified.refused);
  const { user, passwordHash, isAmbiguous } = verified;
  // Otherwise a user whose name is another's email address could reset the counter by signing in, and go on guessing.
  if (!isAmbiguous) await limits.recordSuccess(attempt);
  rememberDevice(needs, request, reply, { audience, user });
  return { proof: { providerId, userId: user.id, passwordHash }, returnTo };
}

async function refuseWhenFull<T>(verified: Promise<T>): Promise<T | { readonly retryAfterSeconds: number }> {
  try {
    return await verified;
  } catch (error) {
    if (error instanceof QueueFull) return { retryAfterSeconds: error.retryAfterSeconds };
    throw error;
  }
}

/**
 * Marks a browser that has signed in with a name before, by a cookie signed for that name. Its attempts have their own
 * counter, so attempts of strangers do not count for it. The cookie is no credential: it opens nothing without the password. (OWASP, "Slow Down Online Guessing Attacks with Device Cookies".)
 */
const deviceCookieNames = { developer: "bellwire_developer_device", admin: "bellwire_admin_device" } as const;
const deviceCookieSeconds = 180 * 24 * 3600;
const deviceCookieShape = new RegExp(String.raw`^([0-9a-f]{32})\.(\d{1,15})\.(${idPattern})((?:\.[\w-]{43}){1,2})$`);

interface DeviceNeeds {
  readonly cookieSecret: Buffer;
  readonly secureCookies: boolean;
  readonly clock: { readonly now: () => Date };
}

interface Device {
  readonly audience: Audience;
  readonly providerId: number;
  readonly id: string;
  readonly userId: number;
  readonly issuedAtMs: number;
}

interface DeviceUser {
  readonly id: number;
  readonly username: string;
  readonly email: string | null;
}

/** Marks the browser as a device of this user, for signing in by user name or email address. */
export function rememberDevice(
  { cookieSecret, secureCookies, clock }: DeviceNeeds,
  request: FastifyRequest,
  reply: FastifyReply,
  { audience, user }: { readonly audience: Audience; readonly user: DeviceUser },
): void {
  const device = {
    audience,
    providerId: request.provider.id,
    id: randomHex(16),
    userId: user.id,
    issuedAtMs: clock.now().getTime(),
  };
  const logins = user.email === null ? [user.username] : [user.username, user.email];
  const signatures = logins.map((login) => signDevice(cookieSecret, device, login));
  const value = [device.id, device.issuedAtMs, device.userId, ...signatures].join(".");
  setCookie(reply, deviceCookieNames[audience], { value, isSecure: secureCookies, seconds: deviceCookieSeconds });
}

interface KnownDevice {
  readonly id: string;
  /**
   * Only this user's password may be tried. A login may also be another user's email address, and the owner of many
   * devices must not guess at that one.
   */
  readonly userId: number;
}

/** Returns the device, if a user has signed in with this login on it before. */
function knownDeviceOf(
  { cookieSecret, clock }: Pick<DeviceNeeds, "cookieSecret" | "clock">,
  request: FastifyRequest,
  { audience, login }: { readonly audience: Audience; readonly login: string },
): KnownDevice | undefined {
  const [, id, issuedAt, user, signatures] =
    deviceCookieShape.exec(readCookie(request, deviceCookieNames[audience]) ?? "") ?? [];
  if (id === undefined || signatures === undefined) return undefined;
  const [issuedAtMs, userId] = [Number(issuedAt), Number(user)];
  if (clock.now().getTime() - issuedAtMs > deviceCookieSeconds * 1000) return undefined;
  const expected = signDevice(
    cookieSecret,
    { audience, providerId: request.provider.id, id, userId, issuedAtMs },
    login,
  );
  return signatures
    .slice(1)
    .split(".")
    .some((signature) => isSameSecret(signature, expected))
    ? { id, userId }
    : undefined;
}

const signDevice = (secret: Buffer, { audience, providerId, id, userId, issuedAtMs }: Device, login: string): string =>
  createHmac("sha256", secret)
    .update(`known device ${audience} ${providerId} ${id} ${userId} ${issuedAtMs} ${loginKey(login)}`)
    .digest("base64url");

interface SignInAttempt {
  readonly audience: Audience;
  readonly providerId: number;
  readonly login: string;
  readonly address: string;
  /** The id of the browser's known device, if it has signed in with this login before. */
  readonly deviceId: string | undefined;
}

export interface SignInLimits {
  /** Counts an attempt. Returns 0 if it may proceed, otherwise the seconds until the next attempt. */
  secondsToWait(attempt: SignInAttempt): Promise<number>;
  /** Forgets the wrong passwords before a successful sign-in. */
  recordSuccess(attempt: SignInAttempt): Promise<void>;
}

/**
 * A network with fewer attempts for a name today is not refused because of other networks, since the owner may be anywhere.
 * Counted for the largest network, so that a /48 has three attempts, not three for each of its 65,536 /64s.
 */
const attemptsOfNewNetwork = 3;

/**
 * Limits guessing without letting strangers lock an owner out: a known device has its own attempts, a new network has three of
 * its own, and all others share a thousand a day for each name. (Decision 0022.)
 */
export function createSignInLimits(needs: {
  readonly pool: Database;
  readonly clock: Pick<Clock, "now">;
}): SignInLimits {
  return {
    async secondsToWait(attempt) {
      const counters = countersOf(attempt);
      const all = counters.flatMap((group) => group.counters);
      const before = secondsToWait(counters, await readCounts(needs, all), 0);
      // Counts after the first check, so that a refusal by one limit uses up no other. Checks again for concurrent attempts.
      return before || secondsToWait(counters, await countAttempt(needs, all), 1);
    },
    async recordSuccess(attempt) {
      const own = countersOf(attempt).filter(({ isForgotten }) => isForgotten);
      await resetAttempts(
        needs,
        own.flatMap(({ counters }) => counters),
      );
    },
  };
}

interface Group {
  readonly counters: readonly Counter[];
  /** A success resets these counters. */
  readonly isForgotten?: true;
  /** Applies only from this number of attempts on in the last counter of the group before it. */
  readonly networkAttemptsMin?: number;
}

function countersOf({ audience, providerId, login, address, deviceId }: SignInAttempt): readonly Group[] {
  const name = `${audience} ${providerId} ${loginKey(login)}`;
  const each = (some: readonly AttemptLimit[], key: string): Counter[] =>
    some.map((limit) => attemptCounter(limit, key));
  if (deviceId !== undefined)
    return [
      {
        counters: each([attemptLimits.signInsOfDevice, attemptLimits.signInsOfDeviceADay], `${deviceId} ${name}`),
        isForgotten: true,
      },
    ];
  return [
    // Behind a local proxy that sends no client address, one limit would lock out everybody.
    {
      counters: isLoopback(address)
        ? []
        : networkCounters(attemptLimits.signInsOfNetwork, address, `${audience} ${providerId}`),
    },
    {
      counters: [attemptLimits.signInsOfNameAndNetwork, attemptLimits.signInsOfNameAndNetworkADay].flatMap((limit) =>
        networkCounters(limit, address, name),
      ),
      isForgotten: true,
    },
    {
      counters: each([attemptLimits.signInsOfName, attemptLimits.signInsOfNameADay], name),
      networkAttemptsMin: attemptsOfNewNetwork,
    },
  ];
}

/** Returns the longest wait of the first exhausted group. `counted` is 1 if the counts include this attempt. */
function secondsToWait(groups: readonly Group[], counts: readonly Count[], counted: 0 | 1): number {
  let offset = 0;
  let attemptsOfNetwork = 0;
  for (const { counters, networkAttemptsMin = 0 } of groups) {
    const own = counts.slice(offset, offset + counters.length);
    offset += counters.length;
    const isNew = attemptsOfNetwork < networkAttemptsMin;
    attemptsOfNetwork = (own.at(-1)?.attempts ?? 0) - counted;
    if (isNew) continue;
    const waits = own.map(({ attempts, secondsLeft }, at) =>
      attempts - counted >= (counters[at]?.attemptsMax ?? 0) ? secondsLeft : 0,
    );
    const longest = Math.max(0, ...waits);
    if (longest > 0) return longest;
  }
  return 0;
}

/** Returns true for this machine, and for a local proxy that sends no client address. */
export const isLoopback = (address: string): boolean => /^(?:127\.|::1$|::ffff:127\.)/.test(address);

/** Returns `in a minute` or `in 9 minutes`, rounded up. */
export function formatWait(seconds: number): string {
  const minutes = Math.ceil(seconds / 60);
  return minutes === 1 ? "in a minute" : `in ${minutes} minutes`;
}
