import type { Clock } from "#platform/clock.ts";
import { leavingProviders } from "#platform/database/connection.ts";
import type { Pool } from "#platform/database/database.ts";
import { binLimits } from "#platform/bin-and-stream-limits.ts";
import { connectionHeaders } from "#platform/http.ts";

/** The last time a request was forwarded. Stored as JSON. */
export interface ForwardResult {
  /** ISO 8601. */
  readonly at: string;
  readonly url: string;
  /** Null if there was no response; then `error` is a sentence. */
  readonly status: number | null;
  readonly error: string | null;
  readonly latencyMs: number;
  /** The start of the response's body. */
  readonly body: string;
}

/** A request as it is sent. Names and values of headers in turn. */
export interface ForwardedRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: readonly string[];
  readonly body: Uint8Array;
  readonly timeoutSeconds: number;
}

export interface ForwarderNeeds {
  readonly pool: Pool;
  readonly clock: Clock;
  /** Sends through the target guard, and never follows a redirect. Does not reject. */
  readonly send: (request: ForwardedRequest) => Promise<Pick<ForwardResult, "status" | "error" | "latencyMs" | "body">>;
  /** Returns whether the URL leads to this installation, which forwards nothing to itself. */
  readonly isOurs: (url: URL) => boolean;
  readonly onError: (error: unknown) => void;
}

/** Hints about requests that wait to be forwarded. */
export const forwardsChannel = "bin_forwards";

/** Marks a forwarded request. One that comes back is stored, but not forwarded again, so there are no loops. */
const markerHeader = "bellwire-forwarded-by-bin";

type Headers = readonly (readonly [name: string, value: string])[];

export const isForwarded = (headers: Headers): boolean => headers.some(([name]) => name.toLowerCase() === markerHeader);

/** Cookies are left out, because a browser sends those of the Admin Portal's session to a bin, too. */
const notForwarded: ReadonlySet<string> = new Set([...connectionHeaders, "cookie", markerHeader]);

const headerName = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const headerValue = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Returns the headers to forward, names and values in turn. */
export const forwardedHeaders = (headers: Headers, binId: string): readonly string[] => [
  ...headers
    .filter(
      ([name, value]) => !notForwarded.has(name.toLowerCase()) && headerName.test(name) && headerValue.test(value),
    )
    .flat(),
  markerHeader,
  binId,
];

/**
 * Returns the path behind the bin's address, with its slash. Fastify also routes whole URLs (RFC 9112 §3.2.2), repeated
 * slashes and percent-encoded letters to a bin, so the length of its address says nothing.
 */
