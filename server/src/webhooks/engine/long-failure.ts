/** Fewer attempts say too little about a receiver, however far they are apart. */
const attemptsMin = 10;

/** Since when every attempt at an endpoint has failed, and how many there were. Its lane takes this along from owner to owner. */
export interface FailingFor {
  readonly failingSeconds: number | null;
  readonly failedAttempts: number;
}

/** Notices that nothing has got through for so long that nothing will. */
export class LongFailure {
  #sinceMs: number | undefined;
  #attempts: number;

  constructor({ failingSeconds, failedAttempts }: FailingFor, nowMs: number) {
    this.#sinceMs = failingSeconds === null ? undefined : nowMs - failingSeconds * 1000;
    this.#attempts = failedAttempts;
  }

  learn(isDelivered: boolean, nowMs: number): void {
    if (isDelivered) return this.forget();
    this.#sinceMs ??= nowMs;
    this.#attempts += 1;
  }

  lastsFor(ms: number, nowMs: number): boolean {
    return this.#sinceMs !== undefined && this.#attempts >= attemptsMin && nowMs - this.#sinceMs >= ms;
  }

  forget(): void {
    this.#sinceMs = undefined;
    this.#attempts = 0;
  }

  released(nowMs: number): FailingFor {
    const failingSeconds = this.#sinceMs === undefined ? null : (nowMs - this.#sinceMs) / 1000;
    return { failingSeconds, failedAttempts: this.#attempts };
  }
}
