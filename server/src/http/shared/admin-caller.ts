import type { FastifyRequest } from "fastify";
import { LRUCache } from "lru-cache";
import {
  type AccessToken,
  type Action,
  type AdminCaller,
  createNetworkLimiter,
  type Denial,
  denialReason,
  findAccessToken,
  productScopeOf,
  type ProviderUser,
} from "#access/index.ts";
import type { Clock } from "#platform/clock.ts";
import type { Database } from "#platform/database/database.ts";
import { secretDigest, unguessableLength } from "#platform/ids.ts";
import { attemptLimits } from "#platform/limits.ts";
import { findProviderByKey, type Provider } from "#portal/providers/index.ts";
import { findSignedInUser, readSessionCookie } from "./sign-in.ts";
import { isCrossOrigin, isSameSecret } from "./forms.ts";
import { Problem, type ProblemCode } from "./problem.ts";

/** A value that may authenticate the caller, and the kinds of credential it may be. */
interface Credential {
  readonly value: string;
  readonly as: "token" | "key" | "either";
}

/** Accepted in the query of every route, because credentials are read before the route is known. */
export const credentialParameters = ["access_token", "provider_key"] as const;

/**
 * Returns the credentials of a request in the order in which they are tried: `access_token` and `provider_key` as
 * query or body parameters, then the halves of HTTP Basic, then a Bearer token.
 */
export function readCredentials({
  query,
  body,
  headers,
}: Pick<FastifyRequest, "query" | "body" | "headers">): Credential[] {
  const credentials: Credential[] = [];
  const add = (value: unknown, as: Credential["as"]): void => {
    if (typeof value === "string" && value !== "") credentials.push({ value, as });
  };
  for (const parameters of [query, body]) add(parameterOf(parameters, "access_token"), "token");
  for (const parameters of [query, body]) add(parameterOf(parameters, "provider_key"), "key");
  for (const value of valuesOfAuthorization(headers.authorization ?? "")) add(value, "either");
  return credentials;
}

/** Returns the last value of a parameter that is given more than once, as 3scale does. */
function parameterOf(parameters: unknown, name: string): unknown {
  if (typeof parameters !== "object" || parameters === null) return undefined;
  const value: unknown = Object.getOwnPropertyDescriptor(parameters, name)?.value;
  return Array.isArray(value) ? value.at(-1) : value;
}

function valuesOfAuthorization(header: string): readonly string[] {
  const [, scheme = "", value = ""] = /^(\S+) +(\S+) *$/.exec(header) ?? [];
  if (scheme.toLowerCase() === "bearer") return [value];
  if (scheme.toLowerCase() !== "basic") return [];
  const [user = "", ...password] = Buffer.from(value, "base64").toString().split(":");
  return [user, password.join(":")];
}

/** Returns the caller or throws a Problem. Call it after the body has been parsed, because it may contain the credentials. */
export type FindAdminCaller = (request: FastifyRequest) => Promise<AdminCaller>;

/** About 1 MB. The least recently used one counts as an attempt again. */
const provedMax = 10_000;

interface AdminCallerNeeds {
  readonly pool: Database;
  readonly clock: Clock;
}