export const pathBelow = (path: string): string =>
  path.replace(/^https?:\/\/[^/]*/, "").replace(/^\/*[^/]+\/+[^/]+/, "") || "/";

/**
 * Returns the URL with the path below the bin's address and the query of the request. The sender of the request, who may be
 * anybody, chooses neither the host nor a path outside of the URL's, which may contain credentials.
 */
export function forwardedUrl(
  target: string,
  { path, query }: { readonly path: string; readonly query: string },
): string {
  const below = new URL(`http://bin${pathBelow(path)}`).pathname; // without dot segments
  const [address = "", ...own] = target.split("#", 1).join("").split("?");
  const queries = [own.join("?"), query].filter((part) => part !== "").join("&");
  const joined = below === "/" ? address : address.replace(/\/$/, "") + below;
  return queries === "" ? joined : `${joined}?${queries}`;
}

interface RequestKey {
  readonly providerId: number;
  readonly binId: string;
  readonly number: number;
}

// At most two of a bin at the same time, so that a slow target does not hold all slots. Providers take turns: the one with the
// fewest requests under way is next. Requests whose lease has ended are claimed again. Along the partial index, which holds
// waiting requests only.
const claimStatement = `
  with waiting as (
    select provider_id, bin_id, number, forward_due_at,
      row_number() over (partition by provider_id, bin_id order by forward_due_at > now() desc, number) as place
    from bin_requests
    where forward_due_at is not null and provider_id not in (${leavingProviders})
  ), turns as (
    select provider_id, bin_id, number, forward_due_at,
      row_number() over (partition by provider_id order by forward_due_at > now() desc, forward_due_at) as turn
    from waiting
    where place <= 2
  ), claimed as (
    select provider_id, bin_id, number
    from bin_requests request join turns using (provider_id, bin_id, number)
    where turns.forward_due_at <= now() and request.forward_due_at <= now()
    order by turn, turns.forward_due_at
    limit $1
    for update of request skip locked
  )
  update bin_requests request set forward_due_at = now() + make_interval(secs => $2)
  from claimed
  where request.provider_id = claimed.provider_id and request.bin_id = claimed.bin_id and request.number = claimed.number
  returning request.provider_id, request.bin_id, request.number`;

const readStatement = `
  select method, path, query, headers, body, forward_url, provider.state = 'suspended' as "isSuspended"
  from bin_requests request
  join bins bin on bin.provider_id = request.provider_id and bin.id = request.bin_id
  join providers provider on provider.id = request.provider_id
  where request.provider_id = $1 and bin_id = $2 and number = $3`;

// A request that is sent to another URL on demand still waits for being forwarded to its bin's.
const recordStatement = `
  update bin_requests
  set forward_due_at = case when not $5 then forward_due_at end, forward_result = coalesce($4::json, forward_result)
  where provider_id = $1 and bin_id = $2 and number = $3`;

interface StoredRequest {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: Headers;
  readonly body: Buffer;
  readonly forwardUrl: string | null;
  readonly isSuspended: boolean;
}

const { max: slotsMax } = binLimits.forwards;
const timeoutSeconds = binLimits.forwardSeconds.max;
/** Longer than one request may take. A process that dies gives its requests up to others after it. */
const leaseSeconds = 4 * timeoutSeconds;
/** How long a stop waits for requests under way. */
const graceMs = 2000;
/** Hints can be lost, so the forwarder also polls. */
const pollEveryMs = 5000;

/**
 * Forwards requests of bins: those of bins with a forward URL as they arrive, and single ones on demand. Waiting requests are
 * in the database, so each is forwarded once, whichever process received it; after a crash, perhaps twice.
 */
export class BinForwarder implements AsyncDisposable {
  readonly #needs: ForwarderNeeds;
  readonly #closing = new AbortController();
  /** Requests under way, and their providers. */
  readonly #sending = new Map<Promise<unknown>, number>();
  #wake = new AbortController();
  #running: Promise<void> = Promise.resolve();

  constructor(needs: ForwarderNeeds) {
    this.#needs = needs;
  }

  /** Forwards what waits, until it is disposed. */
  start(): void {
    const stopListening = this.#needs.pool.onHint(forwardsChannel, () => this.#wake.abort());
    this.#closing.signal.addEventListener("abort", () => {
      stopListening();
      this.#wake.abort();
    });
    this.#running = this.#run();
  }

  /**
   * Forwards one request now. Returns `busy` while its provider has as many requests under way as slots are free, so that slow
   * targets of one leave slots to others. Returns undefined if there is no such request.
   */
  async forward(key: RequestKey, url: string): Promise<ForwardResult | "busy" | undefined> {
    const ofProvider = [...this.#sending.values()].filter((providerId) => providerId === key.providerId);
    if (ofProvider.length >= slotsMax - this.#sending.size) return "busy";
    return this.#track(key, this.#send(key, url));
  }

  /** Waits for requests under way, for a short time. Those that take longer are sent again once their lease has ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await this.#running;
    const ended = new AbortController();
    const sent = Promise.allSettled(this.#sending.keys()).then(() => ended.abort());
    await Promise.race([sent, this.#needs.clock.sleep(graceMs, ended.signal)]);
  }

  async #run(): Promise<void> {
    const { clock, onError } = this.#needs;
    while (!this.#closing.signal.aborted) {
      try {
        await this.#forwardWaiting();
      } catch (error) {
        onError(error);
      }
      await clock.sleep(pollEveryMs, this.#wake.signal);
      if (!this.#closing.signal.aborted) this.#wake = new AbortController();
    }
  }

  async #forwardWaiting(): Promise<void> {
    const { pool, onError } = this.#needs;
    const free = slotsMax - this.#sending.size;
    if (free <= 0) return; // each one that ends wakes the loop
    const claimed = await pool.inTransaction((tx) => tx.query<RequestKey>(claimStatement, [free, leaseSeconds]));
    for (const key of claimed) {
      void this.#track(key, this.#send(key))
        .catch((error: unknown) => {
          if (!this.#closing.signal.aborted) onError(error); // else the database may be closed
        })
        .finally(() => this.#wake.abort());
    }
  }

  #track<Result>({ providerId }: RequestKey, work: Promise<Result>): Promise<Result> {
    const tracked = work.finally(() => this.#sending.delete(tracked));
    this.#sending.set(tracked, providerId);
    return tracked;
  }

  /** Sends a request to the URL, or to the one of its bin, and records the result. */
  async #send(key: RequestKey, url?: string): Promise<ForwardResult | undefined> {
    const { pool, clock, send } = this.#needs;
    const { providerId, binId, number } = key;
    const [stored] = await pool.query<StoredRequest>(readStatement, [providerId, binId, number]);
    const target = url ?? stored?.forwardUrl;
    if (!stored) return undefined;
    const isStopped = typeof target !== "string" || stored.isSuspended;
    const at = clock.now().toISOString();
    const sent = isStopped
      ? undefined
      : { at, url: target, ...(await (this.#refusal(target) ?? send(requestTo(target, stored, binId)))) };
    await pool.inTransaction(async (tx) => {
      const result = sent ? JSON.stringify(sent) : null;
      await tx.query(recordStatement, [providerId, binId, number, result, target === stored.forwardUrl]);
      tx.hintAfterCommit("bins", binId);
    });
    return sent;
  }

  #refusal(url: string): Promise<Omit<ForwardResult, "at" | "url">> | undefined {
    const parsed = URL.parse(url);
    if (parsed && !this.#needs.isOurs(parsed)) return undefined;
    const error = parsed
      ? "The URL leads to this installation, which forwards nothing to itself."
      : "The URL is invalid.";
    return Promise.resolve({ status: null, error, latencyMs: 0, body: "" });
  }
}

const requestTo = (
  target: string,
  { method, path, query, headers, body }: StoredRequest,
  binId: string,
): ForwardedRequest => ({
  url: forwardedUrl(target, { path, query }),
  method,
  headers: forwardedHeaders(headers, binId),
  body,
  timeoutSeconds,
});
