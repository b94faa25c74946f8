import { spawn } from "node:child_process";
import { once } from "node:events";

/** A program that receives webhooks: one of the examples, in any language. */
export interface ReceiverProgram {
  readonly command: readonly [string, ...string[]];
  readonly cwd: string;
  /** The variable is not set if this is empty. */
  readonly secrets: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** 0 for any free port. */
  readonly port?: number;
}

/** The first line names the address, as `http://127.0.0.1:4000` or in the form of Node's `server.address()`. */
const addressPattern = /(?:127\.0\.0\.1:|port: )(\d+)/;

/** A receiver that runs as a process of its own, as in production. */
export class ReceiverProcess implements AsyncDisposable {
  readonly #child;
  #output = "";
  #errors = "";
  /** Resolves with the exit code. */
  readonly ended: Promise<number | null>;

  constructor({ command, cwd, secrets, environment, port = 0 }: ReceiverProgram) {
    const [file, ...rest] = command;
    this.#child = spawn(file, rest, {
      cwd,
      detached: true,
      env: {
        ...process.env,
        LC_ALL: "C.UTF-8", // Java prints in the encoding of the locale
        PORT: String(port),
        BELLWIRE_WEBHOOK_SECRET: secrets === "" ? undefined : secrets,
        ...environment,
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child.stdout.on("data", (chunk: Buffer) => (this.#output += chunk.toString()));
    this.#child.stderr.on("data", (chunk: Buffer) => (this.#errors += chunk.toString()));
    this.ended = once(this.#child, "close").then(() => this.#child.exitCode);
  }

  get output(): string {
    return this.#output;
  }

  get errors(): string {
    return this.#errors;
  }

  /** Returns the port once the receiver listens. PHP prints it as an error. */
  async listening(): Promise<number> {
    const portOf = (): string | undefined => addressPattern.exec(this.#output + this.#errors)?.[1];
    await this.#wait(() => portOf() !== undefined, AbortSignal.timeout(60_000));
    const port = portOf();
    if (port === undefined) throw new Error(`The receiver does not listen:\n${this.#errors}`);
    return Number(port);
  }

  /** Returns the lines about events once there are so many, or those printed in 20 seconds. */
  async printed(count: number): Promise<readonly string[]> {
    const events = (): readonly string[] =>
      this.#output.split("\n").filter((line) => line !== "" && !addressPattern.test(line));
    await this.#wait(() => events().length >= count && this.#output.endsWith("\n"), AbortSignal.timeout(20_000));
    return events();
  }

  async #wait(isComplete: () => boolean, deadline: AbortSignal): Promise<void> {
    const { stdout, stderr } = this.#child;
    const expired = once(deadline, "abort");
    while (!isComplete() && !deadline.aborted) {
      if (this.#child.exitCode !== null) throw new Error(`The receiver has ended:\n${this.#errors}`);
      await Promise.race([once(stdout, "data"), once(stderr, "data"), this.ended, expired]);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { pid, exitCode, signalCode } = this.#child;
    // The whole group, because a shell may have started the program.
    if (pid !== undefined && exitCode === null && signalCode === null) process.kill(-pid, "SIGKILL");
    await this.ended;
  }
}
