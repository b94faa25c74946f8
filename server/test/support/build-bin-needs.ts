import { type RequestBinNeeds, viewerPath } from "#http/request-bin/viewer.ts";
import { systemClock } from "#platform/clock.ts";
import type { Pool } from "#platform/database/database.ts";
import { parseAllowedTargets } from "#platform/network/target-guard.ts";
import type { Bin } from "#request-bin/index.ts";
import type { SigningSecret } from "#webhooks/endpoints/index.ts";
import { createBinForwarder } from "#http/shared/bin-requests.ts";
import { buildSender, lookupHere, testSecret } from "./build-attempts.ts";

/** The public address of bins in tests that serve their pages alone. */
export const binsUrl = "http://bins.example";

/** The secret of `buildAttempt`, as that of an endpoint which points to a bin. */
export const testSigningSecret: SigningSecret = {
  secret: testSecret,
  endpointId: 1,
  endpointName: "crm",
  validUntil: null,
};

/** Forwards the requests of bins that wait, as an engine does. */
export function startForwarding(pool: Pool, isOurs: (url: URL) => boolean): AsyncDisposable {
  const sender = buildSender();
  const forwarder = createBinForwarder({
    pool,
    clock: systemClock,
    sender,
    isOurs,
    onError: (error) => {
      throw error;
    },
  });
  forwarder.start();
  return {
    async [Symbol.asyncDispose]() {
      await forwarder[Symbol.asyncDispose]();
      await sender[Symbol.asyncDispose]();
    },
  };
}

/** Returns the needs of the pages of bins, with the given changes. Forwarding may reach loopback addresses. */
export function buildBinNeeds(pool: Pool, changes: Partial<RequestBinNeeds> = {}): RequestBinNeeds {
  const allowed = parseAllowedTargets("127.0.0.0/8");
  if ("wrong" in allowed) throw new Error(allowed.wrong);
  return {
    pool,
    clock: systemClock,
    originOf: () => binsUrl,
    secretsOfBin: async () => [testSigningSecret],
    forwarder: { forward: async () => "busy" },
    targets: { allowed, lookup: lookupHere(), isOwnBin: () => false },
    isOurs: ({ origin }) => origin === binsUrl,
    ...changes,
  };
}

/** Returns a path of the bin's view with its key. */
export const viewPath = (bin: Bin, below = "", parameters: Readonly<Record<string, string>> = {}): string =>
  viewerPath({ bin, credential: { key: bin.viewKey } }, below, parameters);
