import type { FastifyRequest } from "fastify";
import {
  createNetworkLimiter,
  findAccessToken,
  reachOf,
  type AccessToken,
  type AdminCaller,
  type ProviderUser,
} from "#access/index.ts";
import type { Clock } from "#platform/clock/clock.ts";
import type { Database } from "#platform/database/database.ts";
import { attemptLimits } from "#platform/limits/limits.ts";
import { findProviderByKey } from "#portal/providers/index.ts";
import { findSignedInUser } from "./find-signed-in-user.ts";
import { isSameSecret } from "./is-same-secret.ts";
import { Problem } from "./problem.ts";
import { readCredentials, type Credential } from "./read-credentials.ts";
import { comesFromElsewhere } from "./same-origin.ts";
import { readSessionCookie } from "./session-cookie.ts";

/** Who is asking, or a Problem. Call it when the body has been read: it may hold the credentials. */
export type FindAdminCaller = (request: FastifyRequest) => Promise<AdminCaller>;

/**
 * Nobody guesses a value of this length, so a valid one passes whatever else its network sends, without a look at the
 * counters. Shorter ones are not even tried while the network has to wait.
 */
const unguessableLength = 32;

interface AdminCallerNeeds {
  readonly pool: Database;
  readonly clock: Clock;
}

/** Finds out who sends a request. Wrong credentials are counted by network, for all processes. */
export function createFindAdminCaller(needs: AdminCallerNeeds): FindAdminCaller {
  const wrong = createNetworkLimiter(needs, attemptLimits.wrongCredentials);

  return async (request) => {
    if (request.side === "developer") throw new Problem("wrong-host");
    if (request.provider.state === "suspended") throw new Problem("provider-suspended");

    const credentials = readCredentials(request);
    if (credentials.length === 0) return callerOfSession(needs, request);

    const [long, short] = [
      credentials.filter(({ value }) => value.length >= unguessableLength),
      credentials.filter(({ value }) => value.length < unguessableLength),
    ];
    const caller = await firstCaller(needs, request, long);
    if (caller) return caller;

    const key = String(request.provider.id);
    const retryAfterSeconds = await wrong.secondsLeft(request.ip, key);
    if (retryAfterSeconds > 0) throw new Problem("too-many-bad-credentials", { retryAfterSeconds });
    const other = await firstCaller(needs, request, short);
    if (other) return other;
    await wrong.secondsToWait(request.ip, key);
    throw new Problem("credentials-wrong");
  };
}

async function firstCaller(
  needs: AdminCallerNeeds,
  request: FastifyRequest,
  credentials: readonly Credential[],
): Promise<AdminCaller | undefined> {
  for (const credential of credentials) {
    const caller = await callerOfCredential(needs, request, credential);
    if (caller) return caller;
  }
  return undefined;
}

async function callerOfCredential(
  needs: AdminCallerNeeds,
  request: FastifyRequest,
  { value, as }: Credential,
): Promise<AdminCaller | undefined> {
  if (as !== "key") {
    const token = await tokenOf(needs, request, value);
    if (token) {
      const { userId, role, permission, scopes, sections, expiresAt } = token;
      const actor = { kind: "token", userId } as const;
      const end = expiresAt ? { expiresAt } : {};
      return { actor, channel: "api", role, permission, scopes, ...end, sections, reach: reachOf(token) };
    }
  }
  if (as !== "token" && (await findProviderByKey(needs.pool, request.provider.id, value))) {
    return {
      actor: { kind: "key" },
      channel: "api",
      role: "key",
      permission: "rw",
      scopes: [],
      sections: [],
      reach: null,
    };
  }
  return undefined;
}

/** A body may take minutes to arrive, and its token be deleted meanwhile. */
const tokenReadCountsMs = 1000;

async function tokenOf(
  { pool, clock }: AdminCallerNeeds,
  { provider, tokenRead }: FastifyRequest,
  value: string,
): Promise<AccessToken | undefined> {
  const isRecent = tokenRead?.value === value && clock.monotonicMs() - tokenRead.atMs < tokenReadCountsMs;
  return isRecent ? tokenRead.token : findAccessToken(pool, { providerId: provider.id, value, now: clock.now() });
}

async function callerOfSession(needs: AdminCallerNeeds, request: FastifyRequest): Promise<AdminCaller> {
  if (readSessionCookie(request, "admin") === undefined) throw new Problem("credentials-missing");
  const signedIn = await findSignedInUser(needs, request);
  if (!signedIn) throw new Problem("credentials-wrong");
  const isOwnPage =
    !comesFromElsewhere(request) && isSameSecret(String(request.headers["x-csrf-token"]), signedIn.csrfToken);
  if (changesThings(request.method) && !isOwnPage) throw new Problem("csrf-token-wrong");
  return callerInPortal(signedIn.user);
}

/** Whoever is signed in to the Admin Portal, as somebody who may do what the role and the sections say. */
export const callerInPortal = ({ id: userId, role, sections, serviceIds }: ProviderUser): AdminCaller => ({
  actor: { kind: "admin", userId },
  channel: "admin_portal",
  role,
  permission: "rw",
  scopes: [],
  sections,
  reach: reachOf({ role, serviceIds }),
});

const changesThings = (method: string): boolean => !["GET", "HEAD", "OPTIONS"].includes(method);
