import { Readable } from "node:stream";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { LRUCache } from "lru-cache";
import { type AccessToken, callersChannel } from "#access/index.ts";
import { TenantCache, defaultCell } from "#cells/index.ts";
import type { Clock } from "#platform/clock.ts";
import type { Pool } from "#platform/database/database.ts";
import type { Turn } from "#platform/fair-queue.ts";
import { networksOf } from "#platform/network/target-guard.ts";
import {
  type HostTenant,
  type Provider,
  type ProviderWithToken,
  type Side,
  createFindTenant,
  readProviderWithToken,
} from "#portal/providers/index.ts";
import { secretDigest } from "#platform/ids.ts";
import { readCredentials } from "./admin-caller.ts";
import { Problem } from "./problem.ts";
import { requireOneHost } from "./server-hooks.ts";

declare module "fastify" {
  interface FastifyRequest {
    readonly provider: Provider;
    readonly side: Side;
    /** The access token of the first value in the query or headers that may be one. */
    readonly tokenRead: TokenRead | undefined;
    /** Reads the three above again, for a request that lasts minutes. Throws `host-unknown` as at its start. */
    readonly findProviderAgain: () => Promise<void>;
  }
}

interface TokenRead {
  readonly value: string;
  /** Undefined if the value is not a valid token. */
  readonly token: AccessToken | undefined;
  readonly atMs: number;
}

interface Found extends Pick<FastifyRequest, "provider" | "side" | "tokenRead"> {
  readonly turn: Turn;
  /** When the request was assigned to this cell. */
  readonly atMs: number;
}

/**
 * Requests that take longer than this look whether their provider has moved meanwhile. A move keeps the old rows for two seconds
 * (cells/move/move-provider.ts), and the provider that a request begins with is up to one second old.
 */
const movedAfterMs = 500;

/**
 * Providers take turns at the connections of the database, and within one the networks of its requests: who floods one account delays
 * requests of the same network. `providerId` is undefined until the host is found.
 */
const turnOf = ({ ip }: FastifyRequest, providerId?: number): Turn => [
  "requests",
  String(providerId ?? "unknown"),
  ...networksOf(ip)
    .map(({ network }) => network)
    .toReversed(),
];

export interface FindProviderNeeds {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly baseDomain: string | undefined;
  readonly cells?: CellRouting;
}

/** How the interfaces of one cell take part in those of all cells. Without it, the default cell is the only one. */
export interface CellRouting {
  /** The number of this cell. */
  readonly own: number;
  readonly tenants: TenantCache;
  /** Hands a request over to the interfaces of another cell. Undefined: these interfaces have been handed it themselves. */
  readonly forward: ((cell: number, request: FastifyRequest, reply: FastifyReply) => Promise<void>) | undefined;
}

/**
 * Sets `provider` and `side` of each request below `http` by its host, and its access token, at most a second old. Fastify
 * accepts X-Forwarded-Host from the proxies of its `trustProxy` only.
 */
export function addFindProviderHook(
  http: FastifyInstance,
  { pool, clock, baseDomain, cells }: FindProviderNeeds,
): void {
  const { own, tenants, forward } = cells ?? onlyCell(http, pool);
  const callers = createCallerCache({ pool, clock });
  http.addHook("onClose", async () => callers.stop());
  const found = new WeakMap<FastifyRequest, Found>();

  const foundFor = (request: FastifyRequest): Found => {
    const entry = found.get(request);
    if (!entry) throw new Error("The provider was read before it was found.");
    return entry;
  };
  http.decorateRequest("provider", {
    getter: function (this: FastifyRequest) {
      return foundFor(this).provider;
    },
  });
  http.decorateRequest("side", {
    getter: function (this: FastifyRequest) {
      return foundFor(this).side;
    },
  });
  http.decorateRequest("tokenRead", {
    getter: function (this: FastifyRequest) {
      return foundFor(this).tokenRead;
    },
  });

  const find = createFind({ pool, clock, callers, baseDomain, own, tenants, found });
  http.decorateRequest("findProviderAgain", async function (this: FastifyRequest) {
    if ((await find(this)) !== undefined) throw new Problem("provider-moving", { retryAfterSeconds: 1 });
  });
  http.addHook("onRequest", async (request, reply) => {
    const other = await find(request);
    if (other === undefined) return;
    if (!forward) throw new Problem("provider-moving", { retryAfterSeconds: 1 }); // it moved on its way here
    await forward(other, request, reply);
  });
  http.addHook("onRequest", (request, _reply, done) => pool.inTurn(foundFor(request).turn, done));
  http.addHook("onSend", createMovedCheck({ clock, baseDomain, own, tenants, found }));
}

/**
 * Creates a hook that answers `provider-moving` in place of what a long request has read from deleted rows. Changes that succeeded
 * stay: they did so before the move. Bodies in parts check by themselves (admin-caller.ts). Without a move this asks no database.
 */