/** Creates the function that authenticates a request. Guesses count against the network, in all processes. */
export function createFindAdminCaller(needs: AdminCallerNeeds): FindAdminCaller {
  const guesses = createNetworkLimiter(needs, attemptLimits.wrongCredentials);
  const proved = new LRUCache<string, true>({ max: provedMax });
  const keyOf = ({ provider, ip }: FastifyRequest, { value }: Credential): string =>
    `${provider.id} ${ip} ${secretDigest(value).toString("base64")}`;

  /** Guesses that are being tried. A client may begin with many requests at the same time, all with its valid token. */
  const tries = new Map<string, Promise<AdminCaller | undefined>>();

  /** Counts a guess before it is tried, so that concurrent ones cannot exceed the limit. */
  const countGuess = async ({ ip, provider }: FastifyRequest): Promise<void> => {
    const retryAfterSeconds = await guesses.secondsToWait(ip, String(provider.id));
    if (retryAfterSeconds > 0) throw new Problem("too-many-bad-credentials", { retryAfterSeconds });
  };

  const tryGuess = async (request: FastifyRequest, credential: Credential): Promise<AdminCaller | undefined> => {
    await countGuess(request);
    const caller = await callerOfCredential(needs, request, credential);
    if (caller) proved.set(keyOf(request, credential), true);
    return caller;
  };

  /** Counts equal guesses of an address at the same time as one. */
  const tryGuessOnce = (request: FastifyRequest, credential: Credential): Promise<AdminCaller | undefined> => {
    const key = `${keyOf(request, credential)} ${credential.as}`;
    const tried = tries.get(key) ?? tryGuess(request, credential).finally(() => tries.delete(key));
    tries.set(key, tried);
    return tried;
  };

  return async (request) => {
    if (request.side === "developer") throw new Problem("wrong-host");
    if (request.provider.state === "suspended") throw new Problem("provider-suspended");

    const credentials = readCredentials(request);
    if (credentials.length === 0) return callerOfSession(needs, request);

    const isGuess = (credential: Credential): boolean =>
      credential.value.length < unguessableLength && !proved.has(keyOf(request, credential));
    const guessed = credentials.filter(isGuess);
    const caller = await firstCaller(
      needs,
      request,
      credentials.filter((credential) => !guessed.includes(credential)),
    );
    if (caller) return caller;

    if (guessed.length === 0) await countGuess(request);
    for (const credential of guessed) {
      const found = await tryGuessOnce(request, credential);
      if (found) return found;
    }
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
      return { actor, channel: "api", role, permission, scopes, ...end, sections, productScope: productScopeOf(token) };
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
      productScope: null,
    };
  }
  return undefined;
}

/** The token was read before the body, which may take minutes to arrive. An older result is read again. */
const tokenReadValidMs = 1000;

async function tokenOf(
  { pool, clock }: AdminCallerNeeds,
  { provider, tokenRead }: FastifyRequest,
  value: string,
): Promise<AccessToken | undefined> {
  const isRecent = tokenRead?.value === value && clock.monotonicMs() - tokenRead.atMs < tokenReadValidMs;
  return isRecent ? tokenRead.token : findAccessToken(pool, { providerId: provider.id, value, now: clock.now() });
}

async function callerOfSession(needs: AdminCallerNeeds, request: FastifyRequest): Promise<AdminCaller> {
  if (readSessionCookie(request, "admin") === undefined) throw new Problem("credentials-missing");
  const signedIn = await findSignedInUser(needs, request);
  if (!signedIn) throw new Problem("credentials-wrong");
  const isOwnPage =
    !isCrossOrigin(request) && isSameSecret(String(request.headers["x-csrf-token"]), signedIn.csrfToken);
  if (isUnsafeMethod(request.method) && !isOwnPage) throw new Problem("csrf-token-wrong");
  return callerOfPortalUser(signedIn.user);
}

/** Returns the caller for a user who is signed in to the Admin Portal. */
export const callerOfPortalUser = ({ id: userId, role, sections, serviceIds }: ProviderUser): AdminCaller => ({
  actor: { kind: "admin", userId },
  channel: "admin_portal",
  role,
  permission: "rw",
  scopes: [],
  sections,
  productScope: productScopeOf({ role, serviceIds }),
});

export const isUnsafeMethod = (method: string): boolean => !["GET", "HEAD", "OPTIONS"].includes(method);

const codeOf = {
  scope: "permission-missing",
  "read-only": "permission-missing",
  role: "role-missing",
  "product-scope": "services-narrowed",
  capability: "webhooks-denied",
} as const satisfies Record<Denial, ProblemCode>;

/** Throws a Problem if the caller may not perform the action. */
export function requirePermission(caller: AdminCaller, action: Action, provider: Provider): void {
  const denial = denialReason(caller, action, provider);
  if (denial) throw new Problem(codeOf[denial]);
}
