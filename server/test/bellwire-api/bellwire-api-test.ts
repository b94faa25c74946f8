import fastify, { type FastifyInstance, type InjectOptions, type LightMyRequestResponse } from "fastify";
import { expect } from "vitest";
import { bellwireApiDocument, bellwireApiPlugin } from "#http/bellwire-api/index.ts";
import { createFindAdminCaller } from "#http/shared/admin-caller.ts";
import { Downloads } from "#http/shared/operation.ts";
import { addFindProviderHook } from "#http/shared/find-provider.ts";
import { schemaController } from "#http/shared/server-hooks.ts";
import type { Clock } from "#platform/clock.ts";
import type { Pool } from "#platform/database/database.ts";
import { createIdGenerator } from "#platform/ids.ts";
import { parseAllowedTargets } from "#platform/network/target-guard.ts";
import { createSender } from "#webhooks/attempts/index.ts";
import { createBinForwarder } from "#http/shared/bin-requests.ts";
import { readSigningSecrets } from "#webhooks/endpoints/index.ts";
import { type ProviderApi, baseDomain, createProviderApi } from "../api/api-test.ts";
import { lookupHere } from "../support/build-attempts.ts";
import { encryption } from "../support/build-webhooks.ts";
import { startReceiver } from "../support/receiver.ts";
import { test as base } from "../support/test.ts";
import { watchAnswers } from "../support/watch-answers.ts";

/** A new provider, and requests to the Bellwire API for it. */
export interface BellwireApi extends ProviderApi {
  /** Sends a request below /api/v1 with the admin's token, unless `headers` override it. */
  call(
    method: NonNullable<InjectOptions["method"]>,
    path: string,
    more?: InjectOptions,
  ): Promise<LightMyRequestResponse>;
}

export const test = base
  .extend("receiver", async ({}, { onCleanup }) => {
    const receiver = await startReceiver();
    onCleanup(() => receiver[Symbol.asyncDispose]());
    return receiver;
  })
  .extend("opened", { scope: "file" }, ({ sharedPool, fileClock }, { onCleanup }) => {
    const opened = openBellwireApi(sharedPool, fileClock);
    onCleanup(opened.close);
    return opened;
  })
  .extend("http", ({ opened: { http, complaints } }, { onCleanup }) => {
    const earlier = complaints.length;
    onCleanup(() => expect(complaints.slice(earlier)).toEqual([]));
    return http;
  })
  .extend("api", async ({ sharedPool, http, clock }) => createBellwireApi(sharedPool, http, clock.now()))
  .extend("otherApi", async ({ sharedPool, http, clock }) => createBellwireApi(sharedPool, http, clock.now()));

interface OpenedApi {
  readonly http: FastifyInstance;
  /** Responses that the documentation does not describe. */
  readonly complaints: readonly string[];
  readonly close: () => Promise<void>;
}

const document = bellwireApiDocument("0.0.0");

export function openBellwireApi(
  pool: Pool,
  clock: Clock,
  hosts: { readonly baseDomain: string | undefined } = { baseDomain },
): OpenedApi {
  const allowed = parseAllowedTargets("127.0.0.0/8");
  if ("wrong" in allowed) throw new Error(allowed.wrong);
  const lookup = lookupHere();
  const sender = createSender({ clock, userAgent: "Bellwire/0.0.0", allowed, lookup });
  const isOurs = (url: URL): boolean => url.origin === "https://bellwire.test";
  const onError = (error: unknown): never => {
    throw error;
  };
  const forwarder = createBinForwarder({ pool, clock, sender, isOurs, onError });
  const isOwnBin = (url: URL): boolean => url.href.startsWith("https://bellwire.test/bins/");
  const http = fastify({ schemaController });
  const complaints = watchAnswers(http, () => document);
  addFindProviderHook(http, { pool, clock, ...hosts });
  const plugin = bellwireApiPlugin({
    pool,
    clock,
    encryption,
    sender,
    newId: createIdGenerator(clock),
    targets: { allowed, lookup, isOwnBin },
    retryWaitsSeconds: [60],
    findAdminCaller: createFindAdminCaller({ pool, clock }),
    downloads: new Downloads(),
    adminPortalUrl: () => "https://bellwire.test",
    developerPortalUrl: () => "https://developers.bellwire.test",
    secretsOfBin: ({ providerId, id }) =>
      readSigningSecrets(pool, encryption, { providerId, path: `/bins/${id}`, matches: isOwnBin }),
    forwarder,
    isOurs,
    version: "0.0.0",
  });
  http.register(plugin, { prefix: "/api/v1" });
  return {
    http,
    complaints,
    close: async () => {
      await http.close();
      await forwarder[Symbol.asyncDispose]();
      await sender[Symbol.asyncDispose]();
    },
  };
}

export async function createBellwireApi(pool: Pool, http: FastifyInstance, now: Date): Promise<BellwireApi> {
  const api = await createProviderApi(pool, http, now);
  return {
    ...api,
    call: (method, path, { headers, ...more } = {}) =>
      api.sendWithoutToken({
        ...more,
        method,
        url: `/api/v1${path}`,
        headers: { authorization: `Bearer ${api.token}`, ...headers },
      }),
  };
}