function createMovedCheck({ clock, baseDomain, own, tenants, found }: MovedCheckNeeds) {
  const findTenant = createFindTenant(tenants, baseDomain);
  const checked = new WeakSet<FastifyRequest>();
  return async (request: FastifyRequest, reply: FastifyReply, payload: unknown): Promise<void> => {
    const { method } = request;
    const mayBeWrong = method === "GET" || method === "HEAD" || reply.statusCode >= 400;
    const foundMs = found.get(request)?.atMs;
    if (!mayBeWrong || foundMs === undefined || clock.monotonicMs() - foundMs < movedAfterMs) return;
    if (payload instanceof Readable || checked.has(request)) return;
    checked.add(request); // an error that is thrown here comes back as a response
    const cell = await findTenant(request.host).then(
      (tenant) => tenant?.cell,
      () => own, // the directory does not respond, so no provider moves
    );
    if (cell === own) return;
    for (const name of ["etag", "last-modified", "location"]) reply.removeHeader(name);
    throw cell === undefined ? new Problem("host-unknown") : new Problem("provider-moving", { retryAfterSeconds: 1 });
  };
}

type MovedCheckNeeds = Omit<FindNeeds, "pool" | "callers">;

interface FindNeeds extends Pick<CellRouting, "own" | "tenants">, Pick<FindProviderNeeds, "pool" | "clock"> {
  readonly callers: CallerCache;
  readonly baseDomain: string | undefined;
  readonly found: WeakMap<FastifyRequest, Found>;
}

/** Creates a function that reads a request's provider. It returns the cell to go to if the provider is in another one. */
function createFind({ pool, clock, callers, baseDomain, own, tenants, found }: FindNeeds) {
  const findTenant = createFindTenant(tenants, baseDomain);
  const read = async (request: FastifyRequest, { providerId, side }: HostTenant): Promise<boolean> => {
    const { query, headers } = request;
    const value = readCredentials({ query, headers, body: undefined }).find(({ as }) => as !== "key")?.value;
    const turn = turnOf(request, providerId);
    const caller = await pool.inTurn(turn, () => callers.find({ providerId, value }));
    if (!caller) return false;
    const tokenRead = value === undefined ? undefined : { value, token: caller.token, atMs: caller.atMs };
    found.set(request, { provider: caller.provider, side, tokenRead, turn, atMs: clock.monotonicMs() });
    return true;
  };

  const find = async (request: FastifyRequest): Promise<number | undefined> => {
    let tenant = await findTenant(request.host);
    if (!tenant) throw new Problem("host-unknown");
    if (tenant.cell === own && !(await read(request, tenant))) {
      // It has moved, and this process missed the hint.
      tenants.forget(tenant.providerId);
      tenant = await findTenant(request.host);
      if (!tenant || (tenant.cell === own && !(await read(request, tenant)))) throw new Problem("host-unknown");
    }
    if (tenant.cell !== own) return tenant.cell;
    requireOneHost(request); // after the provider is known, because the error page is the provider's
    return undefined;
  };
  return (request: FastifyRequest) => pool.inTurn(turnOf(request), () => find(request));
}

function onlyCell(http: FastifyInstance, pool: Pool): CellRouting {
  const tenants = new TenantCache(pool);
  http.addHook("onClose", async () => tenants.stop());
  return { own: defaultCell, tenants, forward: undefined };
}

/** Bounds how long a change stays unnoticed if its hint is late or lost. */
const cacheMs = 1000;

/**
 * Returns a function that reads something of each provider as rarely as requests read the provider: it remembers it with the provider
 * of the request. Each change of it calls `notifyCallersChanged`.
 */
export function createProviderMemory<Content>(
  read: (provider: Provider) => Promise<Content>,
): (provider: Provider) => Promise<Content> {
  const memory = new WeakMap<Provider, Promise<Content>>();
  return (provider) => {
    const known = memory.get(provider);
    if (known) return known;
    const content = read(provider);
    memory.set(provider, content);
    content.catch(() => memory.delete(provider));
    return content;
  };
}

/** About the callers of one second, at a kilobyte each. */
const cachedCallersMax = 1000;

interface Caller {
  readonly providerId: number;
  /** A possible access token. */
  readonly value: string | undefined;
}

export interface CachedCaller extends ProviderWithToken {
  /** When it was read. */
  readonly atMs: number;
}

interface CallerCache {
  /** Returns the provider and the token if it is valid. Undefined if the provider does not exist. */
  find(caller: Caller): Promise<CachedCaller | undefined>;
  stop(): void;
}

/**
 * Caches the provider and token of each request for a second, or until a hint says that a caller changed. The changing process
 * clears its cache before it continues, other processes some milliseconds later. A missing token or provider is not cached.
 */
export function createCallerCache({ pool, clock }: { readonly pool: Pool; readonly clock: Clock }): CallerCache {
  const cache = new LRUCache<string, CachedCaller>({ max: cachedCallersMax });
  let changes = 0;
  const stop = pool.onHint(callersChannel, () => {
    changes += 1;
    cache.clear();
  });

  const isValid = ({ atMs, token }: CachedCaller): boolean =>
    clock.monotonicMs() - atMs < cacheMs && !(token?.expiresAt && token.expiresAt <= clock.now());

  return {
    stop,
    async find({ providerId, value }) {
      const key = value === undefined ? `${providerId}` : `${providerId} ${secretDigest(value).toString("base64")}`;
      const cached = cache.get(key);
      if (cached && isValid(cached)) return cached;

      const [atMs, changesBefore] = [clock.monotonicMs(), changes];
      const read = await readProviderWithToken(pool, { providerId, value, now: clock.now() });
      if (!read) return undefined;
      const caller = { ...read, atMs };
      const isKnown = value === undefined || read.token !== undefined;
      // A change during the read may be missing from its result.
      if (isKnown && changes === changesBefore) cache.set(key, caller);
      return caller;
    },
  };
}
