import type pg from "pg";
import { Bundle, type Answer } from "./bundle.ts";
import type { WatchedLine } from "./line-watch.ts";
import { writeValue } from "./write-value.ts";

/**
 * A connection's statements, in the order in which they are asked. What is asked in one turn of the event loop goes out
 * together, at its end; what is asked while an answer is on its way waits for that.
 */
export class StatementLine {
  readonly #client: pg.Client;
  readonly #watched: Pick<WatchedLine, "sent" | "answered"> | undefined;
  #gathered: Bundle | undefined;
  #isAwaiting = false;
  #hasBegun = false;
  #toldLast: unknown;

  constructor(client: pg.Client, watched?: Pick<WatchedLine, "sent" | "answered">) {
    this.#client = client;
    this.#watched = watched;
  }

  /**
   * Begins a transaction. What is asked from now on goes out within it or not at all: what waited for the answer to a `begin`
   * that failed would be written, and committed, by itself.
   */
  begin(): Promise<Answer> {
    const answer = this.ask("begin", []);
    this.#hasBegun = true;
    return answer;
  }

  async ask(text: string, values: readonly unknown[]): Promise<Answer> {
    const written = values.map(writeValue);
    try {
      return await this.#gather().add(text, written);
    } catch (error) {
      // From here on its stack says who asked; it came with that of the socket. What stands behind hears the same, later.
      if (error instanceof Error && error !== this.#toldLast) Error.captureStackTrace(error);
      this.#toldLast = error;
      throw error;
    }
  }

  #gather(): Bundle {
    if (!this.#gathered) {
      const isWithin = this.#hasBegun;
      this.#gathered = new Bundle({
        refusal: () => (isWithin && this.#client.getTransactionStatus() === "I" ? new NoTransaction() : undefined),
        ended: () => {
          this.#isAwaiting = false;
          this.#watched?.answered();
          this.#send();
        },
      });
      process.nextTick(() => this.#send());
    }
    return this.#gathered;
  }

  #send(): void {
    if (this.#isAwaiting || !this.#gathered) return;
    const bundle = this.#gathered;
    this.#gathered = undefined;
    this.#isAwaiting = true;
    this.#watched?.sent();
    this.#client.query(bundle);
  }
}

/** As PostgreSQL would say it, were it asked: `no_active_sql_transaction`. */
class NoTransaction extends Error {
  readonly code = "25P01";

  constructor() {
    super("The transaction did not begin.");
  }
}
