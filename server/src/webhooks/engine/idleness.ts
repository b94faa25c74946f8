/** How long a lane has had nothing to do, as its looks tell. */
export class Idleness {
  #sinceMs: number | undefined;
  /** How long it had been so when it was last looked at. */
  #lastsMs = 0;

  /** A look that began at `atMs` is done, and whether all that was found is settled. */
  looked(atMs: number, isIdle: boolean): void {
    this.#sinceMs = isIdle ? (this.#sinceMs ?? atMs) : undefined;
    this.#lastsMs = atMs - (this.#sinceMs ?? atMs);
  }

  lasts(ms: number): boolean {
    return this.#lastsMs >= ms;
  }
}
