import type { Clock } from "#platform/clock.ts";
import type { AttemptOutcome } from "#webhooks/deliveries/index.ts";

/** What a bin is handed: the same as it would have got over the network. */
export interface BinDelivery {
  readonly method: "POST";
  readonly path: string;
  /** Without the question mark. */
  readonly query: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Uint8Array;
}

/** Bins of this installation are reached within the process, so that they need no permission of the target guard. */
export interface OwnBins {
  /** The bin's id, if the URL is one of a bin of ours. */
  matches(url: URL): string | undefined;
  /** How the bin answers; `undefined` if there is no such bin. */
  deliver(
    binId: string,
    request: BinDelivery,
  ): Promise<
    { readonly status: number; readonly delayMs: number; readonly retryAfterSeconds?: number | undefined } | undefined
  >;
}

export interface OwnBinAttempt {
  readonly binId: string;
  readonly host: string;
  readonly pathname: string;
  /** With its question mark. */
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
  const latencyMs = (): number => Math.round(clock.monotonicMs() - startedMs);
  const answer = await ownBins.deliver(binId, {
    method: "POST",
    path: pathname,
    query: query.slice(1),
    headers: [["host", host], ["content-length", String(body.byteLength)], ...inPairs(headers)],
    body,
  });
  if (answer && answer.delayMs >= timeoutSeconds * 1000) {
    await clock.sleep(timeoutSeconds * 1000);
    return { kind: "timed-out", afterSeconds: timeoutSeconds, phase: "answer", latencyMs: latencyMs() };
  }
  if (answer && answer.delayMs > 0) await clock.sleep(answer.delayMs);
  return {
    kind: "answered",
    status: answer?.status ?? 404,
    headers: answer?.retryAfterSeconds === undefined ? {} : { "retry-after": String(answer.retryAfterSeconds) },
    body: new Uint8Array(),
    latencyMs: latencyMs(),
  };
}

function* inPairs(flat: readonly string[]): Generator<readonly [string, string]> {
  for (let at = 0; at + 1 < flat.length; at += 2) yield [flat[at] ?? "", flat[at + 1] ?? ""];
}
