import { Readable } from "node:stream";
import type { FastifyReply, FastifyRequest } from "fastify";
import { LRUCache } from "lru-cache";
import type { TObject } from "typebox";
import {
  type AccessToken,
  type Action,
  type AdminCaller,
  type ChangeContext,
  createNetworkLimiter,
  type Denial,
  denialReason,
  findAccessToken,
  productScopeOf,
  type ProviderUser,
} from "#access/index.ts";
import type { Clock } from "#platform/clock.ts";
import type { Database } from "#platform/database/database.ts";
import { createFairQueue, type FairQueue } from "#platform/fair-queue.ts";
import { secretDigest, unguessableLength } from "#platform/ids.ts";
import { streamLimits } from "#platform/bin-and-stream-limits.ts";
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

const isUnsafeMethod = (method: string): boolean => !["GET", "HEAD", "OPTIONS"].includes(method);

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

/** One request to an operation, authenticated and authorized. Each API adds the input that it parses. */
export interface ApiCall {
  readonly provider: Provider;
  readonly caller: AdminCaller;
  readonly now: Date;
  /** The actor of every change that this call makes. */
  readonly by: ChangeContext;
  readonly mayStill: AccessCheck;
  /**
   * Returns a body whose parts are read as fast as the client takes them in, which may take hours. Once the caller may not read it
   * any more, the connection is cut: a part of a body must not look like the whole.
   */
  readonly streamBody: (parts: AsyncIterable<string | Buffer>) => Readable;
  /** Does work that needs some megabytes until its end, such as rendering a list, when it is the provider's turn. */
  readonly inTurn: <Result>(work: () => Promise<Result>) => Promise<Result>;
}

/** Returns whether the caller is still permitted. Reads the database once a second at most, unless `now` is given. */
export type AccessCheck = (when?: "now") => Promise<boolean>;

/** One operation of an API. Its route, its permission check and its part of the OpenAPI document follow from it. */
export interface ApiOperation<Needs, Call extends ApiCall, Response> {
  /** The summary in the OpenAPI document. */
  readonly title: string;
  readonly description: string;
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Below the API's prefix, as in OpenAPI: `/accounts/{id}`. */
  readonly path: string;
  readonly action: Action;
  readonly query?: TObject;
  /** Its `examples` hold an example of a request. */
  readonly body?: TObject;
  handle(needs: Needs, call: Call): Promise<Response>;
}

/** A tag of the OpenAPI document. */
interface Tag {
  readonly tag: string;
  readonly description: string;
}

export interface OperationGroup<Operation> extends Tag {
  readonly operations: readonly Operation[];
}

export type Tagged<Operation> = Operation & Pick<Tag, "tag">;

export const tagOperations = <Operation>(groups: readonly OperationGroup<Operation>[]): readonly Tagged<Operation>[] =>
  groups.flatMap(({ tag, operations }) => operations.map((operation) => ({ ...operation, tag })));

export const describeTags = (tags: readonly Tag[]) => tags.map(({ tag, description }) => ({ name: tag, description }));

/** How one API reads the requests and sends the responses of its operations. */
interface ApiFrame<Operation, Needs, Call extends ApiCall, Response> {
  readonly needs: Needs & AuthorizationNeeds;
  readonly parse: (operation: Operation, request: FastifyRequest, call: ApiCall) => Call;
  readonly send: (reply: FastifyReply, call: Call, response: Response) => FastifyReply | Promise<FastifyReply>;
}

export type Handler = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>;

/** Returns the handler of an operation. It authorizes before it parses, so strangers learn nothing about parameters. */
export const handlerOf =
  <Needs, Call extends ApiCall, Response, Operation extends ApiOperation<Needs, Call, Response>>(
    operation: Operation,
    { needs, parse, send }: ApiFrame<Operation, Needs, Call, Response>,
  ): Handler =>
  async (request, reply) => {
    const call = parse(operation, request, await authorize(operation, request, needs));
    return send(reply, call, await operation.handle(needs, call));
  };

