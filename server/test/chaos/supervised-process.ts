import { setTimeout as wait } from "node:timers/promises";
import type { BellwireProcess } from "../support/start-bellwire.ts";

/** Lets processes that were killed together end together. */
const restartDelayMs = 300;

/** A process of Bellwire that a supervisor restarts whenever it ends. */
export class SupervisedProcess implements AsyncDisposable {
  readonly name: string;
  readonly #start: () => BellwireProcess;
  readonly #running: Promise<void>;
  readonly #earlier: string[] = [];
  #process: BellwireProcess;
  #isWanted = true;

  constructor(name: string, start: () => BellwireProcess) {
    this.name = name;
    this.#start = start;
    this.#process = start();
    this.#running = this.#supervise();
  }

  /** How often it ended without being killed. */
  unexpectedEnds: string[] = [];

  /** Output of this process and its predecessors. */
  get output(): string {
    return [...this.#earlier, this.#process.stdout, this.#process.stderr].join("\n");
  }

  get pid(): number {
    return this.#process.pid;
  }

  signal(signal: "SIGKILL" | "SIGSTOP" | "SIGCONT"): void {
    this.#process.signal(signal);
  }

  async ready(): Promise<void> {
    await this.#process.ready();
  }

  async #supervise(): Promise<void> {
    for (;;) {
      const end = await this.#process.ended;
      if (!this.#isWanted) return;
      const { stdout, stderr } = this.#process;
      if (end !== "SIGKILL") this.unexpectedEnds.push(`${this.name} ended with ${end}: ${stderr.trim().slice(-300)}`);
      this.#earlier.push(`${stdout}\n${stderr}\n--- ended with ${end}`);
      await wait(restartDelayMs);
      if (!this.#isWanted) return;
      this.#process = this.#start();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isWanted = false;
    this.#process.signal("SIGCONT");
    await this.#process[Symbol.asyncDispose]();
    await this.#running;
  }
}
