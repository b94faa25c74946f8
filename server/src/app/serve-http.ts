import { hkdfSync } from "node:crypto";
import type { FastifyInstance } from "fastify";
import { parseAllowedTargets } from "#platform/network/target-guard.ts";
import { cannotListen } from "./claim-port.ts";
import { composeHttp } from "./compose-http.ts";
import type { Scraped } from "./metrics/with-engine-metrics.ts";
import type { Parts } from "./open-parts.ts";
import type { TryOut } from "./try-out.ts";

/** How long the server may take to close: a client may read its answer slowly, or never. */
const closeMs = 3000;

interface HttpServing extends Omit<Parts, "metrics"> {
  readonly metrics: Scraped;
  readonly port: number;
  readonly tryOut: TryOut | undefined;
  readonly measureRequests: ((http: FastifyInstance) => void) | undefined;
  readonly isStopping: () => boolean;
}

/** Listens until it is closed: then open connections are drained, and requests under way may finish. */
export async function serveHttp({ config, keys, port, tryOut, ...parts }: HttpServing): Promise<AsyncDisposable> {
  const { host, baseDomain, retryWaitsSeconds, smtpUrl } = config;
  const http = await composeHttp({
    ...parts,
    baseDomain,
    retryWaitsSeconds,
    trustedProxies: blocksOf(config.trustedProxies),
    mailIsSent: smtpUrl !== undefined,
    cookieSecret: cookieSecretOf(keys),
    isTryOut: ({ id }) => tryOut?.providerId === id,
  });
  try {
    await http.listen({ host, port });
  } catch (error) {
    await http.close();
    throw cannotListen(error, { host, port });
  }
  return {
    async [Symbol.asyncDispose]() {
      const cut = setTimeout(() => http.server.closeAllConnections(), closeMs);
      await http.close();
      clearTimeout(cut);
    },
  };
}

function blocksOf(text: string): readonly string[] {
  const parsed = parseAllowedTargets(text);
  return "wrong" in parsed ? [] : parsed.blocks;
}

/** Of the newest key, so that a rotation also ends what older cookies prove. */
function cookieSecretOf([newest = Buffer.alloc(0)]: readonly Buffer[]): Buffer {
  return Buffer.from(hkdfSync("sha256", newest, "", "bellwire cookies", 32));
}
