import { randomBytes, randomUUID } from "node:crypto";
import fastify, { type FastifyInstance, type InjectOptions, type LightMyRequestResponse } from "fastify";
import { expect } from "vitest";
import { type AdminCaller, type Permission, type Scope, createAccessToken, createProviderUser } from "#access/index.ts";
import { accountManagementApi, describeAccountManagementApi } from "#http/account-management-api/index.ts";
import { createFindAdminCaller } from "#http/shared/admin-caller.ts";
import { Downloads } from "#http/shared/operation.ts";
import { addFindProviderHook } from "#http/shared/find-provider.ts";
import type { Pool } from "#platform/database/database.ts";
import { parseAllowedTargets } from "#platform/network/target-guard.ts";
import { setUpProvider } from "#portal/provider-account/index.ts";
import type { Provider } from "#portal/providers/index.ts";
import { encryption } from "../support/build-webhooks.ts";
import type { HandDrivenClock } from "../support/hand-driven-clock.ts";
import { test as base } from "../support/test.ts";
import { watchAnswers } from "../support/watch-answers.ts";
import { passwords } from "../support/passwords.ts";

export const baseDomain = "bellwire.test";
export const xmlDeclaration = '<?xml version="1.0" encoding="UTF-8"?>';

/** A new provider, and requests to its API. */
export interface ProviderApi {
  readonly pool: Pool;
  readonly provider: Provider;
  readonly host: string;
  readonly token: string;
  readonly key: string;
  /** Sends a request with the admin's token, unless `headers` override it. */
  send(method: Method, path: string, more?: InjectOptions): Promise<LightMyRequestResponse>;
  /** Sends a request without credentials. */
  sendWithoutToken(request: InjectOptions): Promise<LightMyRequestResponse>;
  /** Creates a user and returns an access token of this user. */
  addToken(of: TokenOptions): Promise<string>;
}

type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "HEAD";

interface TokenOptions {
  readonly role?: Exclude<AdminCaller["role"], "key">;
  readonly sections?: readonly string[];
  readonly serviceIds?: readonly number[];
  readonly scopes?: readonly Scope[];
  readonly permission?: Permission;
  readonly expiresAt?: Date;
}

export const test = base
  .extend("opened", { scope: "file" }, async ({ sharedPool, fileClock }, { onCleanup }) => {
    const opened = openApi(sharedPool, fileClock);
    onCleanup(() => opened.http.close());
    return opened;
  })
  .extend("http", ({ opened: { http, complaints } }, { onCleanup }) => {
    const earlier = complaints.length;
    onCleanup(() => expect(complaints.slice(earlier)).toEqual([]));
    return http;
  })
  .extend("api", async ({ sharedPool, http, clock }) => createProviderApi(sharedPool, http, clock.now()))
  .extend("otherApi", async ({ sharedPool, http, clock }) => createProviderApi(sharedPool, http, clock.now()));

const document = describeAccountManagementApi("0.0.0");

interface WatchedApi {
  readonly http: FastifyInstance;
  /** Responses that the OpenAPI document does not describe. */
  readonly complaints: readonly string[];
}

export function openApi(pool: Pool, clock: HandDrivenClock): WatchedApi {
  const http = fastify({ routerOptions: { maxParamLength: 500 } });
  const complaints = watchAnswers(http, () => document);
  const allowed = parseAllowedTargets("none");
  if ("wrong" in allowed) throw new Error(allowed.wrong);
  const lookup = async () => [{ address: "93.184.215.14", family: 4 } as const];

  addFindProviderHook(http, { pool, clock, baseDomain });
  const plugin = accountManagementApi({
    pool,
    passwords,
    clock,
    encryption,
    targets: { allowed, lookup, isOwnBin: () => false },
    retryWaitsSeconds: [60, 60, 60, 60, 60],
    findAdminCaller: createFindAdminCaller({ pool, clock }),
    downloads: new Downloads(),
    adminPortalUrl: ({ subdomain }) => `https://${subdomain}-admin.${baseDomain}`,
    developerPortalUrl: ({ subdomain }) => `https://${subdomain}.${baseDomain}`,
    noReplyAddress: `no-reply@${baseDomain}`,
    version: "0.0.0",
  });
  http.register(plugin, { prefix: "/admin/api" });
  return { http, complaints };
}

export async function createProviderApi(pool: Pool, http: FastifyInstance, now: Date): Promise<ProviderApi> {
  const subdomain = `p${randomBytes(6).toString("hex")}`;
  const setup = await pool.inTransaction((tx) =>
    setUpProvider(tx, passwords, {
      name: subdomain,
      subdomain,
      adminUsername: "admin",
      adminPassword: "a long password",
      now,
    }),
  );
  if ("refused" in setup) throw new Error(JSON.stringify(setup.refused));
  const { provider, accessToken: token, providerKey: key } = setup;
  const host = `${subdomain}-admin.${baseDomain}`;
  const sendWithoutToken: ProviderApi["sendWithoutToken"] = ({ headers, ...request }) =>
    http.inject({ ...request, headers: { host, ...headers } });
  return {
    pool,
    provider,
    host,
    token,
    key,
    sendWithoutToken,
    send: (method, path, { headers, ...more } = {}) =>
      sendWithoutToken({
        ...more,
        method,
        url: `/admin/api${path}`,
        headers: { authorization: `Bearer ${token}`, ...headers },
      }),
    addToken: (of) => pool.inTransaction((tx) => addToken(tx, provider.id, of)),
  };
}

const countTraces = `
  select (select count(*) from events where provider_id = $1) + (select count(*) from audit_records where provider_id = $1) as traces`;

/** Returns the number of a provider's events and audit records: each change adds one. */
export async function countChanges({ pool, provider }: Pick<ProviderApi, "pool" | "provider">): Promise<number> {
  const [row] = await pool.query<{ traces: number }>(countTraces, [provider.id]);
  return row?.traces ?? 0;
}

/** Sends each changing request again with the same idempotency key, and expects the same response and no further change. */
export const sendTwice =
  (api: ProviderApi, send: ProviderApi["send"]): ProviderApi["send"] =>
  async (method, path, more = {}) => {
    if (method === "GET") return send(method, path, more);
    const request = { ...more, headers: { ...more.headers, "idempotency-key": randomUUID() } };
    const first = await send(method, path, request);
    const changes = await countChanges(api);
    const again = await send(method, path, request);
    const shown = ({ statusCode, body, headers }: LightMyRequestResponse) => [statusCode, body, headers["location"]];
    const route = `${method} ${path}`;
    expect([route, again.headers["idempotency-replayed"], ...shown(again)]).toEqual([route, "true", ...shown(first)]);
    expect([route, await countChanges(api)]).toEqual([route, changes]);
    return first;
  };

async function addToken(
  tx: Parameters<typeof createAccessToken>[0],
  providerId: number,
  {
    role = "admin",
    sections = [],
    serviceIds,
    scopes = ["account_management"],
    permission = "rw",
    expiresAt,
  }: TokenOptions,
): Promise<string> {
  const username = `u${randomBytes(6).toString("hex")}`;
  const user = await createProviderUser(tx, {
    providerId,
    username,
    passwordHash: "none",
    role,
    sections,
    serviceIds: serviceIds ?? null,
  });
  const { value } = await createAccessToken(tx, {
    providerId,
    userId: user.id,
    name: "test",
    scopes,
    permission,
    ...(expiresAt ? { expiresAt } : {}),
  });
  return value;
}
