import type { DueDelivery } from "#webhooks/deliveries/index.ts";

/**
 * Keeps deliveries of one change apart. A sign-up makes three events at one moment; a lane with room for three would send
 * them side by side, and they would arrive in any order. Here the second waits until the first is answered or has been
 * out for too long. It is a courtesy, not an order: a delivery that has failed is not waited for.
 */
export class SameChange {
  readonly #behind = new Map<string, readonly DueDelivery[]>();

  /** False: another of its change is out, and this one is kept until `done` gives it back. */
  mayGo(delivery: DueDelivery): boolean {
    const change = changeOf(delivery);
    const behind = this.#behind.get(change);
    this.#behind.set(change, behind ? [...behind, delivery] : nobody);
    return behind === undefined;
  }

  /** Gives back those that waited for this one. */
  done(delivery: DueDelivery): readonly DueDelivery[] {
    const change = changeOf(delivery);
    const behind = this.#behind.get(change) ?? nobody;
    this.#behind.delete(change);
    return behind;
  }

  /** Gives back all that wait. */
  clear(): readonly DueDelivery[] {
    const all = [...this.#behind.values()].flat();
    for (const change of this.#behind.keys()) this.#behind.set(change, nobody);
    return all;
  }
}

/** Nearly always: so that a delivery needs no list of its own. */
const nobody: readonly DueDelivery[] = [];

/** The moment and the account. */
const changeOf = ({ context: { time, accountId } }: DueDelivery): string => `${time} ${accountId}`;
