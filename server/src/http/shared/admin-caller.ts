import type { FastifyRequest } from "fastify";
import {
  createAttemptLimiter,
  findAccessToken,
  reachOf,
  type AccessToken,
  type AdminCaller,
  type ProviderUser,
} from "#access/index.ts";
import type { Clock } from "#platform/clock/clock.ts";
import type { Database } from "#platform/database/database.ts";
import { networkOf } from "#platform/network/network-of.ts";
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
 * Wrong credentials from one network: a mistyped script is not locked out for long, a guesser is. Nobody guesses what is long,
 * so whoever sends it right gets in beside such a script, from behind the same address.
 */
const wrongCredentials = { attemptsMax: 30, windowSeconds: 60 };
const unguessableLength = 32;

interface AdminCallerNeeds {
  readonly pool: Database;
  readonly clock: Clock;
}

/** Make one for all doors: it counts wrong credentials by network. */
export function createFindAdminCaller(needs: AdminCallerNeeds): FindAdminCaller {
  const wrong = createAttemptLimiter(needs.clock, wrongCredentials);

  return async (request) => {
    if (request.side === "developer") throw new Problem("wrong-host");
    if (request.provider.state === "suspended") throw new Problem("provider-suspended");

    const credentials = readCredentials(request);
    if (credentials.length === 0) return callerOfSession(needs, request);

    const network = `${request.provider.id} ${networkOf(request.ip)}`;
    const retryAfterSeconds = wrong.secondsLeft(network);
    for (const credential of credentials) {
      if (retryAfterSeconds > 0 && credential.value.length < unguessableLength) continue;
      const caller = await callerOfCredential(needs, request, credential);
      if (caller) return caller;
    }
    if (retryAfterSeconds > 0) throw new Problem("too-many-bad-credentials", { retryAfterSeconds });
    wrong.secondsToWait(network);
    throw new Problem("credentials-wrong");
  };
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
