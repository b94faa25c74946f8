const atOnce = Number.NEGATIVE_INFINITY;

/** When a lane is looked at for what is due, and for how long its looks have found nothing. */
export class Looks {
  /** In the clock's monotonic milliseconds. */
  #nextAtMs = atOnce;
  #idleSinceMs: number | undefined;
  /** How long it had been idle when it was last looked at. */
  #idleForMs = 0;

  /** The next one waits for nothing: there is more than the last one found, or somebody says so. */
  get areWantedAtOnce(): boolean {
    return this.#nextAtMs === atOnce;
  }

  /** The time of the next one has come. */
  areDue(nowMs: number): boolean {
    return this.#nextAtMs <= nowMs;
  }

  now(): void {
    this.#nextAtMs = atOnce;
  }

  /** The next one is then at the latest. */
  by(atMs: number): void {
    this.#nextAtMs = Math.min(this.#nextAtMs, atMs);
  }

  /** One begins. The next one is then, unless a hint comes while this one is under way. */
  begin(nextAtMs: number): void {
    this.#nextAtMs = nextAtMs;
  }

  /** One that began at `atMs` is done, and whether all that was found is settled. */
  done(atMs: number, isIdle: boolean): void {
    this.#idleSinceMs = isIdle ? (this.#idleSinceMs ?? atMs) : undefined;
    this.#idleForMs = atMs - (this.#idleSinceMs ?? atMs);
  }

  haveFoundNothingFor(ms: number): boolean {
    return this.#idleForMs >= ms;
  }
}
