import { randomBytes } from "node:crypto";
import type { FastifyInstance } from "fastify";
import { expect } from "vitest";
import { binLimits } from "#platform/bin-and-stream-limits.ts";
import type { Pool } from "#platform/database/database.ts";
import { type Bin, createBin, receiveRequest } from "#request-bin/index.ts";
import { Signer } from "#webhooks/attempts/signature.ts";
import { setUp } from "../portal/portal-fixture.ts";
import { buildEndpoint, encryption } from "../support/build-webhooks.ts";
import { openWebServer } from "../support/open-web-server.ts";

/** A web server with a bin. */
export interface Site {
  readonly pool: Pool;
  readonly http: FastifyInstance;
  readonly bin: Bin;
  /** An access token. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Needs a database without providers: without a domain, each request is for the only one. */
export async function openSite(pool: Pool, onCleanup: (close: () => Promise<void>) => void): Promise<Site> {
  const { provider, accessToken } = await setUp(pool);
  const bin = await pool.inTransaction((tx) => createBin(tx, { providerId: provider.id }));
  const { http, ...server } = await openWebServer(pool);
  onCleanup(async () => {
    http.server.closeAllConnections(); // a failed test leaves connections open, and the server would wait for them
    await server[Symbol.asyncDispose]();
  });
  return { pool, http, bin, headers: { authorization: `Bearer ${accessToken}` } };
}

/** What a limit guarantees. */
export interface Guarantee {
  readonly guarantee: string;
  readonly holds: (site: Site) => Promise<void>;
}

export const signatureSecrets: Guarantee = {
  guarantee: "a signature that none of the secrets made that are tried counts as not checked",
  async holds({ pool, http, bin, headers }) {
    const { url } = (await http.inject({ url: `/api/v1/bins/${bin.id}`, headers })).json<{ url: string }>();
    const secrets = Array.from(
      { length: binLimits.signatureSecrets.max + 1 },
      () => `whsec_${randomBytes(32).toString("base64")}`,
    );
    for (const [at, secret] of secrets.entries()) {
      const id = await buildEndpoint(pool, { providerId: bin.providerId, name: `to-the-bin-${at}`, url });
      await pool.query("update endpoints set secret = $2 where id = $1", [
        id,
        encryption.encrypt("endpoint secret", secret),
      ]);
    }
    const body = Buffer.alloc(binLimits.shownBodyBytes.max + 1, "x");
    const content = { id: "msg_1", timestamp: Math.floor(Date.now() / 1000), body };
    for (const secret of secrets.slice(-2)) {
      const signed = [
        ["webhook-id", content.id],
        ["webhook-timestamp", String(content.timestamp)],
        ["webhook-signature", new Signer().sign(content, [secret])],
      ] as const;
      const request = { method: "POST", path: `/bins/${bin.id}`, query: "", headers: signed, body };
      expect(await receiveRequest(pool, { binId: bin.id }, request)).toMatchObject({ status: 200 });
    }
    const { data } = (await http.inject({ url: `/api/v1/bins/${bin.id}/requests`, headers })).json();
    const [beyond, within] = data.map(({ signature }: { signature: string | null }) => signature);
    expect([within, beyond]).toEqual(["valid", null]);
  },
};
