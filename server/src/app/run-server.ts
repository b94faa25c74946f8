import { systemClock } from "#platform/clock/clock.ts";
import type { Logger } from "pino";
import type { Config } from "#platform/config/read-config.ts";
import { readFirstProvider, type Provider } from "#portal/providers/index.ts";
import { createOwnBins } from "#request-bin/index.ts";
import { buildWeb } from "./build-web.ts";
import { claimPort, localUrl } from "./claim-port.ts";
import { composeEngine } from "./compose-engine.ts";
import { composeMail } from "./compose-mail.ts";
import { composeReplays } from "./compose-replays.ts";
import { findTryOutBin } from "./find-try-out-bin.ts";
import { setUpFirst } from "./first-set-up.ts";
import { keepHouse } from "./keep-house.ts";
import { openParts, type Parts } from "./open-parts.ts";
import { providerUrls } from "./provider-urls.ts";
import type { Role } from "./roles.ts";
import { setUpTryOut } from "./set-up-try-out.ts";
import { signInLines } from "./sign-in-lines.ts";
import type { TryOut } from "./try-out.ts";

interface RunNeeds {
  readonly config: Config;
  readonly roles: readonly Role[];
  readonly log: Logger;
  /** Lines for people. */
  readonly say: (line: string) => void;
  /** Aborts a start that is not wanted any more; runServer then rejects with its reason. */
  readonly stop: AbortSignal;
}

/** Opened in order, closed in reverse: first no new requests, then the engine drains, and the database goes last. */
export async function runServer({ config, roles, log, say, stop }: RunNeeds): Promise<AsyncDisposable> {
  const isWeb = roles.includes("web");
  const port = isWeb ? await claimPort(config.host, config.port) : config.port;
  const local = localUrl(config.host, port);
  const urls = providerUrls(config.publicUrl ?? local, config.baseDomain);

  await using running = new AsyncDisposableStack();
  const built = isWeb ? startBuilding({ say, stop, running }) : Promise.resolve();
  const parts = await openParts({ config, log, urls, say, running });
  stop.throwIfAborted();
  const signIn = isWeb ? await setUpFirstProvider(parts) : undefined;
  stop.throwIfAborted();
  if (roles.includes("engine")) {
    running.use(await composeEngine({ ...parts, ...config, inFlightMax: config.engineConcurrency }));
    running.use(composeReplays(parts));
    running.use(composeMail(parts));
    const heldQuota = { rowsMax: config.heldRowsMax, daysMax: config.heldDaysMax };
    running.use(keepHouse({ ...parts, retentionDays: config.retentionDays, heldQuota }));
  }
  await openDoors(parts, { isWeb, port, running });
  await built;
  stop.throwIfAborted();

  const outside = config.publicUrl ? ` (from outside ${config.publicUrl})` : "";
  say(isWeb ? `bellwire ready ${local}${outside}` : "bellwire engine ready");
  if (signIn) say(signIn.trimEnd());
  return running.move();
}

// Loaded where they are used: the doors are a third of the memory of a process that has none.
async function openDoors(
  parts: Parts,
  { isWeb, port, running }: { isWeb: boolean; port: number; running: AsyncDisposableStack },
): Promise<void> {
  const { operationsPort } = parts.config;
  if (operationsPort !== undefined) {
    const { serveOperations } = await import("./serve-operations.ts");
    running.use(await serveOperations(parts, operationsPort));
  }
  if (!isWeb) return;
  const { serveHttp } = await import("./serve-http.ts");
  running.use(await serveHttp({ ...parts, port, tryOut: await findTryOut(parts) }));
}

interface BuildNeeds extends Pick<RunNeeds, "say" | "stop"> {
  readonly running: AsyncDisposableStack;
}

/** Goes on beside everything else; a start that fails or is stopped does not wait for it. */
function startBuilding({ say, stop, running }: BuildNeeds): Promise<void> {
  const abandoned = new AbortController();
  const built = buildWeb(say, AbortSignal.any([stop, abandoned.signal]));
  running.defer(async () => {
    abandoned.abort();
    await built;
  });
  return built;
}

const setUpFirstProvider = (parts: Parts): Promise<string | undefined> =>
  setUpFirst({
    config: parts.config,
    pool: parts.pool,
    now: systemClock.now(),
    complete: async (provider, credentials) => {
      const { config, urls } = parts;
      const binId = config.tryOut ? await makeTryOut(parts, provider) : undefined;
      return signInLines({ config, provider, credentials, urls, binId });
    },
  });

/** The bin of a try-out, made only once even if a start was killed amidst of it. */
async function makeTryOut(parts: Parts, provider: Provider): Promise<string> {
  const { pool, encryption, urls, allowed, lookup, config } = parts;
  const bins = createOwnBins({ pool, isOurs: urls.isOurs });
  const targets = { allowed, lookup, isOwnBin: (url: URL) => bins.matches(url) !== undefined };
  const needs = { pool, encryption, targets, retryWaitsSeconds: config.retryWaitsSeconds };
  return (await findTryOutBin(parts, provider.id)) ?? setUpTryOut(needs, provider, urls);
}

async function findTryOut(parts: Parts): Promise<TryOut | undefined> {
  const provider = parts.config.tryOut ? await readFirstProvider(parts.pool) : undefined;
  const binId = provider && (await findTryOutBin(parts, provider.id));
  return provider && binId !== undefined ? { providerId: provider.id, binId } : undefined;
}
