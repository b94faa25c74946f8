import type { Clock } from "#platform/clock.ts";
import type { AttemptOutcome } from "#webhooks/deliveries/index.ts";
import { headersOnWire } from "./attempt-request.ts";
import { latencyOf, traceOf } from "./connection-trace.ts";

/** A request to a bin, the same as it would have got over the network. */
export interface BinDelivery {
  readonly method: "POST";
  readonly path: string;
  /** Without question mark. */
  readonly query: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Uint8Array;
}

/**
 * Request bins of this installation. Requests reach them within the process, so they need no permission of the target
 * guard.
 */
export interface OwnBins {
  /** Returns the bin id if the URL is one of a bin of this installation. */
  matches(url: URL): string | undefined;
  /** Returns the response of the bin; undefined if there is no such bin. `host` is that of the URL. */
  deliver(
    bin: { readonly binId: string; readonly host: string },
    request: BinDelivery,
  ): Promise<OwnBinAnswer | undefined>;
}

interface OwnBinAnswer {
  readonly status: number;
  readonly delayMs: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly retryAfterSeconds?: number;
}

export interface OwnBinAttempt {
  readonly binId: string;
  readonly host: string;
  readonly pathname: string;
  /** With question mark. */
  readonly query: string;
  /** Names and values in turn. */
  readonly headers: readonly string[];
  readonly body: Uint8Array;
  readonly timeoutSeconds: number;
}

export async function deliverToOwnBin(
  { ownBins, clock }: { readonly ownBins: OwnBins; readonly clock: Clock },
  { binId, host, pathname, query, headers, body, timeoutSeconds }: OwnBinAttempt,
): Promise<AttemptOutcome> {
  const startedMs = clock.monotonicMs();
  const measured = (): Pick<AttemptOutcome, "latencyMs" | "trace"> => {
    const endedMs = clock.monotonicMs();
    const times = { startedMs, sentMs: startedMs, answeredMs: undefined, endedMs };
    const trace = { ...traceOf({ ...times, connection: undefined, isReused: false }), connection: "internal" } as const;
    return { latencyMs: latencyOf(trace), trace };
  };
  const request = {
    method: "POST",
    path: pathname,
    query: query.slice(1),
    headers: [...headersOnWire(headers, { host, bodyBytes: body.byteLength })],
    body,
  } as const;
  const answer = await ownBins.deliver({ binId, host }, request);
  if (answer && answer.delayMs >= timeoutSeconds * 1000) {
    await clock.sleep(timeoutSeconds * 1000);
    return { kind: "timed-out", afterSeconds: timeoutSeconds, phase: "answer", ...measured() };
  }
  if (answer && answer.delayMs > 0) await clock.sleep(answer.delayMs);
  return {
    kind: "answered",
    status: answer?.status ?? 404,
    headers: answer ? responseHeaders(answer) : {},
    body: answer?.body === undefined ? nothing : Buffer.from(answer.body),
    ...measured(),
  };
}

const nothing = new Uint8Array();

const responseHeaders = ({ headers = {}, retryAfterSeconds }: OwnBinAnswer): Readonly<Record<string, string>> => ({
  ...Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
  ...(retryAfterSeconds !== undefined && { "retry-after": String(retryAfterSeconds) }),
});
