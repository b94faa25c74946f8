/** Some of the endpoints that nobody sends to at present: 100 bytes each. */
const rememberedMax = 20_000;

/**
 * How long endpoints usually took to answer, for lanes that come back: one goes back when it has been idle for a while,
 * and one that hangs comes back with each retry. Among those of whom nothing is known it would keep others from their
 * first attempt, minute after minute. It counts for the URL that answered so.
 */
export class Paces {
  readonly #usualMs = new Map<string, number>();

  recall(endpointId: number, url: string): number | undefined {
    return this.#usualMs.get(keyOf(endpointId, url));
  }

  keep(endpointId: number, url: string, usualMs: number | undefined): void {
    if (usualMs === undefined) return;
    // The map is kept in the order of use, so that the first is the one to forget.
    this.#usualMs.delete(keyOf(endpointId, url));
    this.#usualMs.set(keyOf(endpointId, url), usualMs);
    const [oldest] = this.#usualMs.keys();
    if (this.#usualMs.size > rememberedMax && oldest !== undefined) this.#usualMs.delete(oldest);
  }
}

const keyOf = (endpointId: number, url: string): string => `${endpointId} ${url}`;
