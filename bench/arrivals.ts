const endOfHead = Buffer.from("\r\n\r\n");
const idHeader = Buffer.from("webhook-id: ");
const idLength = 36;

/** Returns the length of the first request in the buffer, once its head is complete. */
export function requestSize(buffer: Buffer): number | undefined {
  const headEnds = buffer.indexOf(endOfHead);
  if (headEnds < 0) return undefined;
  const length = /content-length: (\d+)/i.exec(buffer.toString("latin1", 0, headEnds))?.[1] ?? "0";
  return headEnds + endOfHead.length + Number(length);
}

/** Returns true for paths that never get a response: `/hang…`. */
export const isToHang = (request: Buffer): boolean => request.toString("latin1", 5, 10) === "/hang";

/** Returns the `webhook-id`, or an empty text. */
function webhookIdOf(request: Buffer): string {
  const at = request.indexOf(idHeader);
  return at < 0 ? "" : request.toString("latin1", at + idHeader.length, at + idHeader.length + idLength);
}

/** Returns the creation time of an event in milliseconds, from its UUIDv7. */
const madeAtMs = (id: string): number => Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);

export interface ArrivalsSummary {
  /** Time of the first byte of each request that gets a response, in milliseconds of the machine's clock, in order. */
  readonly timesMs: readonly number[];
  /** Number of distinct ids among these requests. */
  readonly distinct: number;
  readonly longestGapMs: number;
  /** Delay from the creation of an event, shortly before its commit, to its arrival. An upper bound of the delay since the commit. */
  readonly longestDelayMs: number;
  /** Delay of each event, in order of arrival. */
  readonly delaysMs: readonly number[];
  /** Maximum number of concurrent requests. */
  readonly openMax: number;
}

/** Arrivals since the last call. */
export class Arrivals {
  readonly #timesMs: number[] = [];
  readonly #delaysMs: number[] = [];
  readonly #ids = new Set<string>();
  #longestGapMs = 0;
  #longestDelayMs = 0;
  #open = 0;
  #openMax = 0;

  add(request: Buffer, { beganMs, hangs }: { readonly beganMs: number; readonly hangs: boolean }): void {
    if (hangs) return;
    const lastMs = this.#timesMs.at(-1);
    if (lastMs !== undefined) this.#longestGapMs = Math.max(this.#longestGapMs, beganMs - lastMs);
    this.#timesMs.push(beganMs);
    const id = webhookIdOf(request);
    this.#ids.add(id);
    const delayMs = Date.now() - madeAtMs(id);
    this.#delaysMs.push(delayMs);
    this.#longestDelayMs = Math.max(this.#longestDelayMs, delayMs);
    this.#open += 1;
    this.#openMax = Math.max(this.#openMax, this.#open);
  }

  answered(): void {
    this.#open -= 1;
  }

  summary(): ArrivalsSummary {
    return {
      timesMs: this.#timesMs,
      distinct: this.#ids.size,
      longestGapMs: this.#longestGapMs,
      longestDelayMs: this.#longestDelayMs,
      delaysMs: this.#delaysMs,
      openMax: this.#openMax,
    };
  }
}