/** Finds the caller of a request and requires the permission for the operation's action. */
export async function authorize(
  { action }: { readonly action: Action },
  request: FastifyRequest,
  needs: AuthorizationNeeds,
): Promise<ApiCall> {
  const { clock, findAdminCaller, downloads } = needs;
  const { provider } = request;
  const caller = await findAdminCaller(request);
  requirePermission(caller, action, provider);
  const now = clock.now();
  const { actor, channel, productScope } = caller;
  const mayStill = createAccessCheck(needs, request, action);
  return {
    provider,
    caller,
    now,
    by: {
      actor,
      channel,
      productScope,
      adminPortalUrl: needs.adminPortalUrl(provider),
      developerPortalUrl: needs.developerPortalUrl(provider),
      now,
    },
    mayStill,
    streamBody: (parts) => downloads.open(provider.id, whilePermitted(parts, mayStill)),
    inTurn: (work) => downloads.render([String(provider.id)], work),
  };
}

export interface AuthorizationNeeds {
  readonly clock: Clock;
  /** The public base URL of a provider's Admin Portal, without a trailing slash. */
  readonly adminPortalUrl: (provider: Provider) => string;
  readonly developerPortalUrl: (provider: Provider) => string;
  readonly findAdminCaller: FindAdminCaller;
  readonly downloads: Downloads;
}

/** A changed caller of a long response is checked after this time at the latest. */
const checkAgainMs = 1000;

function createAccessCheck(
  { clock, findAdminCaller }: Pick<AuthorizationNeeds, "clock" | "findAdminCaller">,
  request: FastifyRequest,
  action: Action,
): AccessCheck {
  let checkedAtMs = clock.monotonicMs();
  return async (when) => {
    if (when !== "now" && clock.monotonicMs() - checkedAtMs < checkAgainMs) return true;
    checkedAtMs = clock.monotonicMs();
    try {
      await request.findProviderAgain();
      requirePermission(await findAdminCaller(request), action, request.provider);
      return true;
    } catch (error) {
      return !(error instanceof Problem); // while the database is away, nothing is sent either
    }
  };
}

/**
 * Lists that are rendered at once. Each takes up to 20 MB: 20 at once, of a hundred objects with 60 kB each, killed a process with 256 MB.
 * More would be no faster, because rendering keeps the event loop busy.
 */
const rendersMax = 4;

/** The bodies that are being sent in parts, by provider. Each holds some megabytes of this process while its client reads slowly. */
export class Downloads {
  readonly #open = new Map<number, number>();
  /** Renders a body in memory. Providers take turns. */
  readonly render: FairQueue = createFairQueue({ slots: rendersMax, waitingMax: Infinity, retryAfterSeconds: 1 });

  /** Returns the body of these parts. Throws a Problem if the provider has too many. */
  open(providerId: number, parts: AsyncIterable<string | Buffer>): Readable {
    const open = this.#open.get(providerId) ?? 0;
    if (open >= streamLimits.downloads.max) throw new Problem("too-many-streams", { retryAfterSeconds: 60 });
    this.#open.set(providerId, open + 1);
    return Readable.from(parts, { objectMode: false }).once("close", () => this.#close(providerId));
  }

  #close(providerId: number): void {
    const left = (this.#open.get(providerId) ?? 1) - 1;
    if (left > 0) this.#open.set(providerId, left);
    else this.#open.delete(providerId);
  }
}

/** Checks at the end in any case: rows of a provider that has moved away may be missing. Without its end, the body is not complete. */
async function* whilePermitted<Part>(parts: AsyncIterable<Part>, mayStill: AccessCheck): AsyncGenerator<Part, void> {
  const requirePermitted = async (when?: "now"): Promise<void> => {
    if (!(await mayStill(when))) throw new Error("The caller lost the permission while the response was being sent.");
  };
  for await (const part of parts) {
    await requirePermitted();
    yield part;
  }
  await requirePermitted("now");
}

/** Returns a path of an operation as Fastify's router takes it: `/accounts/:id`. */
export const routeUrl = (path: string): string => path.replaceAll(/\{(\w+)\}/g, ":$1");

/** Returns the names of the parameters in a path. */
export const pathParameters = (path: string): readonly string[] =>
  Array.from(path.matchAll(/\{(\w+)\}/g), ([, name = ""]) => name);
